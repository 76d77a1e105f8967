# Prints offset, key and value of every record of a partition, read by python3-kafka. Arguments: bootstrap address, topic, end offset.
import sys

from kafka import KafkaConsumer, TopicPartition

bootstrap, topic, end = sys.argv[1], sys.argv[2], int(sys.argv[3])
consumer = KafkaConsumer(bootstrap_servers=bootstrap, check_crcs=True, consumer_timeout_ms=20000)
partition = TopicPartition(topic, 0)
consumer.assign([partition])
consumer.seek_to_beginning(partition)
while consumer.position(partition) < end:
    for records in consumer.poll(timeout_ms=1000).values():
        for record in records:
            print(record.offset, record.key.decode(), "null" if record.value is None else record.value.decode())
