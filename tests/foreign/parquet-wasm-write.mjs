// A Parquet file that parquet-wasm (Rust's parquet) writes from an Arrow table, for Mesh to read.
// node parquet-wasm-write.mjs FILE ROWS VERSION CODEC NUMBERS TEXTS
//   VERSION  1 or 2, of the data pages; CODEC as in wasm.Compression
//   NUMBERS, TEXTS  encodings as in wasm.Encoding, or "dictionary"
import { writeFileSync } from 'node:fs'
import { Bool, Float32, Float64, Int32, Int64, Table, Utf8, tableToIPC, vectorFromArray } from 'apache-arrow'
import * as wasm from 'parquet-wasm'

const [file, rowsText, version, codec, numbers, texts] = process.argv.slice(2)
const rows = Number(rowsText)
const make = (type, value) => vectorFromArray(Array.from({ length: rows }, (_, i) => value(i)), type)
const table = new Table({
  i: make(new Int32(), i => (i * 37) % 1000),
  l: make(new Int64(), i => (i % 7 === 0 ? null : BigInt(i) * 1000003n)),
  f: make(new Float32(), i => i / 4),
  d: make(new Float64(), i => (i % 5 === 0 ? null : i / 8)),
  flag: make(new Bool(), i => i % 3 === 0),
  s: make(new Utf8(), i => (i % 4 === 0 ? null : `prefix ${i % 50}`)),
})
let properties = new wasm.WriterPropertiesBuilder()
  .setCompression(wasm.Compression[codec])
  .setWriterVersion(version === '2' ? wasm.WriterVersion.V2 : wasm.WriterVersion.V1)
  .setDataPageSizeLimit(2048)
  .setWriteBatchSize(64)
  .setMaxRowGroupSize(1000)
const columns = [['i', numbers], ['l', numbers], ['f', numbers === 'DELTA_BINARY_PACKED' ? 'BYTE_STREAM_SPLIT' : numbers],
  ['d', numbers === 'DELTA_BINARY_PACKED' ? 'BYTE_STREAM_SPLIT' : numbers], ['s', texts]]
for (const [name, encoding] of columns) {
  properties = properties.setColumnDictionaryEnabled(name, encoding === 'dictionary')
  if (encoding !== 'dictionary') properties = properties.setColumnEncoding(name, wasm.Encoding[encoding])
}

writeFileSync(file, wasm.writeParquet(wasm.Table.fromIPCStream(tableToIPC(table, 'stream')), properties.build()))
console.log(JSON.stringify({ written: true }))
process.exit(0)
