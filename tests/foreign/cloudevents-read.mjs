// Reads records through kafkajs and has the CloudEvents SDK judge them. Arguments: bootstrap address, topic, number of records.
import { Kafka as Binding } from 'cloudevents';
import { Kafka, logLevel } from 'kafkajs';

const [bootstrap, topic, count] = process.argv.slice(2);
const consumer = new Kafka({ clientId: 'foreign', brokers: [bootstrap], logLevel: logLevel.ERROR }).consumer({ groupId: 'cloudevents-readers' });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
const seen = [];
let done;
const all = new Promise((resolve) => { done = resolve; });
await consumer.run({
  eachMessage: async ({ message }) => {
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value.toString()]));
    const event = Binding.toEvent({ key: message.key?.toString(), value: message.value, body: message.value, headers });
    seen.push({
      valid: event.validate(), id: event.id, source: event.source, type: event.type, time: event.time, subject: event.subject,
      dataschema: event.dataschema, datacontenttype: event.datacontenttype, traceparent: headers.traceparent,
      data_base64: message.value.toString('base64'),
    });
    if (seen.length === Number(count)) done();
  },
});
await all;
await consumer.disconnect();
console.log(JSON.stringify(seen));
