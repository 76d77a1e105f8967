// Encodes protobuf messages with protobufjs: every scalar type, packed and not, maps, oneofs, optional fields, nested and recursive types.
// Prints { schema, name, messages: [{ payload, value }] }, bytes in hexadecimal; value as protobufjs reads its own payload back.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const protobuf = require("protobufjs");
require("protobufjs/ext/descriptor");
const { FileDescriptorSet } = protobuf.descriptor;

const source = `
syntax = "proto3";
package test.v1;
enum Colour { UNKNOWN = 0; RED = 1; BLUE = -7; }
message Point { double x = 1; double y = 2; optional string label = 3; }
message Tree { string name = 1; repeated Tree children = 2; }
message Everything {
  double f64 = 1; float f32 = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6; sint32 s32 = 7; sint64 s64 = 8;
  fixed32 x32 = 9; fixed64 x64 = 10; sfixed32 sx32 = 11; sfixed64 sx64 = 12; bool flag = 13; string text = 14; bytes blob = 15;
  Colour colour = 16; Point point = 17; repeated Point points = 18; repeated int32 packed = 19;
  repeated sint64 loose = 20 [packed = false]; repeated float floats = 21; repeated string names = 22; repeated Colour colours = 23;
  map<string, int32> counts = 24; map<uint32, Point> places = 25; optional int32 maybe = 26;
  oneof choice { string left = 27; Point right = 28; }
  Tree tree = 29; repeated bool flags = 30; repeated fixed64 wide = 31; repeated double doubles = 1000;
}`;
const { root } = protobuf.parse(source, { keepCase: true });
root.resolveAll();
const type = root.lookupType("test.v1.Everything");
const inputs = [
  {},
  {
    f64: -1.5, f32: 0.25, i32: -3, i64: "-9007199254740993", u32: 4000000000, u64: "18446744073709551615", s32: -2147483648,
    s64: "-9223372036854775808", x32: 4294967295, x64: "9223372036854775808", sx32: -1, sx64: "-2", flag: true, text: "Grüße 🚗",
    blob: [0, 255, 7], colour: -7, point: { x: 1, y: 2, label: "" }, points: [{ x: 3 }, {}, { y: 4, label: "z" }],
    packed: [1, -2, 300000], loose: ["5", "-6"], floats: [1.5, -2.5], names: ["", "a"], colours: [1, 0, -7], counts: { a: 1, "": -2 },
    places: { 7: { x: 9 } }, maybe: 0, right: { x: 5 }, tree: { name: "root", children: [{ name: "leaf" }] }, flags: [true, false, true],
    wide: ["1", "18446744073709551615"], doubles: [1e300, -0.5],
  },
  { left: "", colour: 42, points: [{ x: 1 }] },
];
const messages = inputs.map((input) => {
  const payload = type.encode(type.fromObject(input)).finish();
  const value = type.toObject(type.decode(payload), { longs: String, bytes: Array });
  return { payload: Buffer.from(payload).toString("hex"), value };
});
const schema = FileDescriptorSet.encode(root.toDescriptor("proto3")).finish();
process.stdout.write(JSON.stringify({ schema: Buffer.from(schema).toString("hex"), name: "test.v1.Everything", messages }));
