// Sends telemetry with kafkajs: Protobuf in Confluent's wire format, CDR and ROS 1 with their definitions, CAN frames.
// Arguments: bootstrap address, registry, vehicle, number of messages of each kind.
import { Kafka, logLevel } from 'kafkajs';

const [bootstrap, registry, vehicle, countText] = process.argv.slice(2);
const count = Number(countText);
const kafka = new Kafka({ clientId: 'vehicle', brokers: [bootstrap], logLevel: logLevel.ERROR });

// The schema goes to the registry once; its id goes before every message, with the index of the message in the file (0: the first).
const proto = `syntax = "proto3";\npackage fleet;\nimport "google/protobuf/timestamp.proto";\nmessage Position { double latitude = 1; double longitude = 2; google.protobuf.Timestamp stamp = 3; }\n`;
const answer = await fetch(`${registry}/subjects/fleet.telemetry.v1-fleet.Position/versions`, {
  method: 'POST', headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, body: JSON.stringify({ schemaType: 'PROTOBUF', schema: proto }),
});
const { id } = await answer.json();

const start = 1764460800n * 1000000000n;
const time = n => String(start + BigInt(n) * 20000000n);
const position = n => {
  const value = Buffer.alloc(6 + 18);
  value.writeInt32BE(id, 1);
  value[6] = 0x09;
  value.writeDoubleLE(48 + n / 1000, 7);
  value[15] = 0x11;
  value.writeDoubleLE(9, 16);
  return value;
};
const vector = (n, encapsulated) => {
  const body = Buffer.alloc(24);
  body.writeDoubleLE(n, 0);
  body.writeDoubleLE(-n, 8);
  return encapsulated ? Buffer.concat([Buffer.from([0, 1, 0, 0]), body]) : body;
};
// Frames of the compact form: time, id, bus, flags, length, data; two to a message.
const frame = (n, id, data) => {
  const head = Buffer.alloc(16);
  head.writeBigUInt64LE(start + BigInt(n) * 20000000n, 0);
  head.writeUInt32LE(id, 8);
  head.writeUInt16LE(1, 12);
  head[15] = data.length;
  return Buffer.concat([head, Buffer.from(data)]);
};

const messages = [];
for (let n = 0; n < count; n++) {
  const common = { 'mesh-log-time': time(n) };
  messages.push({ key: vehicle, value: position(n), headers: { ...common, 'content-type': 'application/x-protobuf', 'mesh-channel': '/gnss/position' } });
  messages.push({ key: vehicle, value: vector(n, true), headers: { ...common, 'mesh-encoding': 'cdr', 'mesh-channel': '/imu/rate', 'mesh-schema': 'geometry_msgs/msg/Vector3' } });
  messages.push({
    key: vehicle, value: vector(n, false),
    headers: { ...common, 'mesh-encoding': 'ros1', 'mesh-channel': '/imu/raw', 'mesh-schema': 'demo_msgs/Rate', 'mesh-schema-data': 'float64 x\nfloat64 y\nfloat64 z\n' },
  });
  messages.push({ key: vehicle, value: Buffer.concat([frame(n, 0x123, [n & 255, 1, 0, 0, 0, 0, 0, 0]), frame(n, 0x700, [n & 255])]), headers: { ...common, 'mesh-encoding': 'can' } });
}
messages.push({ key: vehicle, value: Buffer.from([1, 2, 3]), headers: { 'mesh-encoding': 'can' } });

const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
for (let at = 0; at < messages.length; at += 100) await producer.send({ topic: 'fleet.telemetry.v1', messages: messages.slice(at, at + 100) });
await producer.disconnect();
console.log(JSON.stringify({ sent: messages.length }));
