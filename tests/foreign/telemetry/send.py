# Sends JSON telemetry with python3-kafka, the last message twice. Arguments: bootstrap address, vehicle, number of messages, [log time of the first, ns].
import json
import sys
import time

from kafka import KafkaProducer

bootstrap, vehicle, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
start = int(sys.argv[4]) if len(sys.argv) > 4 else time.time_ns()
producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", compression_type="gzip")


def send(number):
    # The sequence makes a message sent again a duplicate that is dropped.
    producer.send("fleet.telemetry.v1", key=vehicle.encode(), value=json.dumps({"speed_kmh": number / 2, "gear": f"g{number % 6}"}).encode(), headers=[
        ("mesh-encoding", b"json"), ("mesh-channel", b"/chassis/speed"), ("mesh-log-time", str(start + number * 10_000_000).encode()),
        ("mesh-producer", b"gateway"), ("mesh-session", b"drive-1"), ("mesh-sequence", str(number).encode())]).get(timeout=30)


for number in range(count):
    send(number)
send(count - 1)
producer.flush()
