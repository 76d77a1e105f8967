// Logs in over TLS through kafkajs, writes a message and reads it. Arguments: bootstrap address, mechanism, user, password, file of the authority.
import { readFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';

const [bootstrap, mechanism, username, password, ca] = process.argv.slice(2);
const kafka = new Kafka({
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
  retry: { retries: 0 },
  ssl: { ca: [readFileSync(ca, 'utf8')] },
  sasl: { mechanism: mechanism.toLowerCase(), username, password },
});

const producer = kafka.producer();
try {
  await producer.connect();
  const [sent] = await producer.send({ topic: 'logins', messages: [{ value: mechanism }] });
  console.log(JSON.stringify({ offset: Number(sent.baseOffset) }));
  await producer.disconnect();
} catch (error) {
  console.log(JSON.stringify({ error: error.name, message: error.message }));
}
process.exit(0);
