#!/usr/bin/env bash
# A single-node Ceph object gateway (S3) on 127.0.0.1, without Docker, systemd, manager or cephx.
#   ceph-rgw.sh start | stop | kill9 | gateway-kill9 | gateway-start | guard PID
# Needs radosgw, ceph-mon, ceph-osd (apt-get install --no-install-recommends radosgw ceph-mon ceph-osd).
# Environment: CEPH_DIR (state; made by start), STORE=memstore|bluestore, RGW_PORT, MON_PORT, S3_ACCESS_KEY, S3_SECRET_KEY,
#   LC_DEBUG (seconds that stand for a day of lifecycle rules; -1: real days).
# memstore forgets everything when it stops; bluestore keeps it, also over kill9.
set -euo pipefail
D=${CEPH_DIR:?}; STORE=${STORE:-memstore}; RGW_PORT=${RGW_PORT:?}; MON_PORT=${MON_PORT:?}
AK=${S3_ACCESS_KEY:-testaccess}; SK=${S3_SECRET_KEY:-testsecret0123456789}
C="-c $D/ceph.conf"

conf() {
  mkdir -p "$D"/{mon.a,osd.0,rgw,run,log,crash}
  cat > "$D/ceph.conf" <<EOF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon initial members = a
mon host = [v2:127.0.0.1:$((MON_PORT + 1)),v1:127.0.0.1:$MON_PORT]
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
auth cluster required = none
auth service required = none
auth client required = none
auth supported = none
run dir = $D/run
pid file = $D/run/\$name.pid
admin socket = $D/run/\$name.asok
log file = $D/log/\$name.log
mon cluster log file = $D/log/cluster.log
crash dir = $D/crash
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon warn on pool no redundancy = false
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
# The gateway's default for this one is 'secure', which needs cephx; without it the gateway waits for ever.
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
# Pools are made in a fraction of the second that each map change takes otherwise.
paxos propose interval = 0.05
paxos min wait = 0.01
auth allow insecure global id reclaim = false
mon osd full ratio = .97
mon osd backfillfull ratio = .95
mon osd nearfull ratio = .93
osd failsafe full ratio = .99
setuser match path = /nonexistent

[mon]
mon data = $D/mon.a
mon data avail warn = 2
mon data avail crit = 1

[osd]
osd data = $D/osd.0
osd objectstore = $STORE
osd memory target = 1073741824
osd max object name len = 460
osd max object namespace len = 64
memstore device bytes = 4294967296
bluestore block create = true
bluestore block size = 10737418240
bluestore block path =
bluestore fsck on mount = false
bluestore cache size = 134217728

[client.rgw]
rgw data = $D/rgw
# Without tcp_nodelay each small answer waits 40 ms for the client's acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:$RGW_PORT tcp_nodelay=1
rgw rados pool pg num min = 4
rgw thread pool size = 64
rgw dns name = localhost
rgw enable usage log = false
rgw enable quota threads = false
rgw lc debug interval = ${LC_DEBUG:--1}
rgw gc obj min wait = 10
rgw gc processor period = 10
rgw lifecycle work time = 00:00-23:59
rgw run sync thread = false
EOF
}

gateway-start() {
  radosgw $C -n client.rgw
  for _ in $(seq 300); do curl -fs -o /dev/null "http://127.0.0.1:$RGW_PORT/" && return 0; sleep 0.1; done
  echo "the gateway does not answer on port $RGW_PORT" >&2; return 1
}

start() {
  ulimit -n 65536 2>/dev/null || true
  local fresh=0
  if [ ! -f "$D/ceph.conf" ]; then
    fresh=1; conf
    monmaptool --create --clobber --fsid "$(awk '/^fsid/{print $3}' "$D/ceph.conf")" \
      --addv a "[v2:127.0.0.1:$((MON_PORT + 1)),v1:127.0.0.1:$MON_PORT]" "$D/monmap" >/dev/null
    ceph-mon $C --mkfs -i a --monmap "$D/monmap" --mon-data "$D/mon.a"
  fi
  ceph-mon $C -i a
  if [ "$fresh" = 1 ]; then
    local uuid; uuid=$(cat /proc/sys/kernel/random/uuid)
    timeout 30 ceph $C osd new "$uuid" 0 >/dev/null
    ceph-osd $C -i 0 --mkfs --osd-uuid "$uuid" 2>>"$D/log/osd-mkfs.err"
  fi
  ceph-osd $C -i 0 >/dev/null
  if [ "$fresh" = 1 ]; then
    timeout 60 radosgw-admin $C -n client.rgw user create --uid=test --display-name=test \
      --access-key="$AK" --secret-key="$SK" >"$D/log/user.json" 2>"$D/log/user.err"
    # A second storage class on the same disk, for moves between classes.
    timeout 60 radosgw-admin $C -n client.rgw zonegroup placement add --rgw-zonegroup default --placement-id default-placement --storage-class STANDARD_IA >/dev/null 2>>"$D/log/user.err"
    timeout 60 radosgw-admin $C -n client.rgw zone placement add --rgw-zone default --placement-id default-placement --storage-class STANDARD_IA \
      --data-pool default.rgw.buckets.data >/dev/null 2>>"$D/log/user.err"
  fi
  gateway-start
}

# A process that nobody has reaped yet counts as gone.
alive() { [ -n "$(tr -d '\0' <"/proc/$1/cmdline" 2>/dev/null)" ]; }
end() { # signal, name
  local file="$D/run/$2.pid" pid
  [ -s "$file" ] || return 0
  pid=$(cat "$file")
  kill "-$1" "$pid" 2>/dev/null || true
  for _ in $(seq 200); do alive "$pid" || break; sleep 0.1; done
  if alive "$pid"; then kill -KILL "$pid" 2>/dev/null || true; fi
  rm -f "$file"
}
stop() { end TERM client.rgw; end TERM osd.0; end TERM mon.a; }
kill9() { end KILL client.rgw; end KILL osd.0; end KILL mon.a; }
gateway-kill9() { end KILL client.rgw; }
# Ends everything and removes the state once another process has ended, however that ends.
guard() {
  while kill -0 "$1" 2>/dev/null && alive "$1"; do sleep 1; done
  kill9
  rm -rf "$D"
}
"$@"
