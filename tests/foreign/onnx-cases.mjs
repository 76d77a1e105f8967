// Runs many small models in ONNX Runtime. FOLDER has cases.json, an array of {model, inputs: [{name, type, dims, offset, bytes}]}, and inputs.bin.
// Writes outputs.bin and prints an array with, for each case, {outputs: [{name, type, dims, offset, bytes}]} or {error}.
// Usage: node onnx-cases.mjs FOLDER [OPTIMISATION_LEVEL]
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ort from "onnxruntime-node";

const arrays = {
  float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, int16: Int16Array, int8: Int8Array,
  uint64: BigUint64Array, uint32: Uint32Array, uint16: Uint16Array, uint8: Uint8Array, bool: Uint8Array,
};
const [folder, level] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));
const data = readFileSync(join(folder, "inputs.bin"));
const written = [];
let length = 0;
const results = [];
for (const { model, inputs } of cases) {
  try {
    const session = await ort.InferenceSession.create(join(folder, model), { graphOptimizationLevel: level ?? "all", logSeverityLevel: 4, intraOpNumThreads: 1 });
    const feeds = {};
    for (const { name, type, dims, offset, bytes } of inputs) {
      const start = data.byteOffset + offset;
      feeds[name] = new ort.Tensor(type, new arrays[type](data.buffer.slice(start, start + bytes)), dims);
    }
    const outputs = await session.run(feeds);
    const described = [];
    for (const name of session.outputNames) {
      const { type, dims, data: values } = outputs[name];
      const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
      described.push({ name, type, dims, offset: length, bytes: bytes.length });
      written.push(Buffer.from(bytes));
      length += bytes.length;
    }
    results.push({ outputs: described });
  } catch (error) {
    results.push({ error: String(error.message ?? error) });
  }
}
writeFileSync(join(folder, "outputs.bin"), Buffer.concat(written));
console.log(JSON.stringify(results));
