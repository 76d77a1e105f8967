// Transactions through kafkajs. Arguments: bootstrap address.
import { Kafka, logLevel } from 'kafkajs';

const [bootstrap] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'foreign', brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 5, initialRetryTime: 50 } });

const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: 'js-in', numPartitions: 1, replicationFactor: 1 }, { topic: 'js-out', numPartitions: 2, replicationFactor: 1 }] });

const producer = kafka.producer({ transactionalId: 'js-tx', idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
const send = (tx, from, count) => tx.send({ topic: 'js-out', messages: Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `v${from + i}` })) });

const aborted = await producer.transaction();
await send(aborted, 0, 10);
await aborted.sendOffsets({ consumerGroupId: 'js-copiers', topics: [{ topic: 'js-in', partitions: [{ partition: 0, offset: '7' }] }] });
await aborted.abort();
const offsetsAfterAbort = await admin.fetchOffsets({ groupId: 'js-copiers', topics: ['js-in'] });

const committed = await producer.transaction();
await send(committed, 10, 10);
await send(committed, 20, 10);
await committed.sendOffsets({ consumerGroupId: 'js-copiers', topics: [{ topic: 'js-in', partitions: [{ partition: 0, offset: '9' }] }] });
await committed.commit();
const offsetsAfterCommit = await admin.fetchOffsets({ groupId: 'js-copiers', topics: ['js-in'] });

// A second producer of the same id fences the first.
const zombie = await producer.transaction();
await send(zombie, 100, 5);
const heir = kafka.producer({ transactionalId: 'js-tx', idempotent: true, maxInFlightRequests: 1 });
await heir.connect();
const last = await heir.transaction();
await send(last, 30, 10);
await last.commit();
let fenced = null;
try {
  await zombie.commit();
} catch (error) {
  fenced = error.type ?? error.name;
}

const consumer = kafka.consumer({ groupId: 'js-tx-readers', readUncommitted: false });
await consumer.connect();
await consumer.subscribe({ topic: 'js-out', fromBeginning: true });
const values = [];
let done;
const all = new Promise((resolve) => { done = resolve; });
await consumer.run({
  eachMessage: async ({ message }) => {
    values.push(message.value.toString());
    if (values.length >= 30) done();
  },
});
await all;
await consumer.disconnect();
await producer.disconnect().catch(() => {});
await heir.disconnect();
await admin.deleteGroups(['js-copiers']);
const groups = (await admin.listGroups()).groups.map((group) => group.groupId);
await admin.disconnect();
console.log(JSON.stringify({
  values,
  fenced,
  offsetAfterAbort: offsetsAfterAbort[0].partitions[0].offset,
  offsetAfterCommit: offsetsAfterCommit[0].partitions[0].offset,
  groups,
}));
