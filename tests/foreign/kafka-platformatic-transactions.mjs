// Transactions and groups through @platformatic/kafka, which speaks the newest versions. Argument: bootstrap address.
// It asks for a newer Node than the build machines have; this is all it lacks.
Promise.withResolvers ??= () => {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
};
const { Admin, Consumer, Producer, stringSerializers, stringDeserializers } = await import('@platformatic/kafka');

const [bootstrap] = process.argv.slice(2);
const base = { clientId: 'foreign', bootstrapBrokers: [bootstrap], retries: 3, retryDelay: 50 };
const admin = new Admin(base);
await admin.createTopics({ topics: ['p-in', 'p-out', 'p-other'], partitions: 1, replicas: 1 });
const newProducer = (transactionalId) => new Producer({ ...base, serializers: stringSerializers, ...(transactionalId ? { idempotent: true, transactionalId } : {}) });

const plain = newProducer();
await plain.send({ messages: Array.from({ length: 6 }, (_, i) => ({ topic: 'p-in', key: 'k', value: `v${i}` })) });
await plain.close();

// Copies six records in three transactions, of which the second is aborted and done again.
const producer = newProducer('p-tx');
const consumer = new Consumer({ ...base, groupId: 'p-copiers', deserializers: stringDeserializers, sessionTimeout: 10_000, heartbeatInterval: 200 });
const stream = await consumer.consume({ topics: ['p-in'], mode: 'earliest', autocommit: false, isolationLevel: 1, maxWaitTime: 100 });
const messages = [];
for await (const message of stream) {
  messages.push(message);
  if (messages.length === 6) break;
}
const committed = async () => {
  const offsets = await admin.listConsumerGroupOffsets({ groups: ['p-copiers'] });
  return Number(offsets[0]?.topics?.[0]?.partitions?.[0]?.committedOffset ?? -1n);
};
const offsets = [];
for (const [from, commit] of [[0, true], [2, false], [2, true], [4, true]]) {
  const transaction = await producer.beginTransaction();
  await transaction.addConsumer(consumer);
  for (const message of messages.slice(from, from + 2)) {
    await transaction.send({ messages: [{ topic: 'p-out', key: 'k', value: `${message.value}${commit ? '' : ' aborted'}` }] });
  }
  await transaction.addOffset(messages[from + 1]);
  if (commit) await transaction.commit();
  else await transaction.abort();
  offsets.push(await committed());
}
await stream.close();
await consumer.close();

// A second producer of the same id fences the first. Another topic, since this client leaves out only one aborted transaction of a
// producer in what it fetches at a time.
const zombie = await producer.beginTransaction();
await zombie.send({ messages: [{ topic: 'p-other', key: 'k', value: 'zombie' }] });
const heir = newProducer('p-tx');
const last = await heir.beginTransaction();
await last.send({ messages: [{ topic: 'p-out', key: 'k', value: 'heir' }] });
await last.commit();
const codes = (error) => (error.errors ? error.errors.flatMap(codes) : [error.apiId ?? error.code]);
let fenced = null;
try {
  await zombie.commit();
} catch (error) {
  fenced = codes(error);
}

const reader = new Consumer({ ...base, groupId: 'p-readers', deserializers: stringDeserializers });
const all = await reader.consume({ topics: ['p-out'], mode: 'earliest', autocommit: false, isolationLevel: 1, maxWaitTime: 100 });
const values = [];
for await (const message of all) {
  values.push(message.value);
  if (message.value === 'heir') break;
}
await all.close();
const described = [...(await admin.describeGroups({ groups: ['p-readers'] })).values()].map((group) => group.state);
await reader.close();
await admin.deleteGroups({ groups: ['p-readers', 'p-copiers'] });
const groups = [...(await admin.listGroups()).keys()];
await producer.close().catch(() => {});
await heir.close();
await admin.close();
console.log(JSON.stringify({ values, offsets, fenced, described, groups }));
