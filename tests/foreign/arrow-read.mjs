// What other people's readers make of Arrow IPC that Mesh wrote.
// node arrow-read.mjs FILE STREAM PARQUET
//   FILE     file form in any compression, for apache-arrow; fzstd and lz4-wasm decompress
//   STREAM   streaming form, for Rust's arrow (parquet-wasm), which writes it as PARQUET, or as Arrow again when that name ends in .arrows
// Prints {rows: [[text, ...], ...], types: [...], metadata: [...]} as apache-arrow sees FILE, metadata of each batch; every value is text that tells
// it exactly, structs and the entries of maps are lists.
import { readFileSync, writeFileSync } from 'node:fs'
import { tableFromIPC, DataType, compressionRegistry, CompressionType } from 'apache-arrow'
import { decompress as zstd } from 'fzstd'
import lz4 from '@foxglove/wasm-lz4'
import * as wasm from 'parquet-wasm'

const [file, stream, parquet] = process.argv.slice(2)

function float(value) {
  if (Number.isNaN(value)) return 'nan'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

function signed128(words) {
  const bytes = new Uint32Array(words.buffer, words.byteOffset, 4)
  let value = 0n
  for (let i = 3; i >= 0; i--) value = (value << 32n) | BigInt(bytes[i])
  return BigInt.asIntN(128, value)
}

function text(vector, index) {
  if (!vector.isValid(index)) return null
  const type = vector.type
  if (DataType.isList(type) || DataType.isMap(type)) {
    const { valueOffsets, children } = vector.data[0]
    const child = vector.getChildAt(0)
    return Array.from({ length: valueOffsets[index + 1] - valueOffsets[index] }, (_, i) => text(child, valueOffsets[index] + i))
  }
  if (DataType.isStruct(type)) return type.children.map((_, i) => text(vector.getChildAt(i), index))
  if (DataType.isTimestamp(type) || DataType.isTime(type)) return String(vector.data[0].values[index])
  if (DataType.isDate(type)) return String(vector.data[0].values[index])
  const value = vector.get(index)
  if (DataType.isFloat(type)) return float(value)
  if (DataType.isDecimal(type)) return String(signed128(value))
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return String(value)
}

await lz4.isLoaded
compressionRegistry.set(CompressionType.ZSTD, { decode: data => zstd(data).slice() })
compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: data => new Uint8Array(lz4(data, data.length * 300 + 1024)) })

const table = tableFromIPC(readFileSync(file))
const rows = table.batches.flatMap(batch =>
  Array.from({ length: batch.numRows }, (_, row) => table.schema.fields.map((_, column) => text(batch.getChildAt(column), row))))
if (parquet) {
  const rust = wasm.Table.fromIPCStream(readFileSync(stream))
  const properties = new wasm.WriterPropertiesBuilder().setCompression(wasm.Compression.UNCOMPRESSED).build()
  writeFileSync(parquet, parquet.endsWith('.arrows') ? rust.intoIPCStream() : wasm.writeParquet(rust, properties))
}
process.stdout.write(JSON.stringify({
  rows,
  types: table.schema.fields.map(field => `${field.name}: ${field.type}`),
  metadata: table.batches.map(batch => Object.fromEntries(batch.metadata)),
  fields: table.schema.fields.map(field => Object.fromEntries(field.metadata)),
}))
