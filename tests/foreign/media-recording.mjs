// Writes a recording with @mcap/core and Foxglove's CDR writer that has every kind of picture, cloud and fix, some of them hostile, and prints what a
// reader has to find. Arguments: the file, then JPEG files to be the frames of /camera/jpeg in turn (default: one of a single pixel).
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { McapWriter } from "@mcap/core";

const require = createRequire(import.meta.url);
const { parse } = require("@foxglove/rosmsg");
const { MessageWriter } = require("@foxglove/rosmsg2-serialization");

const separator = "=".repeat(80);
const time = `${separator}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n`;
const header = `${separator}\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n${time}`;
const schemas = {
  "sensor_msgs/msg/CompressedImage": `std_msgs/Header header\nstring format\nuint8[] data\n${header}`,
  "sensor_msgs/msg/Image": `std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data\n${header}`,
  "sensor_msgs/msg/PointCloud2": `std_msgs/Header header\nuint32 height\nuint32 width\nsensor_msgs/PointField[] fields\nbool is_bigendian\nuint32 point_step\nuint32 row_step\nuint8[] data\nbool is_dense\n${header}${separator}\nMSG: sensor_msgs/PointField\nstring name\nuint32 offset\nuint8 datatype\nuint32 count\n`,
  "sensor_msgs/msg/NavSatFix": `std_msgs/Header header\nsensor_msgs/NavSatStatus status\nfloat64 latitude\nfloat64 longitude\nfloat64 altitude\nfloat64[9] position_covariance\nuint8 position_covariance_type\n${header}${separator}\nMSG: sensor_msgs/NavSatStatus\nint8 status\nuint16 service\n`,
  "foxglove_msgs/msg/CompressedVideo": `builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\nstring format\n${time}`,
  "std_msgs/msg/Float64": "float64 data\n",
};
const bytesField = { type: "string", contentEncoding: "base64" };
const jsonSchemas = {
  "foxglove.PointCloud": {
    type: "object",
    properties: {
      frame_id: { type: "string" }, point_stride: { type: "integer" }, data: bytesField,
      fields: { type: "array", items: { type: "object", properties: { name: { type: "string" }, offset: { type: "integer" }, type: { type: "integer" } } } },
    },
  },
};

const [file, ...jpegFiles] = process.argv.slice(2);
// The smallest JPEG that decodes: one grey pixel. A comment makes every frame another.
const pixel = Buffer.from("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=", "base64");
const jpegs = await Promise.all(jpegFiles.map((name) => readFile(name)));
const jpegOf = (i) => {
  if (jpegs.length > 0) return jpegs[i % jpegs.length];
  const comment = Buffer.from(`frame ${i}`);
  return Buffer.concat([pixel.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, comment.length + 2]), comment, pixel.subarray(2)]);
};

const handle = await open(file, "w");
let position = 0n;
const writer = new McapWriter({ writable: { position: () => position, write: async (bytes) => { await handle.write(bytes); position += BigInt(bytes.length); } } });
await writer.start({ profile: "ros2", library: "foreign" });
const start = 1_767_600_000_000_000_000n;
const channels = {};
const messages = [];

async function channel(topic, schema) {
  const json = jsonSchemas[schema];
  const schemaId = await writer.registerSchema({
    name: schema, encoding: json ? "jsonschema" : "ros2msg", data: new TextEncoder().encode(json ? JSON.stringify(json) : schemas[schema]),
  });
  const id = await writer.registerChannel({ topic, schemaId, messageEncoding: json ? "json" : "cdr", metadata: new Map() });
  const cdr = json ? null : new MessageWriter(parse(schemas[schema], { ros2: true }));
  channels[topic] = { id, write: (value) => (json ? new TextEncoder().encode(JSON.stringify(value)) : cdr.writeMessage(value)) };
}

function add(topic, seconds, value) {
  const ns = start + BigInt(Math.round(seconds * 1e9));
  const stamp = { sec: Number(ns / 1_000_000_000n), nanosec: Number(ns % 1_000_000_000n) };
  messages.push({ topic, ns, data: channels[topic].write({ header: { stamp, frame_id: "base" }, timestamp: stamp, ...value }) });
}

await channel("/camera/jpeg", "sensor_msgs/msg/CompressedImage");
await channel("/camera/svg", "sensor_msgs/msg/CompressedImage");
await channel("/camera/rgb", "sensor_msgs/msg/Image");
await channel("/camera/depth", "sensor_msgs/msg/Image");
await channel("/camera/lie", "sensor_msgs/msg/Image");
await channel("/camera/video", "foxglove_msgs/msg/CompressedVideo");
await channel("/lidar/front", "sensor_msgs/msg/PointCloud2");
await channel("/lidar/json", "foxglove.PointCloud");
await channel("/lidar/lie", "sensor_msgs/msg/PointCloud2");
await channel("/gnss", "sensor_msgs/msg/NavSatFix");
await channel("/speed", "std_msgs/msg/Float64");

const duration = 20, silence = [8, 11];
const isSilent = (t) => t > silence[0] && t < silence[1];
const frames = {};
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const note = (topic, t, facts) => (frames[topic] ??= []).push({ time: t, ...facts });

for (let i = 0; i < duration * 5; i++) {
  const t = i / 5;
  const jpeg = jpegOf(i);
  add("/camera/jpeg", t, { format: "jpeg", data: jpeg });
  note("/camera/jpeg", t, { sha256: sha256(jpeg) });

  const width = 640, height = 360, rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rgb.set([(x * 255) / width, (y * 255) / height, i % 256], (y * width + x) * 3);
  if (i % 5 === 0) { add("/camera/rgb", t, { height, width, encoding: "rgb8", is_bigendian: 0, step: width * 3, data: rgb }); note("/camera/rgb", t, { width, height, blue: i % 256 }); }
  const depth = new Uint8Array(64 * 48 * 2);
  new Uint16Array(depth.buffer).forEach((_, k, all) => { all[k] = k % 64 === 0 ? 0 : 500 + 10 * k; });
  if (i % 5 === 0) add("/camera/depth", t, { height: 48, width: 64, encoding: "16UC1", is_bigendian: 0, step: 128, data: depth });
  if (i === 10) {
    add("/camera/lie", t, { height: 100_000, width: 100_000, encoding: "rgb8", is_bigendian: 0, step: 300_000, data: new Uint8Array(100) });
    add("/camera/svg", t, { format: "image/svg+xml", data: new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>") });
    add("/lidar/lie", t, { height: 1, width: 4_000_000_000, fields: [], is_bigendian: false, point_step: 16, row_step: 0, data: new Uint8Array(64), is_dense: true });
  }

  const isKey = i % 25 === 0;
  add("/camera/video", t, { frame_id: "cam", format: "h264", data: Uint8Array.from([0, 0, 0, 1, isKey ? 0x65 : 0x41, i & 255, 1, 2, 3]) });
  if (isKey) note("/camera/video", t, {});

  // One point in a place that is known, a row of others on the ground, one that is nowhere.
  const points = new Float32Array([10.05, 0.05, 3, 1, NaN, 0, 0, 0, -20 - i / 10, 15, -1.5, 1]);
  const fields = ["x", "y", "z", "intensity"].map((name, k) => ({ name, offset: 4 * k, datatype: 7, count: 1 }));
  add("/lidar/front", t, { height: 1, width: 3, fields, is_bigendian: false, point_step: 16, row_step: 48, data: new Uint8Array(points.buffer), is_dense: false });
  const json = Buffer.from(points.buffer).toString("base64");
  add("/lidar/json", t, { frame_id: "base", point_stride: 16, fields: fields.map(({ name, offset }) => ({ name, offset, type: 7 })), data: json });
}

for (let i = 0; i < duration * 10; i++) {
  const t = i / 10 + 0.0125;
  if (isSilent(t)) continue;
  // 10 m/s due north for ten seconds, then due east; every fiftieth message has no fix.
  const metresPerDegree = 111_132.95, north = Math.min(t, 10) * 10, east = Math.max(t - 10, 0) * 10;
  add("/gnss", t, {
    status: { status: i % 50 === 49 ? -1 : 2, service: 1 }, latitude: 48.1 + north / metresPerDegree, longitude: 11.5 + east / (metresPerDegree * Math.cos((48.1 * Math.PI) / 180)),
    altitude: 500, position_covariance: new Float64Array(9), position_covariance_type: 0,
  });
}
for (let i = 0; i < duration * 50; i++) if (!isSilent(i / 50)) add("/speed", i / 50, { data: i });

messages.sort((one, other) => (one.ns < other.ns ? -1 : one.ns > other.ns ? 1 : 0));
const sequences = {};
const counts = {};
for (const { topic, ns, data } of messages) {
  const sequence = (sequences[topic] = (sequences[topic] ?? -1) + 1);
  counts[topic] = sequence + 1;
  await writer.addMessage({ channelId: channels[topic].id, sequence, logTime: ns, publishTime: ns, data });
}
await writer.end();
await handle.close();
console.log(JSON.stringify({ start: String(start), counts, frames, silence }));
