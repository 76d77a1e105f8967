// Produces and consumes through kafkajs. Arguments: bootstrap address, number of messages.
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';

const [bootstrap, countText] = process.argv.slice(2);
const count = Number(countText);
const kafka = new Kafka({ clientId: 'foreign', brokers: [bootstrap], logLevel: logLevel.ERROR });

const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: 'from-js', numPartitions: 3, replicationFactor: 1 }] });

const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
for (let start = 0; start < count; start += 50) {
  const messages = [];
  for (let i = start; i < Math.min(start + 50, count); i++) {
    messages.push({ key: `k${i % 5}`, value: `v${i}`, headers: { n: String(i) } });
  }
  await producer.send({ topic: 'from-js', compression: start % 100 ? CompressionTypes.GZIP : CompressionTypes.None, messages });
}
await producer.disconnect();

const consumer = kafka.consumer({ groupId: 'js-readers' });
await consumer.connect();
await consumer.subscribe({ topic: 'from-js', fromBeginning: true });
const seen = [];
let done;
const all = new Promise((resolve) => { done = resolve; });
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    seen.push({ partition, offset: Number(message.offset), value: message.value.toString(), header: message.headers.n.toString() });
    if (seen.length >= count) done();
  },
});
await all;
await consumer.stop();
await consumer.commitOffsets([0, 1, 2].map((partition) => ({
  topic: 'from-js',
  partition,
  offset: String(1 + Math.max(-1, ...seen.filter((m) => m.partition === partition).map((m) => m.offset))),
}))).catch(() => {});
const offsets = await admin.fetchTopicOffsets('from-js');
const groups = await admin.listGroups();
await consumer.disconnect();
await admin.disconnect();
console.log(JSON.stringify({
  values: seen.map((m) => m.value),
  headersMatch: seen.every((m) => m.value === `v${m.header}`),
  end: offsets.reduce((sum, p) => sum + Number(p.high), 0),
  groups: groups.groups.map((g) => g.groupId),
}));
