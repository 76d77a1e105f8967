// Decodes protobuf messages with protobufjs. Argument: a JSON file { name, schema, payloads }, bytes in hexadecimal.
// Prints { values: [...] }, 64-bit integers as text, bytes as arrays, absent optional fields left out.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const protobuf = require("protobufjs");
require("protobufjs/ext/descriptor");
const { FileDescriptorSet } = protobuf.descriptor;

const input = JSON.parse(readFileSync(process.argv[2], "utf8"));
const root = protobuf.Root.fromDescriptor(FileDescriptorSet.decode(Buffer.from(input.schema, "hex")));
root.resolveAll();
const type = root.lookupType(input.name);
const values = input.payloads.map((payload) =>
  type.toObject(type.decode(Buffer.from(payload, "hex")), { longs: String, bytes: Array, arrays: true }),
);
const plain = (_key, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);
process.stdout.write(JSON.stringify({ values }, plain));
