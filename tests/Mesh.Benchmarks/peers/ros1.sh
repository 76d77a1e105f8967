#!/bin/sh
# Times python3-rosbag and @foxglove/rosbag on the bags that the ROS 1 benchmarks read. Run after building tests/Mesh.Benchmarks (Release):
#   tests/Mesh.Benchmarks/peers/ros1.sh [FOLDER]
# Prints reader, compression, messages, wall and CPU seconds; opening included, start of the interpreter not. Medians of three.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
folder=${1:-${TMPDIR:-/tmp}/mesh-ros1-bags}
dotnet "$root/tests/Mesh.Benchmarks/bin/Release/net10.0/Mesh.Benchmarks.dll" ros1-bags "$folder"
for compression in none lz4 bz2; do
  for reader in python3-rosbag @foxglove/rosbag; do
    for run in 1 2 3; do
      case $reader in
        python3-rosbag) /usr/bin/python3 "$root/tests/foreign/rosbag-read.py" "$folder/$compression.bag" nocrc ;;
        *) node "$root/tests/foreign/rosbag-read.mjs" "$folder/$compression.bag" nocrc ;;
      esac
    done | /usr/bin/python3 -c '
import json, statistics, sys
runs = [json.loads(line) for line in sys.stdin]
messages = sum(topic["count"] for topic in runs[0]["topics"].values())
payload = sum(topic["bytes"] for topic in runs[0]["topics"].values())
wall = statistics.median(run["seconds"] for run in runs)
cpu = statistics.median(run["cpu_seconds"] for run in runs)
print(f"{sys.argv[1]:18} {sys.argv[2]:5} {messages} messages, {payload/1e6:.0f} MB: {wall:.2f} s wall, {cpu:.2f} s CPU, {messages/wall/1e6:.3f} M/s, {payload/wall/1e6:.0f} MB/s")
' "$reader" "$compression"
  done
done
