// Reads MCAP files with @mcap/core and decodes cdr/ros2msg payloads with Foxglove's reader and protobuf payloads with protobufjs.
// Arguments: files. With --values-only neither schemas nor payloads are printed.
// With --raw every message is printed, without value where its schema is not one of those.
// Prints { messages: [{ file, topic, encoding, schemaName, schemaEncoding, schema, payload, logTime, publishTime, sequence, value }] },
// bytes in hexadecimal, 64-bit integers and non-finite numbers as text.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { McapStreamReader } from "@mcap/core";

const require = createRequire(import.meta.url);
const { parse } = require("@foxglove/rosmsg");
const { MessageReader } = require("@foxglove/rosmsg2-serialization");
const protobuf = require("protobufjs");
require("protobufjs/ext/descriptor");
const { FileDescriptorSet } = protobuf.descriptor;
const { decompress: zstd } = require("fzstd");

const valuesOnly = process.argv.includes("--values-only");
const raw = process.argv.includes("--raw");
const hex = (bytes) => (valuesOnly ? undefined : Buffer.from(bytes).toString("hex"));

function decoderOf(channel, schema) {
  if (channel.messageEncoding === "cdr" && schema?.encoding === "ros2msg") {
    const text = new TextDecoder().decode(schema.data);
    if (/^---$/m.test(text)) return undefined; // a service definition, not a message's
    const reader = new MessageReader(parse(text, { ros2: true }));
    return (data) => reader.readMessage(data);
  }
  if (channel.messageEncoding === "protobuf" && schema?.encoding === "protobuf") {
    const root = protobuf.Root.fromDescriptor(FileDescriptorSet.decode(schema.data));
    root.resolveAll();
    const type = root.lookupType(schema.name);
    return (data) => type.toObject(type.decode(data), { longs: String, enums: String, defaults: true, bytes: Array });
  }
  return undefined;
}

const messages = [];
for (const file of process.argv.slice(2).filter((argument) => !argument.startsWith("--"))) {
  const reader = new McapStreamReader({ decompressHandlers: { zstd: (bytes) => zstd(bytes) } });
  reader.append(readFileSync(file));
  const schemas = new Map();
  const channels = new Map();
  for (let record; (record = reader.nextRecord()); ) {
    if (record.type === "Schema") schemas.set(record.id, record);
    if (record.type === "Channel" && !channels.has(record.id)) {
      const schema = schemas.get(record.schemaId);
      channels.set(record.id, { channel: record, schema, decode: decoderOf(record, schema) });
    }
    if (record.type !== "Message") continue;
    const { channel, schema, decode } = channels.get(record.channelId);
    if (!decode && !raw) continue;
    messages.push({
      file,
      topic: channel.topic,
      encoding: channel.messageEncoding,
      schemaName: schema?.name,
      schemaEncoding: schema?.encoding,
      schema: schema && hex(schema.data),
      payload: hex(record.data),
      logTime: String(record.logTime),
      publishTime: String(record.publishTime),
      sequence: record.sequence,
      value: decode?.(record.data),
    });
  }
}

const plain = (_key, value) => {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value)) return Array.from(value);
  return value;
};
process.stdout.write(JSON.stringify({ messages }, plain));
