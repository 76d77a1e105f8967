// What other people's readers find in tables of Mesh, as one hash per column.
// node table-hashes.mjs CASES
//   CASES   JSON file: [{file, types: [[name, type], ...], readers: ["duckdb" | "hyparquet" | "wasm" | "arrow", ...]}, ...]
//           a type is "bool", "int", "float", "text", "bytes", "date", "timestamp", "timestamp_ns", "time", "uuid", {decimal: scale}, {list: type},
//           {map: [type, type]} or {struct: [[name, type], ...]}
//           "duckdb", "hyparquet" and "wasm" (Rust's parquet) read Parquet, "arrow" (apache-arrow) reads Arrow IPC
// Prints [{reader: {rows, columns: [hash, ...]} or {error}}, ...]. A hash is the MD5 of a column's values as lines of text: null is ~, numbers in
// digits, floats as the bits of a double, text and bytes in hex, lists and maps in [], structs and map entries in ().
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { tableFromIPC, DataType } from 'apache-arrow'
import * as wasm from 'parquet-wasm'

const cases = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const view = new DataView(new ArrayBuffer(8))

function float(value) {
  if (Number.isNaN(value)) return 'nan'
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

const hex = bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
const list = items => `[${items.join(',')}]`
const tuple = items => `(${items.join(',')})`

// Values of DuckDB and hyparquet.
function text(value, type) {
  if (value === null || value === undefined) return '~'
  if (type.list) return list(Array.from(value.items ?? value, item => text(item, type.list)))
  if (type.struct) return tuple(type.struct.map(([name, inner]) => text((value.entries ?? value)[name], inner)))
  if (type.map) {
    const entries = Array.isArray(value.entries) ? value.entries.map(entry => [entry.key, entry.value]) : Array.isArray(value) ? value.map(entry => [entry.key, entry.value]) : Object.entries(value)
    return list(entries.map(([key, item]) => tuple([text(key, type.map[0]), text(item, type.map[1])])))
  }
  if (type.decimal !== undefined) return typeof value === 'number' ? String(Math.round(value * 10 ** type.decimal)) : String(value.value)
  switch (type) {
    case 'bool': return String(value)
    case 'float': return float(value)
    case 'text': return Buffer.from(value).toString('hex')
    case 'bytes': return hex(value.bytes ?? value)
    case 'date': return String(value.days ?? value)
    case 'timestamp': case 'time': return String(value.micros ?? value)
    // Nanoseconds of an instant: DuckDB cuts them to microseconds.
    case 'timestamp_ns': return String(value.nanos ?? value.nanoseconds ?? (value.micros !== undefined ? `micros ${value.micros}` : value))
    case 'uuid': return (value instanceof Uint8Array ? hex(value) : String(value)).replaceAll('-', '')
    default: return String(value)
  }
}

function signed128(words) {
  const bytes = new Uint32Array(words.buffer, words.byteOffset, 4)
  let value = 0n
  for (let i = 3; i >= 0; i--) value = (value << 32n) | BigInt(bytes[i])
  return BigInt.asIntN(128, value)
}

// Values of apache-arrow, of one chunk.
function arrowText(vector, index) {
  if (!vector.isValid(index)) return '~'
  const type = vector.type
  if (DataType.isList(type) || DataType.isMap(type)) {
    const { valueOffsets } = vector.data[0]
    const child = vector.getChildAt(0)
    return list(Array.from({ length: valueOffsets[index + 1] - valueOffsets[index] }, (_, i) => arrowText(child, valueOffsets[index] + i)))
  }
  if (DataType.isStruct(type)) return tuple(type.children.map((_, i) => arrowText(vector.getChildAt(i), index)))
  if (DataType.isTimestamp(type) || DataType.isTime(type) || DataType.isDate(type)) return String(vector.data[0].values[index])
  const value = vector.get(index)
  if (DataType.isFloat(type)) return float(value)
  if (DataType.isDecimal(type)) return String(signed128(value))
  if (value instanceof Uint8Array) return hex(value)
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  return String(value)
}

class Hashes {
  constructor(count) {
    this.rows = 0
    this.hashes = Array.from({ length: count }, () => createHash('md5'))
  }

  add(column, line) { this.hashes[column].update(line + '\n') }

  result() { return { rows: this.rows, columns: this.hashes.map(hash => hash.digest('hex')) } }
}

function ofArrow(table, types) {
  const hashes = new Hashes(types.length)
  for (const batch of table.batches) {
    hashes.rows += batch.numRows
    for (let column = 0; column < types.length; column++) {
      const vector = batch.getChildAt(column)
      for (let row = 0; row < batch.numRows; row++) hashes.add(column, arrowText(vector, row))
    }
  }
  return hashes.result()
}

const connection = await (await DuckDBInstance.create(':memory:')).connect()
await connection.run("SET TimeZone = 'UTC'")

const readers = {
  async duckdb(file, types) {
    const hashes = new Hashes(types.length)
    const result = await connection.stream(`SELECT * FROM read_parquet('${file.replaceAll("'", "''")}')`)
    for await (const rows of result.yieldRows()) {
      hashes.rows += rows.length
      for (const row of rows) for (let column = 0; column < types.length; column++) hashes.add(column, text(row[column], types[column][1]))
    }
    return hashes.result()
  },
  async hyparquet(file, types) {
    const parsers = { timestampFromMicroseconds: micros => micros, dateFromDays: days => days, timestampFromNanoseconds: nanos => nanos, uuidFromBytes: bytes => bytes }
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file), compressors, parsers, utf8: false })
    const hashes = new Hashes(types.length)
    hashes.rows = rows.length
    for (const row of rows) types.forEach(([name, type], column) => hashes.add(column, text(row[name], type)))
    return hashes.result()
  },
  async wasm(file, types) { return ofArrow(tableFromIPC(wasm.readParquet(readFileSync(file)).intoIPCStream()), types) },
  async arrow(file, types) { return ofArrow(tableFromIPC(readFileSync(file)), types) },
}

const results = []
for (const { file, types, readers: wanted } of cases) {
  const result = {}
  for (const reader of wanted) {
    try {
      result[reader] = await readers[reader](file, types)
    } catch (error) {
      result[reader] = { error: String(error?.message ?? error) }
    }
  }
  results.push(result)
}
// The pipe must be drained before the process ends.
process.stdout.write(JSON.stringify(results), () => process.exit(0))
