# Uploads a recording in pieces with nothing but python3-kafka. Arguments: bootstrap address, file, vehicle, upload id, then optionally
# `damage` (the third piece is sent with a wrong checksum at first) or `stop` (ends after half of the pieces, as a vehicle that loses power).
# Prints the answers as they come, one JSON object a line.
import json
import sys
import uuid
import zlib

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

bootstrap, path, vehicle, upload, fault = *sys.argv[1:5], (sys.argv[5:] or [""])[0]
recording = open(path, "rb").read()
attempt = uuid.uuid4().hex
PIECE = 100_000

answers = KafkaConsumer(bootstrap_servers=bootstrap)
answers.assign([TopicPartition("fleet.upload-answers.v1", 0)])
answers.seek_to_end()
answers.position(TopicPartition("fleet.upload-answers.v1", 0))
producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", retries=5, max_in_flight_requests_per_connection=1)


def send(offset, piece, checksum=None):
    headers = {
        "mesh-upload-id": upload, "mesh-vehicle": vehicle, "mesh-attempt": attempt, "mesh-file-name": path.rsplit("/", 1)[-1],
        "mesh-length": str(len(recording)), "mesh-offset": str(offset),
        "mesh-checksum": checksum or "crc32=%08x" % zlib.crc32(piece),
    }
    producer.send("fleet.upload-chunks.v1", key=upload.encode(), value=piece, headers=[(name, value.encode()) for name, value in headers.items()])


def send_from(offset):
    global fault
    while offset < len(recording):
        if fault == "stop" and offset > len(recording) // 2:
            break
        piece = recording[offset:offset + PIECE]
        send(offset, piece, "crc32=00000000" if fault == "damage" and offset >= 2 * PIECE else None)
        if fault == "damage" and offset >= 2 * PIECE:
            fault = ""
        offset += len(piece)
    producer.flush()


def ask():
    send(0, b"", "")
    producer.flush()
    return answer()


def answer():
    while True:
        for records in answers.poll(timeout_ms=1000).values():
            for record in records:
                said = json.loads(record.value)
                if said["upload_id"] == upload and said.get("attempt") == attempt:
                    print(json.dumps(said), flush=True)
                    return said


said = ask()
while said["result"] == "incomplete":
    send_from(said["next_offset"])
    if fault == "stop":
        ask()
        break
    said = answer()
