// Compares what other people's readers make of recordings with what other people's readers find in the lake that Mesh made of them.
// Recordings: @mcap/core, their messages by @foxglove/rosmsg2-serialization, protobufjs or JSON.parse, or as bytes. Lake: icebird, DuckDB, and
// parquet-wasm for one file of each table.
// node real-read.mjs LAKE JOB [DECODED]
//   JOB      JSON file: [{ "file": path, "ingest_id": id, "compare": whether every row is compared, else the rows are only counted }]
//   DECODED  JSON lines { file, topic, i, json }: values that the writer of a recording intended, for files whose path ends so
// Prints { tables: { name: { icebird, duckdb, distinct, wasm, samePattern } }, recordings: [{ file, messages, refused, rows, fields, intended, differences }] }.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { McapStreamReader } from "@mcap/core";
import { DuckDBInstance } from "@duckdb/node-api";
import { decompress as decompressZstd } from "fzstd";
import { icebergManifests, icebergRead } from "icebird";
import { readParquet } from "parquet-wasm";
import { decompressLz4 } from "./lz4-frame.mjs";

const require = createRequire(import.meta.url);
const { parse } = require("@foxglove/rosmsg");
const { MessageReader } = require("@foxglove/rosmsg2-serialization");
const protobuf = require("protobufjs");
require("protobufjs/ext/descriptor");

const [lake, jobFile, decodedFile] = process.argv.slice(2);
const job = JSON.parse(fs.readFileSync(jobFile));
const systemColumns = ["recording_id", "vehicle_id", "channel", "sequence", "log_time", "log_time_ns", "publish_time_ns", "clock_error_ns"];

// icebird fetches by URL; here the URLs are files.
globalThis.fetch = async (url, options = {}) => {
  const file = decodeURIComponent(String(url).replace(/^file:\/\//, ""));
  if (!fs.existsSync(file)) return new Response("", { status: 404 });
  const bytes = fs.readFileSync(file);
  if (options.method === "HEAD") return new Response(null, { headers: { "content-length": String(bytes.length) } });
  const range = /bytes=(\d+)-(\d*)/.exec(new Headers(options.headers).get("range") ?? "");
  if (!range) return new Response(bytes);
  const end = range[2] === "" ? bytes.length : Number(range[2]) + 1;
  return new Response(bytes.subarray(Number(range[1]), end), { status: 206 });
};

/** Plain JavaScript: lists as arrays, structs as objects, bytes as Uint8Array, decimals of scale 0 as bigint. */
function plain(value) {
  if (value === null || value === undefined || typeof value !== "object" || ArrayBuffer.isView(value) || value instanceof Date) return value ?? null;
  if (value.bytes instanceof Uint8Array) return value.bytes;
  if (value.items) return value.items.map(plain);
  if (value.micros !== undefined) return value.micros;
  if (value.scale !== undefined) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value.entries ?? value).map(([name, inner]) => [name, plain(inner)]));
}

/** Where two values differ first; undefined when they do not. */
function difference(expected, actual, where) {
  const is = (value) => (typeof value === "bigint" ? String(value) : ArrayBuffer.isView(value) ? `bytes ${Buffer.from(value).toString("hex").slice(0, 60)}` : JSON.stringify(value));
  const no = () => `${where}: expected ${is(expected)}, found ${is(actual)}`;
  if (expected === null || actual === null) return expected === actual ? undefined : no();
  if (ArrayBuffer.isView(expected) || Array.isArray(expected)) {
    // icebird hands bytes out as text.
    if (typeof actual === "string") return new TextDecoder("utf-8", { ignoreBOM: true }).decode(expected) === actual ? undefined : no();
    if (actual.length !== expected.length) return no();
    for (let i = 0; i < expected.length; i++) {
      const found = difference(expected[i], actual[i] ?? null, `${where}[${i}]`);
      if (found) return found;
    }
    return undefined;
  }
  // What a JSON schema leaves open is kept as JSON text.
  if (typeof expected === "object" && typeof actual === "string" && /^[[{]/.test(actual)) return JSON.stringify(expected) === JSON.stringify(JSON.parse(actual)) ? undefined : no();
  if (typeof expected === "object") {
    const names = Object.keys(expected);
    // A nested message without fields has rosidl's placeholder: no column format holds a struct without fields.
    if (names.length === 0 && actual === "") return undefined; // a protobuf message without fields is bytes
    if (typeof actual !== "object") return no();
    if (names.length === 0 && "structure_needs_at_least_one_member" in actual) return undefined;
    if (names.length !== Object.keys(actual).length) return `${where}: expected fields ${names}, found ${Object.keys(actual)}`;
    for (const name of names) {
      const found = difference(expected[name], actual[name] ?? null, `${where}.${name}`);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof expected === "string" && typeof actual === "bigint") return expected === String(actual) ? undefined : no();
  if (typeof expected === "string" && typeof actual === "number") return Number(expected) === actual ? undefined : no();
  if (typeof expected === "bigint" || typeof actual === "bigint") {
    // icebird's decimals are doubles, and so are JSON's numbers.
    const inexact = [expected, actual].some((value) => typeof value === "number" && !Number.isSafeInteger(value));
    const same = inexact ? Number(expected) === Number(actual) : BigInt(expected) === BigInt(actual);
    return same ? undefined : no();
  }
  return Object.is(expected, actual) ? undefined : no();
}

/** ROS calls the nanoseconds of a stamp `nanosec`, Foxglove's reader `nsec`. */
function stamps(value) {
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(stamps);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name === "nsec" && "sec" in value ? "nanosec" : name, stamps(inner)]));
}

/** Columns cannot nest without end: where a protobuf message contains its own type again, that is bytes. */
function unrolled(type, value, ancestors) {
  const path = [...ancestors, type];
  for (const { name, resolvedType: inner } of type.fieldsArray) {
    if (!(inner instanceof protobuf.Type) || !value[name]) continue;
    const convert = (item) => (path.includes(inner) ? inner.encode(inner.fromObject(item)).finish() : unrolled(inner, item, path));
    value[name] = Array.isArray(value[name]) ? value[name].map(convert) : convert(value[name]);
  }
  return value;
}

/** Stands for fields that nobody else decodes: such rows are counted only. */
const uncompared = Symbol("uncompared");

function decoderOf(channel, schema) {
  if (channel.messageEncoding === "cdr" && schema?.encoding === "ros2msg") {
    const text = new TextDecoder().decode(schema.data);
    if (text.trim() === "" && !schema.name.endsWith("/Empty")) return undefined;
    if (/^---$/m.test(text)) return () => uncompared; // rosbag2's service events, which the reader does not know
    let reader;
    try {
      reader = new MessageReader(parse(text, { ros2: true }));
    } catch (error) {
      return () => { throw error; };
    }
    const isEmpty = parse(text, { ros2: true })[0].definitions.filter((field) => !field.isConstant).length === 0;
    return (data) => (isEmpty ? {} : stamps(reader.readMessage(data)));
  }
  if (channel.messageEncoding === "protobuf" && schema?.encoding === "protobuf") {
    const root = protobuf.Root.fromDescriptor(protobuf.descriptor.FileDescriptorSet.decode(schema.data));
    root.resolveAll();
    const type = root.lookupType(schema.name);
    return (data) => unrolled(type, type.toObject(type.decode(data), { longs: String, enums: String, defaults: true }), []);
  }
  if (channel.messageEncoding === "json") {
    const names = schema?.encoding === "jsonschema" ? Object.keys(JSON.parse(new TextDecoder().decode(schema.data)).properties ?? {}) : [];
    return (data) => {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
      const value = JSON.parse(text);
      if (names.length === 0) return { json: text };
      if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("not an object, as the schema says");
      return Object.fromEntries(names.map((name) => [name, value[name] ?? null]));
    };
  }
  // Compared value by value in the tests of the decoders.
  if (["ros1", "flatbuffer"].includes(channel.messageEncoding) || ["ros2idl", "omgidl"].includes(schema?.encoding)) return () => uncompared;
  return undefined;
}

/** A name that a system column or an earlier field has, ignoring case, gets the suffix `_`. */
function columns(value) {
  const taken = new Set(systemColumns);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => {
    while (taken.has(name.toLowerCase())) name += "_";
    taken.add(name.toLowerCase());
    return [name, inner];
  }));
}

function* messagesOf(file) {
  const decompressHandlers = { lz4: decompressLz4, zstd: (input) => decompressZstd(input) };
  const reader = new McapStreamReader({ decompressHandlers, validateCrcs: false });
  reader.append(new Uint8Array(fs.readFileSync(file)));
  const schemas = new Map();
  const channels = new Map();
  const sequences = new Map();
  for (;;) {
    let record;
    try {
      record = reader.nextRecord();
    } catch (error) {
      // The peer's own limits and damage end its reading; whoever calls compares the number of messages.
      return error.message;
    }
    if (!record) return;
    if (record.type === "Schema") schemas.set(record.id, record);
    if (record.type === "Channel" && !channels.has(record.id)) {
      channels.set(record.id, { topic: record.topic, decode: decoderOf(record, schemas.get(record.schemaId)) });
    }
    if (record.type !== "Message") continue;
    const { topic, decode } = channels.get(record.channelId);
    const sequence = sequences.get(topic) ?? 0;
    sequences.set(topic, sequence + 1);
    let value;
    try {
      value = decode ? decode(record.data) : { data: record.data };
    } catch {
      // Not the message its schema describes: whoever calls compares the number of these with the dead letters.
    }
    yield { topic, sequence, record, fields: value === uncompared ? value : value && columns(value) };
  }
}

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const tables = {};
const rowsByRecording = new Map();
for (const namespace of fs.readdirSync(lake).filter((name) => !name.startsWith(".") && name !== "mesh")) {
  for (const name of fs.readdirSync(path.join(lake, namespace))) {
    const folder = path.join(lake, namespace, name);
    if (!fs.existsSync(path.join(folder, "metadata"))) continue;
    const newest = fs.readdirSync(path.join(folder, "metadata")).filter((file) => /^\d{5}-.*\.metadata\.json$/.test(file)).sort().at(-1);
    const metadata = JSON.parse(fs.readFileSync(path.join(folder, "metadata", newest)));
    const iceberg = (await icebergRead({ tableUrl: pathToFileURL(folder).href, metadata })).map(plain);

    // Files of attempts that lost are orphans until the sweep: only what the newest snapshot lists is read.
    const files = (await icebergManifests(metadata)).flatMap((manifest) => manifest.entries ?? [])
      .filter((entry) => entry.status !== 2).map((entry) => decodeURIComponent(entry.data_file.file_path.replace(/^file:\/\//, "")));
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(",");
    const duckdb = files.length === 0 ? []
      : (await (await connection.run(`SELECT * FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false)`)).getRowObjects()).map(plain);

    const identity = (row) => `${row.recording_id}|${row.channel}|${row.sequence}`;
    const fromIceberg = new Map(iceberg.map((row) => [identity(row), row]));
    for (const row of duckdb) {
      let rows = rowsByRecording.get(row.recording_id);
      if (!rows) rowsByRecording.set(row.recording_id, (rows = new Map()));
      const key = `${row.channel}|${row.sequence}`;
      if (!rows.has(key)) rows.set(key, []);
      rows.get(key).push({ table: `${namespace}.${name}`, duckdb: row, icebird: fromIceberg.get(identity(row)) ?? null });
    }
    const wasm = files.length === 0 ? 0 : readParquet(fs.readFileSync(files[0])).numBatches > 0;
    // What `mesh products show` tells people to type: nothing in the paths may change what the files say.
    const typed = `SELECT DISTINCT vehicle_id FROM read_parquet('${folder}/data/**/*.parquet', union_by_name = true)`;
    const typedVehicles = files.length === 0 ? [] : (await (await connection.run(typed)).getRowObjects()).map((row) => row.vehicle_id);
    const vehicles = new Set(duckdb.map((row) => row.vehicle_id));
    const samePattern = typedVehicles.length === vehicles.size && typedVehicles.every((vehicle) => vehicles.has(vehicle));
    tables[`${namespace}.${name}`] = { icebird: iceberg.length, duckdb: duckdb.length, distinct: fromIceberg.size, wasm, samePattern };
  }
}

const intended = new Map();
for (const line of decodedFile ? fs.readFileSync(decodedFile, "utf8").split("\n").filter(Boolean) : []) {
  const { file, topic, i, json } = JSON.parse(line);
  intended.set(`${file}|${topic}|${i}`, json);
}

const recordings = [];
for (const { file, ingest_id: id, compare } of job) {
  const rows = rowsByRecording.get(id) ?? new Map();
  const result = { file, messages: 0, rows: [...rows.values()].reduce((sum, found) => sum + found.length, 0), refused: 0, fields: 0, intended: 0, tables: {}, differences: [] };
  recordings.push(result);
  for (const found of rows.values()) for (const { table } of found) result.tables[table] = (result.tables[table] ?? 0) + 1;
  if (!compare) continue;
  for (const { topic, sequence, record, fields } of messagesOf(file)) {
    result.messages++;
    const found = rows.get(`${topic}|${sequence}`) ?? [];
    const where = `${topic} ${sequence}`;
    if (found.length === 0 && (fields === undefined || record.logTime >= 2n ** 63n || record.publishTime >= 2n ** 63n)) {
      result.refused++;
      continue;
    }
    if (found.length !== 1 || fields === undefined) {
      result.differences.push(`${where}: ${found.length} rows`);
      continue;
    }
    if (fields === uncompared) continue;
    for (const reader of ["duckdb", "icebird"]) {
      const row = found[0][reader];
      const expected = { ...fields, log_time_ns: record.logTime, publish_time_ns: record.publishTime };
      for (const [name, value] of Object.entries(expected)) {
        const wrong = difference(value, row?.[name] ?? null, `${reader} ${where} ${name}`);
        if (wrong) result.differences.push(wrong);
        result.fields++;
      }
      for (const name of Object.keys(row ?? {})) {
        if (!systemColumns.includes(name) && !(name in fields) && row[name] !== null) result.differences.push(`${reader} ${where} ${name}: never recorded`);
      }
    }
    const json = intended.get(`${path.basename(path.dirname(file))}/${path.basename(file)}|${topic}|${sequence}`);
    if (json !== undefined && !("data" in fields)) {
      for (const [name, value] of Object.entries(columns(json))) {
        if (!(name in fields)) continue; // a property that its JSON schema does not list has no column
        const wrong = difference(value, found[0].duckdb[name] ?? null, `intended ${where} ${name}`);
        if (wrong) result.differences.push(wrong);
      }
      result.intended++;
    }
  }
  result.different = result.differences.length;
  result.differences = result.differences.slice(0, 5);
}
process.stdout.write(JSON.stringify({ tables, recordings }), () => process.exit(0));
