"""kafka-python (Debian's python3-kafka). See driver.py."""
import threading
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

from driver import bootstrap, data, serve, text, until

common = {"bootstrap_servers": bootstrap}
members = {}
_admin = None


def admin():
    global _admin
    if _admin is None:
        _admin = KafkaAdminClient(**common)
    return _admin


def must(answer):
    """The answers' errors are not raised by the client."""
    for entries in (getattr(answer, name, []) for name in ("topic_errors", "topic_error_codes", "resources")):
        for entry in entries:
            codes = [part for part in entry[:2] if isinstance(part, int)]
            if codes and codes[0] != 0:
                raise kafka.errors.for_code(codes[0])(str(entry))


def produce(c):
    compression = c.get("compression", "none")
    producer = KafkaProducer(**common, compression_type=None if compression == "none" else compression, acks="all", max_request_size=100_000_000, buffer_memory=200_000_000,
                             linger_ms=20, max_block_ms=5000)
    try:
        futures = []
        for record in c["records"]:
            headers = [(name, data(value)) for name, value in record.get("headers") or []]
            futures.append(producer.send(c["topic"], data(record.get("value")), data(record.get("key")), headers, record.get("partition"), record.get("timestamp")))
        return {"offset": [future.get(20) for future in futures][0].offset}
    finally:
        producer.close(5)


def consume(c):
    consumer = KafkaConsumer(**common, enable_auto_commit=False, fetch_max_wait_ms=100, max_partition_fetch_bytes=10_000_000)
    records = []
    try:
        until(lambda: consumer.partitions_for_topic(c["topic"]), lambda: "partitions")
        start = dict((p, o) for p, o in c.get("from", []))
        partitions = [TopicPartition(c["topic"], p) for p in sorted(consumer.partitions_for_topic(c["topic"]))]
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, start.get(partition.partition, 0))

        def poll():
            for batch in consumer.poll(100).values():
                for m in batch:
                    records.append({"partition": m.partition, "offset": m.offset, "key": text(m.key), "value": text(m.value), "timestamp": m.timestamp,
                                    "headers": [[name, text(value)] for name, value in m.headers]})
            return len(records) >= c["count"]

        until(poll, lambda: f"{c['count']} records, {len(records)} came")
        return {"records": records}
    finally:
        consumer.close()


def offset_for_time(c):
    consumer = KafkaConsumer(**common)
    try:
        partition = TopicPartition(c["topic"], c["partition"])
        return {"offset": consumer.offsets_for_times({partition: c["timestamp"]})[partition].offset}
    finally:
        consumer.close()


class Member:
    def __init__(self, c):
        self.consumer = KafkaConsumer(c["topic"], **common, group_id=c["group"], auto_offset_reset="earliest", enable_auto_commit=False, session_timeout_ms=6000,
                                      heartbeat_interval_ms=200, fetch_max_wait_ms=100)
        self.values = []
        self.stopped = False
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped:
            with self.lock:
                for batch in self.consumer.poll(50).values():
                    self.values.extend(m.value.decode() for m in batch)
            time.sleep(0.005)

    def assigned(self):
        with self.lock:
            return [[p.topic, p.partition] for p in self.consumer.assignment()]

    def commit(self):
        with self.lock:
            self.consumer.commit()

    def leave(self):
        self.stopped = True
        self.thread.join()
        self.consumer.close(autocommit=False)


def committed(c):
    offsets = admin().list_consumer_group_offsets(c["group"])
    found = offsets.get(TopicPartition(c["topic"], c["partition"]))
    return {"offset": -1 if found is None else found.offset}


def describe_configs(c):
    answers = admin().describe_configs([ConfigResource(ConfigResourceType.TOPIC, c["topic"])])
    return {"configs": {entry[0]: entry[1] for answer in answers for resource in answer.resources for entry in resource[4]}}


def describe_group(c):
    group = admin().describe_consumer_groups([c["group"]])[0]
    return {"state": group.state, "members": len(group.members), "protocol": group.protocol}


def delete_group(c):
    for name, error in admin().delete_consumer_groups([c["group"]]):
        if error is not kafka.errors.NoError:
            raise error(name)


def alter_offsets(c):
    consumer = KafkaConsumer(**common, group_id=c["group"], enable_auto_commit=False)
    try:
        partition = TopicPartition(c["topic"], c["partition"])
        consumer.assign([partition])
        consumer.commit({partition: OffsetAndMetadata(c["offset"], "")})
    finally:
        consumer.close(autocommit=False)


serve({
    "hello": lambda c: {"client": "kafka-python", "version": kafka.__version__},
    "produce": produce,
    "consume": consume,
    "offsetForTime": offset_for_time,
    "join": lambda c: members.__setitem__(c["member"], Member(c)),
    "state": lambda c: {"assigned": members[c["member"]].assigned(), "values": members[c["member"]].values},
    "commit": lambda c: members[c["member"]].commit(),
    "leave": lambda c: members[c["member"]].leave(),
    "committed": committed,
    "createTopic": lambda c: must(admin().create_topics([NewTopic(c["topic"], c["partitions"], 1, topic_configs=c.get("configs") or {})])),
    "deleteTopic": lambda c: must(admin().delete_topics([c["topic"]])),
    "createPartitions": lambda c: must(admin().create_partitions({c["topic"]: NewPartitions(c["total"])})),
    "partitions": lambda c: {"count": len(admin().describe_topics([c["topic"]])[0]["partitions"])},
    "topics": lambda c: {"topics": admin().list_topics()},
    "describeConfigs": describe_configs,
    "alterConfigs": lambda c: must(admin().alter_configs([ConfigResource(ConfigResourceType.TOPIC, c["topic"], c["configs"])])),
    "listGroups": lambda c: {"groups": [name for name, _ in admin().list_consumer_groups()]},
    "describeGroup": describe_group,
    "deleteGroup": delete_group,
    "alterOffsets": alter_offsets,
})
