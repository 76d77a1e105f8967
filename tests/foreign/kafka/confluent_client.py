"""confluent_kafka, on whichever librdkafka the loader finds. See driver.py."""
import threading
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from driver import bootstrap, data, serve, text, until

common = {"bootstrap.servers": bootstrap, "log_level": 0}
admin = AdminClient(common)
members = {}


def done(futures):
    for future in futures.values():
        future.result(20)


def records_of(message):
    return {
        "partition": message.partition(), "offset": message.offset(), "key": text(message.key()), "value": text(message.value()),
        "timestamp": message.timestamp()[1], "headers": [[name, text(value)] for name, value in message.headers() or []],
    }


def send(producer, topic, records):
    offsets, errors = {}, []

    def report(index):
        def of(error, message):
            if error is not None:
                errors.append(error)
            else:
                offsets[index] = message.offset()
        return of

    for index, record in enumerate(records):
        more = {}
        if "timestamp" in record:
            more["timestamp"] = record["timestamp"]
        if record.get("headers"):
            more["headers"] = [(name, data(value)) for name, value in record["headers"]]
        producer.produce(topic, data(record.get("value")), data(record.get("key")), record.get("partition", -1), report(index), **more)
        producer.poll(0)
    return offsets, errors


def produce(c):
    config = {**common, "compression.type": c.get("compression", "none"), "enable.idempotence": c.get("idempotent", False), "acks": "all",
              "message.max.bytes": 100_000_000, "message.timeout.ms": 10_000, "linger.ms": 20, "topic.metadata.propagation.max.ms": 1000,
              "allow.auto.create.topics": c.get("autoCreate", True)}
    producer = Producer(config)
    offsets, errors = send(producer, c["topic"], c["records"])
    producer.flush(20)
    if errors:
        raise KafkaException(errors[0])
    return {"offset": offsets[0]}


def consume(c):
    consumer = Consumer({**common, "group.id": "by-hand", "isolation.level": c.get("isolation", "read_committed"), "enable.auto.commit": False, "fetch.wait.max.ms": 100})
    records = []
    try:
        count = len(consumer.list_topics(c["topic"], 10).topics[c["topic"]].partitions)
        start = dict((p, o) for p, o in c.get("from", []))
        consumer.assign([TopicPartition(c["topic"], p, start.get(p, 0)) for p in range(count)])

        def poll():
            message = consumer.poll(0.1)
            if message is not None and not message.error():
                records.append(records_of(message))
            return len(records) >= c["count"]

        until(poll, lambda: f"{c['count']} records, {len(records)} came")
        return {"records": records}
    finally:
        consumer.close()


def offset_for_time(c):
    consumer = Consumer({**common, "group.id": "by-hand"})
    try:
        return {"offset": consumer.offsets_for_times([TopicPartition(c["topic"], c["partition"], c["timestamp"])], 10)[0].offset}
    finally:
        consumer.close()


class Member:
    def __init__(self, c):
        config = {**common, "group.id": c["group"], "auto.offset.reset": "earliest", "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 200,
                  "fetch.wait.max.ms": 100}
        if c.get("strategy") == "cooperative":
            config["partition.assignment.strategy"] = "cooperative-sticky"
        if c.get("instance"):
            config["group.instance.id"] = c["instance"]
        self.consumer = Consumer(config)
        self.values = []
        self.stopped = False
        self.consumer.subscribe([c["topic"]])
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped:
            message = self.consumer.poll(0.05)
            if message is not None and not message.error():
                self.values.append(message.value().decode())

    def leave(self):
        self.stopped = True
        self.thread.join()
        self.consumer.close()


def committed(c):
    consumer = Consumer({**common, "group.id": c["group"]})
    try:
        return {"offset": consumer.committed([TopicPartition(c["topic"], c["partition"])], 10)[0].offset}
    finally:
        consumer.close()


def describe_configs(c):
    resource = ConfigResource("topic", c["topic"])
    return {"configs": {name: entry.value for name, entry in admin.describe_configs([resource])[resource].result(10).items()}}


def transaction(c):
    producer = Producer({**common, "transactional.id": c["id"], "topic.metadata.propagation.max.ms": 1000})
    producer.init_transactions(20)
    producer.begin_transaction()
    offsets, errors = send(producer, c["topic"], c["records"])
    producer.flush(20)
    if c.get("group"):
        consumer = Consumer({**common, "group.id": c["group"]})
        producer.send_offsets_to_transaction([TopicPartition(c["offsetTopic"], c["offsetPartition"], c["offset"])], consumer.consumer_group_metadata(), 20)
        consumer.close()
    if c["end"] == "commit":
        producer.commit_transaction(20)
    else:
        producer.abort_transaction(20)


def describe_group(c):
    group = admin.list_groups(c["group"], 10)[0]
    return {"state": group.state, "members": len(group.members), "protocol": group.protocol}


serve({
    "hello": lambda c: {"client": "confluent-kafka-python", "version": confluent_kafka.version()[0], "librdkafka": confluent_kafka.libversion()[0]},
    "produce": produce,
    "consume": consume,
    "offsetForTime": offset_for_time,
    "join": lambda c: members.__setitem__(c["member"], Member(c)),
    "state": lambda c: {"assigned": [[p.topic, p.partition] for p in members[c["member"]].consumer.assignment()], "values": members[c["member"]].values},
    "commit": lambda c: members[c["member"]].consumer.commit(asynchronous=False) and None,
    "leave": lambda c: members[c["member"]].leave(),
    "committed": committed,
    "createTopic": lambda c: done(admin.create_topics([NewTopic(c["topic"], c["partitions"], 1, config=c.get("configs") or {})])),
    "deleteTopic": lambda c: done(admin.delete_topics([c["topic"]])),
    "createPartitions": lambda c: done(admin.create_partitions([NewPartitions(c["topic"], c["total"])])),
    "partitions": lambda c: {"count": len(admin.list_topics(c["topic"], 10).topics[c["topic"]].partitions)},
    "topics": lambda c: {"topics": list(admin.list_topics(timeout=10).topics)},
    "describeConfigs": describe_configs,
    "alterConfigs": lambda c: done(admin.alter_configs([ConfigResource("topic", c["topic"], set_config=c["configs"])])),
    "listGroups": lambda c: {"groups": [group.id for group in admin.list_groups(timeout=10)]},
    "describeGroup": describe_group,
    "transaction": transaction,
})
