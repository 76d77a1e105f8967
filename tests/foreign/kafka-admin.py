# Changes a topic's settings and partitions through python3-kafka. Argument: bootstrap address.
import json
import sys

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic

admin = KafkaAdminClient(bootstrap_servers=sys.argv[1])
admin.create_topics([NewTopic('p', num_partitions=1, replication_factor=1, topic_configs={'retention.ms': '60000'})])


def described():
    answer = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, 'p')], include_synonyms=True)
    entries = answer[0].resources[0][4]
    return {entry[0]: {'value': entry[1], 'source': entry[3], 'synonyms': [list(synonym) for synonym in entry[5]]} for entry in entries}


first = described()
altered = admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, 'p', configs={'max.message.bytes': '4000'})])
second = described()
admin.create_partitions({'p': NewPartitions(4)})
partitions = [topic for topic in admin.describe_topics(['p'])][0]['partitions']
admin.delete_topics(['p'])
print(json.dumps({
    'first': first, 'second': second, 'altered': [list(resource) for resource in altered.resources], 'partitions': len(partitions),
    'topics': admin.list_topics(),
}))
admin.close()
