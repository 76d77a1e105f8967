// Deletes what partitions of a topic hold below an offset, as retention does. Arguments: bootstrap address, topic, offset, partition...
import { Kafka, logLevel } from 'kafkajs';

const [bootstrap, topic, offset, ...partitions] = process.argv.slice(2);
const admin = new Kafka({ clientId: 'retention', brokers: [bootstrap], logLevel: logLevel.ERROR }).admin();
await admin.connect();
// Asking for offsets makes the client learn who leads the partitions.
await admin.fetchTopicOffsets(topic);
await admin.deleteTopicRecords({ topic, partitions: partitions.map(partition => ({ partition: Number(partition), offset })) });
await admin.disconnect();
console.log(JSON.stringify({ deleted: true }));
