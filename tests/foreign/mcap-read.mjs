// Reads an MCAP file with @mcap/core, forward and through its index, and prints what it finds: counts, times and a CRC of the payloads per topic.
import { readFileSync } from "node:fs";
import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { decompress as decompressZstd } from "fzstd";
import { decompressLz4 } from "./lz4-frame.mjs";

const bytes = new Uint8Array(readFileSync(process.argv[2]));

const decompressHandlers = { lz4: decompressLz4, zstd: (input, size) => decompressZstd(input, new Uint8Array(Number(size))) };

const table = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

class Tally {
  topics = {};
  lastTime = -1n;
  ordered = true;
  add(topic, message) {
    const entry = (this.topics[topic] ??= { count: 0, bytes: 0, crc: 0xffffffff });
    entry.count++;
    entry.bytes += message.data.length;
    for (const byte of message.data) entry.crc = (table[(entry.crc ^ byte) & 0xff] ^ (entry.crc >>> 8)) >>> 0;
    this.ordered &&= message.logTime >= this.lastTime;
    this.lastTime = message.logTime;
  }
  done() {
    for (const entry of Object.values(this.topics)) entry.crc = (entry.crc ^ 0xffffffff) >>> 0;
    return { topics: this.topics, ordered: this.ordered };
  }
}

const stream = new Tally();
const reader = new McapStreamReader({ decompressHandlers, validateCrcs: true });
reader.append(bytes);
const channels = new Map();
const found = { attachments: [], metadata: [] };
for (let record; (record = reader.nextRecord());) {
  if (record.type === "Channel") channels.set(record.id, record);
  if (record.type === "Message") stream.add(channels.get(record.channelId).topic, record);
  if (record.type === "Attachment") found.attachments.push({ name: record.name, mediaType: record.mediaType, size: record.data.length });
  if (record.type === "Metadata") found.metadata.push({ name: record.name, entries: Object.fromEntries(record.metadata) });
}
if (!reader.done()) throw new Error("the stream reader is not at the end");

const result = { stream: stream.done(), ...found, indexed: null };
if (process.argv[3] !== "stream") {
  const readable = {
    size: async () => BigInt(bytes.length),
    read: async (offset, size) => bytes.subarray(Number(offset), Number(offset + size)),
  };
  const indexed = await McapIndexedReader.Initialize({ readable, decompressHandlers });
  const tally = new Tally();
  for await (const message of indexed.readMessages({ validateCrcs: true })) tally.add(indexed.channelsById.get(message.channelId).topic, message);
  const attachments = [];
  for await (const attachment of indexed.readAttachments()) attachments.push(attachment.name);
  const metadata = [];
  for await (const record of indexed.readMetadata()) metadata.push(record.name);
  result.indexed = {
    ...tally.done(), attachments, metadata, chunks: indexed.chunkIndexes.length, channels: indexed.channelsById.size, schemas: indexed.schemasById.size,
    messageCount: Number(indexed.statistics.messageCount), startTime: String(indexed.statistics.messageStartTime), endTime: String(indexed.statistics.messageEndTime),
    header: indexed.header.library,
  };
}
console.log(JSON.stringify(result));
