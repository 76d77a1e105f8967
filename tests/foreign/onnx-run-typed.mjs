// Runs an ONNX model in ONNX Runtime on inputs of any number type and prints its outputs, elements as base64.
// Usage: node onnx-run-typed.mjs MODEL INPUTS_JSON, where INPUTS_JSON is {NAME: {type, dims, data}}, data a base64 text.
import { readFileSync } from "node:fs";
import ort from "onnxruntime-node";

const arrays = {
  float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array,
  int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array, bool: Uint8Array,
};
const [modelPath, inputsPath] = process.argv.slice(2);
const session = await ort.InferenceSession.create(modelPath);
const feeds = {};
for (const [name, { type, dims, data }] of Object.entries(JSON.parse(readFileSync(inputsPath, "utf8")))) {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  feeds[name] = new ort.Tensor(type, new arrays[type](bytes.buffer), dims);
}
const results = await session.run(feeds);
const outputs = {};
for (const name of session.outputNames) {
  const { type, dims, data } = results[name];
  outputs[name] = { type, dims, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") };
}
console.log(JSON.stringify(outputs));
