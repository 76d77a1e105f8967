#!/bin/sh
# get-native.sh OUT
#
# Puts into OUT what Confluent.Kafka loads: librdkafka.so (the shim), librdkafka.so.1 and the libraries it needs that a bare
# system lacks. Sources, in this order:
#   1. the librdkafka and the C compiler installed on this machine,
#   2. Debian's or Ubuntu's packages (librdkafka1 with what it needs, tcc), fetched from the machine's own apt sources and
#      unpacked below OUT, without root and without installing anything.
# MESH_LIBRDKAFKA_FETCH=1 acts as if neither library nor compiler were installed. CC names another compiler.
set -eu

out=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
out=$(cd "$out" && pwd)
# Everything is made in a folder of its own and moved at the end: two builds at a time do not see each other's halves.
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/lib"
# ldconfig is outside an ordinary user's PATH on Debian.
PATH=$PATH:/usr/sbin:/sbin

fail() {
  echo "librdkafka.redist: error MESH7110: $1" >&2
  echo "librdkafka.redist: remedy: $2, or build with -p:MeshLibrdkafka=package where the gallery has the package librdkafka.redist." >&2
  exit 1
}

# apt_with TOOL ARGUMENT...: apt with lists and cache of its own, so that it needs no root and changes nothing
apt_with() {
  tool=$1
  shift
  "$tool" -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o Debug::NoLocking=1 \
    -o APT::Sandbox::User="$(id -un)" -qq "$@"
}

apt() { apt_with apt-get "$@"; }

# fetch PACKAGE...: unpacks packages into $work/root
fetch() {
  for needed in apt-get apt-cache dpkg-deb; do
    command -v $needed >/dev/null || return 1
  done
  if [ ! -d "$work/apt/lists" ]; then
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/deb" "$work/root"
    apt update >"$work/apt.log" 2>&1 || return 1
  fi
  (cd "$work/deb" && apt download "$@") >"$work/apt.log" 2>&1 || return 1
  for package in "$work"/deb/*.deb; do
    dpkg-deb -x "$package" "$work/root" || return 1
    rm "$package"
  done
}

apt_says() { [ ! -s "$work/apt.log" ] || tail -n 3 "$work/apt.log" | tr '\n' ' '; }

# unpacked SONAME: where an unpacked package has it
unpacked() { find "$work/root" -name "$1" 2>/dev/null | head -n 1; }

# installed SONAME: a library of this machine's own architecture
installed() {
  [ "${MESH_LIBRDKAFKA_FETCH:-}" != 1 ] || return 0
  for candidate in $(ldconfig -p 2>/dev/null | awk -v name="$1" '$1 == name { print $NF }') "/usr/local/lib/$1" "/usr/lib64/$1" "/usr/lib/$1"; do
    # ldd refuses a library of another architecture.
    if [ -e "$candidate" ] && ldd "$candidate" >/dev/null 2>&1; then
      echo "$candidate"
      return 0
    fi
  done
}

missing() { LD_LIBRARY_PATH="$work/lib" ldd "$work/lib/librdkafka.so.1" 2>/dev/null | awk '/not found/ { print $1 }'; }

remedy='install librdkafka (Debian, Ubuntu: apt-get install librdkafka1; Fedora: dnf install librdkafka)'
library=$(installed librdkafka.so.1)
if [ -z "$library" ]; then
  fetch librdkafka1 libsasl2-2 || fail "librdkafka is not installed and its Debian package could not be fetched. $(apt_says)" "$remedy"
  library=$(unpacked librdkafka.so.1)
  [ -n "$library" ] || fail "the package librdkafka1 holds no librdkafka.so.1" "$remedy"
fi
cp -L "$library" "$work/lib/librdkafka.so.1"

# Not every Debian has libsasl2; beside the client it also makes a published folder run where it is not installed.
sasl=$(installed libsasl2.so.2)
[ -n "$sasl" ] || sasl=$(unpacked libsasl2.so.2)
[ -z "$sasl" ] || cp -L "$sasl" "$work/lib/libsasl2.so.2"

# What is still missing is in one of the packages librdkafka1 depends on, whatever this release calls them.
if [ -n "$(missing)" ]; then
  fetch librdkafka1 || true
  packages=$(apt_with apt-cache depends --recurse --important librdkafka1 2>/dev/null | grep '^[a-z0-9]' | sort -u)
  [ -z "$packages" ] || fetch $packages || true
  for soname in $(missing); do
    path=$(unpacked "$soname")
    [ -z "$path" ] || cp -L "$path" "$work/lib/$soname"
  done
  [ -z "$(missing)" ] || fail "librdkafka needs $(missing | tr '\n' ' ')which this machine does not have. $(apt_says)" "$remedy"
fi

compiler=
if [ "${MESH_LIBRDKAFKA_FETCH:-}" != 1 ]; then
  for candidate in ${CC:-cc gcc clang tcc}; do
    if command -v "$candidate" >/dev/null; then
      compiler=$candidate
      break
    fi
  done
fi
if [ -z "$compiler" ]; then
  fetch tcc || fail "there is no C compiler for a shim of three functions and Debian's tcc could not be fetched. $(apt_says)" "install one (apt-get install gcc)"
  compiler=$work/root/usr/bin/tcc
fi

# A librdkafka that has the functions itself keeps them.
define=
! grep -q rd_kafka_topic_partition_get_leader_epoch "$work/lib/librdkafka.so.1" || define=-DHAVE_LEADER_EPOCH
case $compiler in
  # The libraries beside the shim are found by RPATH, which also serves the libraries of libraries (RUNPATH would not).
  # tcc also looks up what a library needs, so it is told where the unpacked ones are.
  *tcc) set -- -Wl,-rpath='$ORIGIN' -L"$work/lib" ;;
  *) set -- -fPIC -O2 -Wl,--no-as-needed -Wl,--disable-new-dtags -Wl,-rpath,'$ORIGIN' ;;
esac
# The libraries follow the source: a linker takes what is needed from left to right.
"$compiler" -shared -nostdlib $define -o "$work/lib/librdkafka.so" "$here/shim.c" "$@" "$work"/lib/*.so.* 2>"$work/cc.log" ||
  fail "$compiler could not link the shim: $(tail -n 3 "$work/cc.log" | tr '\n' ' ')" "install gcc (apt-get install gcc)"

# The shim comes last: it is the output the build looks at.
chmod 644 "$work"/lib/*
touch "$work"/lib/*
for file in "$work"/lib/*.so.* "$work/lib/librdkafka.so"; do
  mv -f "$file" "$out/"
done
