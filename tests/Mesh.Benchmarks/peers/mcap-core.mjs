// Times @mcap/core on MCAP files: node peers/mcap-core.mjs FILE... Reads forward with CRC check and payloads delivered, nothing decoded: what
// McapReadBenchmarks does. Prints the median of five passes, wall and CPU seconds. Packages: tests/foreign (npm install there).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../../foreign/package.json", import.meta.url));
const { McapStreamReader } = require("@mcap/core");
const { decompressHandlers } = await loadHandlers();

async function loadHandlers() {
  // WebAssembly builds of the reference libraries, as the package's own tools use them.
  const support = await import(pathToFileURL(require.resolve("@mcap/support")).href);
  const { loadDecompressHandlers } = support.loadDecompressHandlers ? support : support.default;
  return { decompressHandlers: await loadDecompressHandlers() };
}

function pass(bytes) {
  const reader = new McapStreamReader({ decompressHandlers, validateCrcs: true });
  reader.append(bytes);
  let messages = 0, payload = 0;
  for (let record; (record = reader.nextRecord());) {
    if (record.type !== "Message") continue;
    messages++;
    payload += record.data.length;
  }
  if (!reader.done()) throw new Error("not at the end");
  return { messages, payload };
}

const seconds = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
for (const file of process.argv.slice(2)) {
  const bytes = new Uint8Array(readFileSync(file));
  const runs = [];
  let found;
  for (let i = 0; i < 5; i++) {
    const wall = performance.now(), cpu = seconds();
    found = pass(bytes);
    runs.push({ wall: (performance.now() - wall) / 1000, cpu: seconds() - cpu });
  }
  const { wall, cpu } = runs.sort((a, b) => a.wall - b.wall)[2];
  console.log(`${basename(file).padEnd(20)} wall ${wall.toFixed(3)} s  cpu ${cpu.toFixed(3)} s  payload ${(found.payload / wall / 1e6).toFixed(0)} MB/s  ${(found.messages / wall / 1e6).toFixed(2)} M messages/s`);
}
