// Reads ROS 1 bags with @foxglove/rosbag and decodes their messages with @foxglove/rosmsg-serialization.
// Arguments: files. Prints { messages: [{ file, topic, type, definition, payload, value }] }, bytes in hexadecimal.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Bag } = require("@foxglove/rosbag");
const { FileReader } = require("@foxglove/rosbag/node");
const { parse } = require("@foxglove/rosmsg");
const { MessageReader } = require("@foxglove/rosmsg-serialization");
const Bzip2 = require("@foxglove/wasm-bz2");
const lz4 = require("@foxglove/wasm-lz4");

await lz4.isLoaded;
const bzip2 = await Bzip2.init();
const messages = [];
for (const file of process.argv.slice(2)) {
  const bag = new Bag(new FileReader(file), {
    parse: false,
    decompress: { lz4: (bytes, size) => lz4(bytes, size), bz2: (bytes, size) => bzip2.decompress(bytes, size, { small: false }) },
  });
  try {
    await bag.open();
  } catch {
    continue; // damaged on purpose, or without an index
  }
  const readers = new Map();
  let count = 0;
  for await (const { topic, connectionId, data } of bag.messageIterator()) {
    if (++count > 400) break;
    const connection = bag.connections.get(connectionId);
    if (!readers.has(connectionId)) {
      readers.set(connectionId, new MessageReader(parse(connection.messageDefinition)));
    }
    messages.push({
      file,
      topic,
      type: connection.type,
      definition: connection.messageDefinition,
      payload: Buffer.from(data).toString("hex"),
      value: readers.get(connectionId).readMessage(data),
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
