# get-native.sh OUT: the system's librdkafka, else Debian's package unpacked without root; then the shim beside it
set -eu
out=$1; mkdir -p "$out/deb/lists/partial" "$out/deb/archives/partial"
sys=$(ldconfig -p 2>/dev/null | awk '/librdkafka\.so\.1 /{print $NF; exit}')
if [ -z "$sys" ]; then
  ( cd "$out/deb"
    o="-o Dir::State::Lists=$PWD/lists -o Dir::Cache::archives=$PWD/archives -o Debug::NoLocking=1"
    apt-get $o update -qq && apt-get $o download -qq librdkafka1 && dpkg -x librdkafka1_*.deb x )
  cp -L "$out"/deb/x/usr/lib/*/librdkafka.so.1 "$out/librdkafka.so.1"; sys="$out/librdkafka.so.1"
fi
cc -shared -fPIC -O2 -o "$out/librdkafka.so.tmp" shim.c -Wl,--no-as-needed "$sys" -Wl,-rpath,'$ORIGIN'
mv "$out/librdkafka.so.tmp" "$out/librdkafka.so"
