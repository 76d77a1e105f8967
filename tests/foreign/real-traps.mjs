// Writes a recording of things that are allowed and awkward, with @mcap/core, @foxglove/rosmsg2-serialization and protobufjs.
// node real-traps.mjs FILE
// Prints { messages, bad: { code: messages that cannot become rows } }.
import fs from "node:fs";
import { createRequire } from "node:module";
import { McapWriter } from "@mcap/core";

const require = createRequire(import.meta.url);
const { parse } = require("@foxglove/rosmsg");
const { MessageWriter } = require("@foxglove/rosmsg2-serialization");
const protobuf = require("protobufjs");
require("protobufjs/ext/descriptor");

const chunks = [];
let position = 0;
const writer = new McapWriter({ writable: { position: () => BigInt(position), write: async (bytes) => { chunks.push(Buffer.from(bytes)); position += bytes.length; } } });
await writer.start({ profile: "ros2", library: "traps" });

let messages = 0;
const bad = {};
async function channel(topic, name, encoding, schema, messageEncoding) {
  const schemaId = encoding === null ? 0 : await writer.registerSchema({ name, encoding, data: Buffer.from(schema) });
  const channelId = await writer.registerChannel({ schemaId, topic, messageEncoding, metadata: new Map() });
  return async (data, logTime = 1_700_000_000_000_000_000n + BigInt(messages) * 1_000_001n, code = undefined, publishTime = logTime) => {
    if (code) bad[code] = (bad[code] ?? 0) + 1;
    await writer.addMessage({ channelId, sequence: 7, logTime, publishTime, data });
    messages++;
  };
}

async function ros2(topic, name, definition) {
  const serialiser = new MessageWriter(parse(definition, { ros2: true }));
  const write = await channel(topic, name, "ros2msg", definition, "cdr");
  return Object.assign((value, ...times) => write(serialiser.writeMessage(value), ...times), { bytes: write });
}

// Names: what collides with system columns, what differs in case alone, what SQL and file systems would rather not see.
const names = await ros2("/names", "trap_msgs/msg/Names",
  "int32 channel\nstring sequence\nfloat64 log_time\nint8 select\nstring recording_id\nInner inner\n===\nMSG: trap_msgs/Inner\nint32 channel\nint32 x");
for (let i = 0; i < 3; i++) await names({ channel: i, sequence: `s${i}`, log_time: i / 3, select: 3, recording_id: "mine", inner: { channel: 4, x: i } });

const topics = ["", "/", "/a b/ü/😀", "/it's \"quoted\"; DROP TABLE x--", "../../etc/passwd", "/new\nline\ttab", `/${"long".repeat(100)}`, "%2F%00?#", "/CASE", "/case"];
for (const topic of topics) {
  const text = await ros2(topic, "std_msgs/msg/String", "string data");
  await text({ data: topic });
  await text({ data: "" });
  await (await channel(`${topic}/raw`, "", null, "", "application/x-own"))(Buffer.from(topic));
}

// Messages without fields, at the root and nested, alone and in lists.
const empty = await channel("/empty", "std_msgs/msg/Empty", "ros2msg", "", "cdr");
for (let i = 0; i < 3; i++) await empty(Buffer.from([0, 1, 0, 0, 0]));
const nested = await ros2("/nested", "trap_msgs/msg/Nested", "std_msgs/Empty nothing\nstd_msgs/Empty[] nothings\nint32 x\n===\nMSG: std_msgs/Empty\n");
await nested.bytes(Buffer.from([0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0]));

// One schema name, three meanings: a field more, another type, another encoding.
await (await ros2("/v1", "trap_msgs/msg/Changing", "int32 a"))({ a: 1 });
await (await ros2("/v2", "trap_msgs/msg/Changing", "int32 a\nstring b"))({ a: 2, b: "b" });
await (await ros2("/v3", "trap_msgs/msg/Changing", "string[] a"))({ a: ["x", ""] });
await (await channel("/v4", "trap_msgs/msg/Changing", "jsonschema", "{}", "json"))(Buffer.from('{"a":1}'));

// Numbers and times at their ends.
const ends = await ros2("/ends", "trap_msgs/msg/Ends", "uint64 u\nint64 i\nuint32 n\nfloat32 f\nfloat64 d\nuint8[] blob");
await ends({ u: 18446744073709551615n, i: -9223372036854775808n, n: 4294967295, f: NaN, d: -0, blob: new Uint8Array() });
await ends({ u: 0n, i: 9223372036854775807n, n: 0, f: -Infinity, d: 5e-324, blob: Uint8Array.from([0, 255]) }, 0n);
await ends({ u: 1n, i: 1n, n: 1, f: 1, d: 1, blob: new Uint8Array(70_000).fill(9) }, 9_223_372_036_854_775_807n);
await ends({ u: 1n, i: 1n, n: 1, f: 1, d: 1, blob: new Uint8Array() }, 9_223_372_036_854_775_808n, "MESH2103");
await ends({ u: 1n, i: 1n, n: 1, f: 1, d: 1, blob: new Uint8Array() }, 5n, "MESH2103", 18_446_744_073_709_551_615n);

// What is the message's own fault, among good ones.
const text = await ros2("/text", "trap_msgs/msg/Text", "string data\nint32[] numbers");
await text({ data: "good", numbers: [1, 2] });
await text.bytes(Buffer.from([0, 1, 0, 0, 255, 255, 255, 127, 65]), undefined, "short");
await text.bytes(Buffer.from([]), undefined, "short");
await text({ data: "good again", numbers: [] });
const lost = await channel("/lost", "trap_msgs/msg/Lost", "ros2msg", "Missing field", "cdr");
await lost(Buffer.from([0, 1, 0, 0, 1]), undefined, "MESH10302");

const { root } = protobuf.parse(`
syntax = "proto3"; package trap.v1;
enum Colour { UNKNOWN = 0; RED = 1; }
message Point { double x = 1; double channel = 2; }
message Nothing { }
message Tree { string name = 1; repeated Tree children = 2; }
message All { uint64 u64 = 1; sint64 s64 = 2; bytes blob = 3; Colour colour = 4; Point point = 5; repeated Point points = 6; repeated string names = 7;
  oneof choice { string left = 8; Point right = 9; } Nothing nothing = 10; repeated Nothing nothings = 11; uint32 Sequence = 12; float f = 13; int32 K = 14; int32 k = 15; }`, { keepCase: true });
root.resolveAll();
const descriptor = protobuf.descriptor.FileDescriptorSet.encode(root.toDescriptor("proto3")).finish();
const all = root.lookupType("trap.v1.All");
const proto = await channel("/proto", "trap.v1.All", "protobuf", descriptor, "protobuf");
for (const value of [
  {},
  { u64: "18446744073709551615", s64: "-5", blob: Buffer.from([1, 0, 255]), colour: 1, point: { x: 1, channel: 2 }, points: [{ x: 3 }, {}], names: ["", "ü"], left: "l", Sequence: 9, f: 0.5, K: 1, k: 2 },
  { right: { x: -0.5 }, nothing: {}, nothings: [{}, {}] },
]) await proto(all.encode(all.fromObject(value)).finish());
const tree = root.lookupType("trap.v1.Tree");
await (await channel("/tree", "trap.v1.Tree", "protobuf", descriptor, "protobuf"))(tree.encode({ name: "root", children: [{ name: "leaf" }] }).finish());

await writer.end();
fs.writeFileSync(process.argv[2], Buffer.concat(chunks));
process.stdout.write(JSON.stringify({ messages, bad }));
