// What other people's readers make of many Parquet files that hold the same rows.
// node parquet-matrix.mjs FOLDER TYPES
//   FOLDER  all its *.parquet are read; rows.json has the rows as lists of text
//   TYPES   JSON list of [name, type], as parquet-read.mjs takes it
// Prints {files, rows: {reader: rows}, differences}: how many files and rows were read, and where they are not those of rows.json.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from 'apache-arrow'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import * as wasm from 'parquet-wasm'
import { parsers, text } from './parquet-text.mjs'

const [folder, typesText] = process.argv.slice(2)
const types = JSON.parse(typesText)
const expected = JSON.parse(readFileSync(join(folder, 'rows.json')))
const connection = await (await DuckDBInstance.create(':memory:')).connect()

const readers = {
  duckdb: async path => (await (await connection.run(`SELECT * FROM read_parquet('${path}')`)).getRows())
    .map(row => row.map((value, i) => text(value, types[i][1]))),
  hyparquet: async path => (await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors, parsers, utf8: false }))
    .map(row => types.map(([name, type]) => text(row[name], type))),
  // Arrow's rows are compared as counts only: decimals and dates take other forms there, and the other two tell the values.
  wasm: async path => tableFromIPC(wasm.readParquet(readFileSync(path)).intoIPCStream()).numRows,
}

const result = { files: 0, rows: {}, differences: [] }
for (const name of readdirSync(folder).filter(name => name.endsWith('.parquet')).sort()) {
  result.files++
  for (const [reader, read] of Object.entries(readers)) {
    try {
      const rows = await read(join(folder, name))
      result.rows[reader] = (result.rows[reader] ?? 0) + (rows.length ?? rows)
      if (rows.length) compare(`${name} by ${reader}`, rows)
    } catch (error) {
      result.differences.push(`${name} by ${reader}: ${error.message ?? error}`)
    }
  }
}

function compare(place, rows) {
  types.forEach(([column], i) => {
    const row = rows.findIndex((values, row) => JSON.stringify(values[i]) !== JSON.stringify(expected[row][i]))
    if (row >= 0) result.differences.push(`${place}: row ${row} of '${column}' is ${JSON.stringify(rows[row][i])} instead of ${JSON.stringify(expected[row][i])}`)
  })
}

process.stdout.write(JSON.stringify(result), () => process.exit(0))
