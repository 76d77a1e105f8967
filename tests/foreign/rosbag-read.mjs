// Reads a bag with @foxglove/rosbag and prints, per topic, what it finds: count, bytes and a CRC-32 in the order delivered.
// With a second argument no CRC is made, so that its own time can be measured. The decompressors come with @mcap/support.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Bag } = require("@foxglove/rosbag");
const { FileReader } = require("@foxglove/rosbag/node");
const wasmBz2 = require("@foxglove/wasm-bz2");
const wasmLz4Module = require("@foxglove/wasm-lz4");
const wasmLz4 = wasmLz4Module.default ?? wasmLz4Module;

const table = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

await wasmLz4.isLoaded;
const bz2 = await (wasmBz2.default ?? wasmBz2).init();
const started = performance.now();
const used = process.cpuUsage();
const bag = new Bag(new FileReader(process.argv[2]), {
  parse: false,
  decompress: {
    lz4: (buffer, size) => wasmLz4(buffer, size),
    bz2: (buffer, size) => bz2.decompress(buffer, size, { small: false }),
  },
});
await bag.open();
const topics = {};
for await (const result of bag.messageIterator()) {
  const entry = (topics[result.topic] ??= { count: 0, bytes: 0, crc: 0xffffffff });
  entry.count++;
  entry.bytes += result.data.length;
  if (process.argv.length < 4) for (const byte of result.data) entry.crc = (table[(entry.crc ^ byte) & 0xff] ^ (entry.crc >>> 8)) >>> 0;
}
for (const entry of Object.values(topics)) entry.crc = (entry.crc ^ 0xffffffff) >>> 0;
const cpu = process.cpuUsage(used);
console.log(JSON.stringify({
  topics,
  connections: [...bag.connections.values()].map(({ conn, topic, type, md5sum }) => ({ conn, topic, type, md5sum })),
  chunks: bag.chunkInfos.length,
  seconds: (performance.now() - started) / 1000,
  cpu_seconds: (cpu.user + cpu.system) / 1e6,
}));
