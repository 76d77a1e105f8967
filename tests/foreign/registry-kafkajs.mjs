// The registry and the wire format against @kafkajs/confluent-schema-registry.
// usage: registry-kafkajs.mjs URL [SUBJECT HEX]: registers and encodes PROTOBUF, JSON and AVRO; decodes HEX, a record of Mesh.
import registryPackage from "@kafkajs/confluent-schema-registry";

const { SchemaRegistry, SchemaType, COMPATIBILITY } = registryPackage;
const [url, proto, hex] = process.argv.slice(2);
const registry = new SchemaRegistry({ host: url });
const fresh = () => new SchemaRegistry({ host: url });

const result = {};
const { id: avro } = await registry.register(
  { type: SchemaType.AVRO, schema: JSON.stringify({ type: "record", name: "Point", namespace: "js", fields: [{ name: "x", type: "int" }] }) },
  { subject: "js-avro-value", compatibility: COMPATIBILITY.FULL });
result.avro = await fresh().decode(await registry.encode(avro, { x: 7 }));
result.latestAvro = await registry.getLatestSchemaId("js-avro-value");

const { id: json } = await registry.register(
  { type: SchemaType.JSON, schema: JSON.stringify({ type: "object", properties: { name: { type: "string" } }, additionalProperties: false }) },
  { subject: "js-json-value" });
result.json = await fresh().decode(await registry.encode(json, { name: "Ada" }));

const { id: upload } = await registry.register({ type: SchemaType.PROTOBUF, schema: proto }, { subject: "js-proto-value" });
result.proto = (await registry.encode(upload, { ingestId: "from js", sizeBytes: 42 })).toString("hex");
result.ids = { avro, json, upload };
if (hex) result.decoded = await fresh().decode(Buffer.from(hex, "hex"));

try {
  await registry.register({ type: SchemaType.AVRO, schema: JSON.stringify({ type: "record", name: "Point", namespace: "js", fields: [{ name: "y", type: "int" }] }) }, { subject: "js-avro-value", compatibility: COMPATIBILITY.FULL });
} catch (error) {
  result.refused = `${error.status}: ${error.message}`;
}

console.log(JSON.stringify(result));
