// @platformatic/kafka. See driver.mjs.
import { readFileSync } from 'node:fs';
import { bootstrap, bytes, serve, text, until } from './driver.mjs';
import { Admin, Consumer, Producer } from '@platformatic/kafka';

const common = { clientId: 'platformatic', bootstrapBrokers: [bootstrap], retries: 5, retryDelay: 100, metadataMaxAge: 0 };
const admin = new Admin(common);
const members = new Map();
const transactional = new Map();
const TOPIC = 2;

const message = (topic) => (record) => ({
  topic,
  key: bytes(record.key) ?? undefined,
  value: bytes(record.value) ?? undefined,
  partition: record.partition,
  timestamp: record.timestamp === undefined ? undefined : BigInt(record.timestamp),
  headers: new Map((record.headers ?? []).map(([name, value]) => [Buffer.from(name), bytes(value)])),
});

const read = (m) => ({
  partition: m.partition,
  offset: Number(m.offset),
  key: text(m.key),
  value: text(m.value),
  timestamp: Number(m.timestamp),
  headers: m.headerEntries.map(([name, value]) => [name.toString(), text(value)]),
});

async function withProducer(options, work) {
  const producer = new Producer({ ...common, ...options });
  try {
    return await work(producer);
  } finally {
    await producer.close();
  }
}

/** A second producer with the same transactional id would be fenced: this one always asks for the producer id 0. */
function transactionalProducer(id) {
  if (!transactional.has(id)) transactional.set(id, new Producer({ ...common, transactionalId: id, idempotent: true }));
  return transactional.get(id);
}

async function withConsumer(group, work) {
  const consumer = new Consumer({ ...common, groupId: group });
  try {
    return await work(consumer);
  } finally {
    await consumer.close(true);
  }
}

serve({
  hello: () => ({ client: '@platformatic/kafka', version: JSON.parse(readFileSync(new URL('../node_modules/@platformatic/kafka/package.json', import.meta.url))).version }),

  produce: (c) => withProducer({ idempotent: c.idempotent ?? false, autocreateTopics: c.autoCreate ?? true, compression: c.compression ?? 'none' }, async (producer) => {
    const answer = await producer.send({ messages: c.records.map(message(c.topic)), acks: -1 });
    return { offset: Number(answer.offsets[0].offset) };
  }),

  consume: (c) => withConsumer(`by-hand-${c.topic}-${Date.now()}`, async (consumer) => {
    const records = [];
    const stream = await consumer.consume({
      topics: [c.topic],
      ...(c.from ? { mode: 'manual', offsets: c.from.map(([partition, offset]) => ({ topic: c.topic, partition, offset: BigInt(offset) })) } : { mode: 'earliest' }),
      autocommit: false,
      maxWaitTime: 100,
      sessionTimeout: 6000,
      isolationLevel: c.isolation === 'read_uncommitted' ? 0 : 1,
    });
    stream.on('data', (m) => records.push(read(m)));
    stream.on('error', (error) => console.error(error));
    await until(() => records.length >= c.count, () => `${c.count} records, ${records.length} came`);
    await stream.close();
    return { records };
  }),

  offsetForTime: async (c) => {
    const [topic] = await admin.listOffsets({ topics: [{ name: c.topic, partitions: [{ partitionIndex: c.partition, timestamp: BigInt(c.timestamp) }] }] });
    return { offset: Number(topic.partitions[0].offset) };
  },

  join: async (c) => {
    const consumer = new Consumer({
      ...common, groupId: c.group, groupInstanceId: c.instance ?? undefined, sessionTimeout: 6000, rebalanceTimeout: 10000, heartbeatInterval: 200,
      ...(c.strategy === 'cooperative' ? { protocols: [{ name: 'cooperative-sticky', version: 1 }] } : {}),
    });
    const member = { consumer, values: [], next: new Map() };
    members.set(c.member, member);
    member.stream = await consumer.consume({ topics: [c.topic], mode: 'committed', fallbackMode: 'earliest', autocommit: false, maxWaitTime: 100 });
    member.stream.on('error', (error) => console.error(error));
    member.stream.on('data', (m) => {
      member.values.push(m.value.toString());
      member.next.set(m.partition, { topic: m.topic, partition: m.partition, offset: m.offset + 1n, leaderEpoch: m.leaderEpoch });
    });
  },
  state: (c) => ({
    assigned: (members.get(c.member).consumer.assignments ?? []).flatMap((a) => a.partitions.map((p) => [a.topic, p])),
    values: members.get(c.member).values,
  }),
  commit: async (c) => members.get(c.member).consumer.commit({ offsets: [...members.get(c.member).next.values()] }),
  leave: async (c) => {
    await members.get(c.member).stream.close();
    await members.get(c.member).consumer.close(true);
  },
  committed: async (c) => {
    const [group] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: c.group, topics: [{ name: c.topic, partitionIndexes: [c.partition] }] }] });
    return { offset: Number(group.topics[0]?.partitions[0]?.committedOffset ?? -1) };
  },

  createTopic: async (c) => {
    await admin.createTopics({ topics: [c.topic], partitions: c.partitions, replicas: 1, configs: Object.entries(c.configs ?? {}).map(([name, value]) => ({ name, value })) });
  },
  deleteTopic: (c) => admin.deleteTopics({ topics: [c.topic] }),
  createPartitions: (c) => admin.createPartitions({ topics: [{ name: c.topic, count: c.total, assignments: null }] }),
  partitions: async (c) => ({ count: (await admin.metadata({ topics: [c.topic], forceUpdate: true })).topics.get(c.topic).partitionsCount }),
  topics: async () => ({ topics: await admin.listTopics() }),
  describeConfigs: async (c) => {
    const [resource] = await admin.describeConfigs({ resources: [{ resourceType: TOPIC, resourceName: c.topic, configurationKeys: null }] });
    return { configs: Object.fromEntries(resource.configs.map((e) => [e.name, e.value])) };
  },
  alterConfigs: (c) => admin.incrementalAlterConfigs({
    resources: [{ resourceType: TOPIC, resourceName: c.topic, configs: Object.entries(c.configs).map(([name, value]) => ({ name, value, configOperation: 0 })) }],
  }),
  deleteRecords: async (c) => {
    await admin.deleteRecords({ topics: [{ name: c.topic, partitions: [{ partition: c.partition, offset: BigInt(c.before) }] }] });
  },
  listGroups: async () => ({ groups: [...(await admin.listGroups()).keys()] }),
  describeGroup: async (c) => {
    const group = (await admin.describeGroups({ groups: [c.group] })).get(c.group);
    return { state: group.state, members: group.members.size, protocol: group.protocol };
  },
  deleteGroup: (c) => admin.deleteGroups({ groups: [c.group] }),
  alterOffsets: (c) => admin.alterConsumerGroupOffsets({ groupId: c.group, topics: [{ name: c.topic, partitionOffsets: [{ partition: c.partition, offset: BigInt(c.offset) }] }] }),

  transaction: async (c) => {
    const transaction = await transactionalProducer(c.id).beginTransaction();
    await transaction.send({ messages: c.records.map(message(c.topic)) });
    await (c.end === 'commit' ? transaction.commit() : transaction.abort());
  },

  // The client takes the position from a record that it read itself.
  transactionWithOffset: (c) => withConsumer(c.group, async (consumer) => {
    const stream = await consumer.consume({ topics: [c.offsetTopic], mode: 'earliest', autocommit: false, maxWaitTime: 100, sessionTimeout: 6000 });
    const records = [];
    stream.on('data', (m) => records.push(m));
    await until(() => records.length >= c.offset, () => `${c.offset} records`);
    const transaction = await transactionalProducer(c.id).beginTransaction();
    await transaction.addConsumer(consumer);
    await transaction.send({ messages: c.records.map(message(c.topic)) });
    await transaction.addOffset(records[c.offset - 1]);
    await (c.end === 'commit' ? transaction.commit() : transaction.abort());
    await stream.close();
  }),
});
