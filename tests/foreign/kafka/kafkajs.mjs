// kafkajs with its codec packages. See driver.mjs.
import { readFileSync } from 'node:fs';
import kafkajs from 'kafkajs';
import SnappyCodec from 'kafkajs-snappy';
import { bootstrap, bytes, serve, text, until } from './driver.mjs';

const { AssignerProtocol, CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;
CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec;
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { retries: 5, initialRetryTime: 50 } });
const types = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy };
const members = new Map();
let admin;

async function admins() {
  if (!admin) {
    admin = kafka.admin();
    await admin.connect();
  }
  return admin;
}

const message = (record) => ({
  key: bytes(record.key),
  value: bytes(record.value),
  partition: record.partition,
  timestamp: record.timestamp === undefined ? undefined : String(record.timestamp),
  headers: Object.fromEntries((record.headers ?? []).map(([name, value]) => [name, bytes(value)])),
});

const read = (partition, m) => ({
  partition,
  offset: Number(m.offset),
  key: text(m.key),
  value: text(m.value),
  timestamp: Number(m.timestamp),
  headers: Object.entries(m.headers ?? {}).map(([name, value]) => [name, text(value)]),
});

async function withProducer(options, work) {
  const producer = kafka.producer({ allowAutoTopicCreation: options.autoCreate ?? true, maxInFlightRequests: 1, ...options.config });
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
}

serve({
  hello: () => ({ client: 'kafkajs', version: JSON.parse(readFileSync(new URL('../node_modules/kafkajs/package.json', import.meta.url))).version }),

  produce: (c) => withProducer({ autoCreate: c.autoCreate, config: { idempotent: c.idempotent ?? false } }, async (producer) => {
    // In one request per partition the answer has the first offset; the tests ask for offsets of single records only.
    const answers = await producer.send({ topic: c.topic, compression: types[c.compression ?? 'none'], acks: -1, messages: c.records.map(message) });
    return { offset: Number(answers[0].baseOffset) };
  }),

  consume: async (c) => {
    const consumer = kafka.consumer({ groupId: `by-hand-${c.topic}-${Date.now()}`, readUncommitted: c.isolation === 'read_uncommitted', maxWaitTimeInMs: 100 });
    await consumer.connect();
    const records = [];
    try {
      await consumer.subscribe({ topic: c.topic, fromBeginning: true });
      await consumer.run({ autoCommit: false, eachMessage: async ({ partition, message: m }) => records.push(read(partition, m)) });
      for (const [partition, offset] of c.from ?? []) consumer.seek({ topic: c.topic, partition, offset: String(offset) });
      await until(() => records.length >= c.count, () => `${c.count} records, ${records.length} came`);
      return { records };
    } finally {
      await consumer.disconnect();
    }
  },

  offsetForTime: async (c) => ({ offset: Number((await (await admins()).fetchTopicOffsetsByTimestamp(c.topic, c.timestamp)).find((p) => p.partition === c.partition).offset) }),

  join: async (c) => {
    const member = { consumer: kafka.consumer({ groupId: c.group, sessionTimeout: 6000, heartbeatInterval: 200, maxWaitTimeInMs: 100, rebalanceTimeout: 10000 }), values: [], assigned: [], next: new Map() };
    member.consumer.on(member.consumer.events.GROUP_JOIN, ({ payload }) => {
      member.assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) => partitions.map((p) => [topic, p]));
    });
    await member.consumer.connect();
    await member.consumer.subscribe({ topic: c.topic, fromBeginning: true });
    await member.consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message: m }) => {
        member.values.push(m.value.toString());
        member.next.set(`${topic} ${partition}`, { topic, partition, offset: String(Number(m.offset) + 1) });
      },
    });
    members.set(c.member, member);
  },

  state: (c) => ({ assigned: members.get(c.member).assigned, values: members.get(c.member).values }),
  commit: async (c) => members.get(c.member).consumer.commitOffsets([...members.get(c.member).next.values()]),
  leave: async (c) => members.get(c.member).consumer.disconnect(),
  committed: async (c) => {
    const [topic] = await (await admins()).fetchOffsets({ groupId: c.group, topics: [c.topic] });
    return { offset: Number(topic.partitions.find((p) => p.partition === c.partition)?.offset ?? -1) };
  },

  createTopic: async (c) => {
    const isNew = await (await admins()).createTopics({
      topics: [{ topic: c.topic, numPartitions: c.partitions, replicationFactor: 1, configEntries: Object.entries(c.configs ?? {}).map(([name, value]) => ({ name, value })) }],
    });
    if (!isNew) throw new Error('topic already exists, says the client with a false');
  },
  deleteTopic: async (c) => (await admins()).deleteTopics({ topics: [c.topic] }),
  createPartitions: async (c) => (await admins()).createPartitions({ topicPartitions: [{ topic: c.topic, count: c.total }] }),
  partitions: async (c) => ({ count: (await (await admins()).fetchTopicMetadata({ topics: [c.topic] })).topics[0].partitions.length }),
  topics: async () => ({ topics: await (await admins()).listTopics() }),
  describeConfigs: async (c) => {
    const answer = await (await admins()).describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: c.topic }] });
    return { configs: Object.fromEntries(answer.resources[0].configEntries.map((e) => [e.configName, e.configValue])) };
  },
  alterConfigs: async (c) => (await admins()).alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: c.topic, configEntries: Object.entries(c.configs).map(([name, value]) => ({ name, value })) }],
  }),
  deleteRecords: async (c) => {
    // The client looks for leaders only among topics that it has asked for before.
    await (await admins()).fetchTopicOffsets(c.topic);
    await (await admins()).deleteTopicRecords({ topic: c.topic, partitions: [{ partition: c.partition, offset: String(c.before) }] });
  },
  listGroups: async () => ({ groups: (await (await admins()).listGroups()).groups.map((g) => g.groupId) }),
  describeGroup: async (c) => {
    const [group] = (await (await admins()).describeGroups([c.group])).groups;
    return { state: group.state, members: group.members.length, protocol: group.protocol };
  },
  deleteGroup: async (c) => (await admins()).deleteGroups([c.group]),
  alterOffsets: async (c) => (await admins()).setOffsets({ groupId: c.group, topic: c.topic, partitions: [{ partition: c.partition, offset: String(c.offset) }] }),

  transaction: (c) => withProducer({ config: { transactionalId: c.id, idempotent: true } }, async (producer) => {
    const transaction = await producer.transaction();
    await transaction.send({ topic: c.topic, messages: c.records.map(message) });
    if (c.group) {
      await transaction.sendOffsets({ consumerGroupId: c.group, topics: [{ topic: c.offsetTopic, partitions: [{ partition: c.offsetPartition, offset: String(c.offset) }] }] });
    }
    await (c.end === 'commit' ? transaction.commit() : transaction.abort());
  }),
});
