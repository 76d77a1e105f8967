#!/usr/bin/env python3
"""Reads a bag with python3-rosbag and prints, per topic, what it finds: count, bytes, CRC-32 in the order delivered, times, type and MD5 sum."""
import json
import sys
import time
import zlib

import rosbag

started, used = time.perf_counter(), time.process_time()
topics = {}
with rosbag.Bag(sys.argv[1]) as bag:
    compressions = sorted({header.compression for header in bag._chunk_headers.values()})
    for topic, raw, stamp in bag.read_messages(raw=True):
        entry = topics.setdefault(topic, {"count": 0, "bytes": 0, "crc": 0, "first": stamp.to_nsec(), "type": raw[0], "md5": raw[2]})
        entry["count"] += 1
        entry["bytes"] += len(raw[1])
        if len(sys.argv) < 3:
            entry["crc"] = zlib.crc32(raw[1], entry["crc"])
        entry["last"] = stamp.to_nsec()
    result = {
        "topics": topics,
        "count": bag.get_message_count(),
        "chunks": len(bag._chunks),
        "compressions": compressions,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - used,
    }
print(json.dumps(result))
