// Changes a topic's settings and partitions through @platformatic/kafka (newest versions of the requests) and kafkajs (older ones).
// Argument: bootstrap address. Every step's answer or error is printed.
import { Kafka, logLevel } from 'kafkajs';

// @platformatic/kafka asks for a newer Node than the build machines have; this is all it lacks.
Promise.withResolvers ??= () => {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
};
const { Admin, ConfigResourceTypes: Type, IncrementalAlterConfigOperationTypes: Operation } = await import('@platformatic/kafka');

const [bootstrap] = process.argv.slice(2);
const admin = new Admin({ clientId: 'foreign', bootstrapBrokers: [bootstrap], retries: 0 });
const js = new Kafka({ clientId: 'foreign', brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
await js.connect();

const codes = (error) => error.errors ? error.errors.flatMap(codes) : error.apiId ?? error.type ?? error.code ?? error.message;
const attempt = async (step) => { try { return await step(); } catch (error) { return { error: [codes(error)].flat() }; } };
const describe = async (name, options = {}) => {
  const [answer] = await admin.describeConfigs({ resources: [{ resourceType: Type.TOPIC, resourceName: name, ...options }], includeSynonyms: true, includeDocumentation: true });
  return Object.fromEntries(answer.configs.map((config) => [config.name, config]));
};
const change = (configOperation, name, value) => ({ name, configOperation, value });
const alter = (configs, validateOnly = false, resourceName = 't') => attempt(async () =>
  (await admin.incrementalAlterConfigs({ resources: [{ resourceType: Type.TOPIC, resourceName, configs }], validateOnly })) ?? 'done');

const result = {};
result.created = await admin.createTopics({ topics: ['t'], partitions: 2, replicas: 1, configs: [{ name: 'retention.ms', value: '60000' }] });
result.atFirst = await describe('t');
result.checkedOnly = await alter([change(Operation.SET, 'retention.ms', '1')], true);
result.afterCheck = (await describe('t'))['retention.ms'].value;
result.changed = await alter([
  change(Operation.SET, 'max.message.bytes', '2000'), change(Operation.APPEND, 'cleanup.policy', 'compact'), change(Operation.DELETE, 'retention.ms'),
]);
result.afterChange = await describe('t');
result.subtracted = await alter([change(Operation.SUBTRACT, 'cleanup.policy', 'delete')]);
result.afterSubtract = (await describe('t'))['cleanup.policy'].value;
result.wrongValue = await alter([change(Operation.SET, 'retention.ms', 'soon')]);
result.wrongName = await alter([change(Operation.SET, 'no.such.setting', '1')]);
result.notAList = await alter([change(Operation.APPEND, 'retention.ms', '1')]);
result.twice = await alter([change(Operation.SET, 'retention.ms', '1'), change(Operation.SET, 'retention.ms', '2')]);
result.noTopic = await alter([change(Operation.SET, 'retention.ms', '1')], false, 'absent');
result.broker = (await admin.describeConfigs({ resources: [{ resourceType: Type.BROKER, resourceName: '1' }] }))[0].configs;
result.oneKey = Object.keys(await describe('t', { configurationKeys: ['segment.bytes'] }));
result.logger = await attempt(() => admin.describeConfigs({ resources: [{ resourceType: Type.BROKER_LOGGER, resourceName: '1' }] }));

result.replaced = await js.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: 't', configEntries: [{ name: 'retention.bytes', value: '5000' }] }] });
result.afterReplace = await describe('t');
const described = await js.describeConfigs({ includeSynonyms: true, resources: [{ type: 2, name: 't', configNames: ['retention.bytes', 'max.message.bytes'] }] });
result.kafkajs = described.resources[0].configEntries;

await admin.createPartitions({ topics: [{ name: 't', count: 5, assignments: null }], validateOnly: true });
result.partitionsAfterCheck = (await js.fetchTopicMetadata({ topics: ['t'] })).topics[0].partitions.length;
await admin.createPartitions({ topics: [{ name: 't', count: 5, assignments: null }] });
result.partitions = (await js.fetchTopicMetadata({ topics: ['t'] })).topics[0].partitions.length;
result.fewer = await attempt(() => admin.createPartitions({ topics: [{ name: 't', count: 3, assignments: null }] }));
result.ofNothing = await attempt(() => admin.createPartitions({ topics: [{ name: 'absent', count: 3, assignments: null }] }));
await js.createPartitions({ topicPartitions: [{ topic: 't', count: 6 }] });
result.partitionsByKafkajs = (await js.fetchTopicMetadata({ topics: ['t'] })).topics[0].partitions.length;

result.validated = await js.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic: 'only-checked', numPartitions: 1 }] });
result.topics = await js.listTopics();
await admin.deleteTopics({ topics: ['t'] });
result.topicsAtLast = await js.listTopics();

await js.disconnect();
await admin.close();
console.log(JSON.stringify(result));
