// Runs an ONNX model in ONNX Runtime on little-endian float32 input and prints its outputs.
// Usage: node onnx-run.mjs MODEL INPUT_F32 DIM...
import { readFileSync } from "node:fs";
import ort from "onnxruntime-node";

const [modelPath, inputPath, ...dims] = process.argv.slice(2);
const session = await ort.InferenceSession.create(modelPath);
const bytes = readFileSync(inputPath);
const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const results = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", values, dims.map(Number)) });
const outputs = {};
for (const name of session.outputNames) outputs[name] = { dims: results[name].dims, values: Array.from(results[name].data) };
console.log(JSON.stringify({ inputs: session.inputNames, outputs }));
