// What other people's readers make of a Parquet file that Mesh wrote.
// node parquet-read.mjs FILE TYPES REWRITTEN
//   TYPES      JSON list of [name, type]; a type is "bool", "int", "float", "text", "bytes", "timestamp", "nanos", "time", "date",
//              {decimal: scale}, {list: type}, {map: [key, value]} or {struct: [[name, type], ...]}
//   REWRITTEN  where parquet-wasm (Rust's parquet) writes what it read
// Prints {duckdb, hyparquet, rewritten: rows, schema, chunks}; every value is text that tells it exactly, structs are lists.
import { readFileSync, writeFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import * as wasm from 'parquet-wasm'
import { parsers, text } from './parquet-text.mjs'

const [file, typesText, rewritten] = process.argv.slice(2)
const types = JSON.parse(typesText)

const plain = value => JSON.parse(JSON.stringify(value, (_, inner) => typeof inner === 'bigint' ? String(inner) : inner))
const connection = await (await DuckDBInstance.create(':memory:')).connect()
const quoted = name => `'${name.replaceAll("'", "''")}'`
const query = async sql => await (await connection.run(sql)).getRows()
const duckdbRows = async name =>
  (await query(`SELECT * FROM read_parquet(${quoted(name)})`)).map(row => row.map((value, i) => text(value, types[i][1])))

const objects = await parquetReadObjects({ file: await asyncBufferFromFile(file), compressors, parsers, utf8: false })

const table = wasm.readParquet(readFileSync(file))
const properties = new wasm.WriterPropertiesBuilder().setCompression(wasm.Compression.ZSTD).build()
writeFileSync(rewritten, wasm.writeParquet(table, properties))

// The pipe must be drained before the process ends.
process.stdout.write(JSON.stringify({
  duckdb: await duckdbRows(file),
  hyparquet: objects.map(row => types.map(([name, type]) => text(row[name], type))),
  rewritten: await duckdbRows(rewritten),
  schema: plain(await query(`SELECT name, type, repetition_type, logical_type, field_id FROM parquet_schema(${quoted(file)})`)),
  chunks: plain(await query(`SELECT path_in_schema, stats_min_value, stats_max_value, stats_null_count, compression, encodings
    FROM parquet_metadata(${quoted(file)})`)),
}), () => process.exit(0))
