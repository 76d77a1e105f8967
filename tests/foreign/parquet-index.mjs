// The indexes of a Parquet file as others find them.
// node parquet-index.mjs FILE COLUMN PROBE...
// Prints {indexes, excluded, sorted, metadata}: hyparquet's view of the page indexes of COLUMN per row group, for each PROBE the row groups that
// DuckDB rules out by the Bloom filter of COLUMN, and the sorting columns that hyparquet finds.
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { parquetMetadata, parquetSchema, readColumnIndex, readOffsetIndex } from 'hyparquet'

const [file, column, ...probes] = process.argv.slice(2)
const bytes = readFileSync(file)
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
const metadata = parquetMetadata(buffer)
const plain = value => JSON.parse(JSON.stringify(value, (_, inner) => typeof inner === 'bigint' ? Number(inner) : inner instanceof Uint8Array ? Buffer.from(inner).toString('hex') : inner))
const reader = (offset, length) => ({ view: new DataView(buffer, Number(offset), length), offset: 0 })
const schema = parquetSchema(metadata).children.find(child => child.element.name === column).element

const indexes = metadata.row_groups.map(group => {
  const chunk = group.columns.find(chunk => chunk.meta_data.path_in_schema.join('.') === column)
  return plain({
    bounds: chunk.column_index_offset === undefined ? null : readColumnIndex(reader(chunk.column_index_offset, chunk.column_index_length), schema),
    places: readOffsetIndex(reader(chunk.offset_index_offset, chunk.offset_index_length)).page_locations,
    start: chunk.meta_data.dictionary_page_offset ?? chunk.meta_data.data_page_offset,
    bytes: chunk.meta_data.total_compressed_size,
  })
})

const connection = await (await DuckDBInstance.create(':memory:')).connect()
const excluded = []
for (const probe of probes) {
  const rows = (await (await connection.run(`SELECT row_group_id, bloom_filter_excludes FROM parquet_bloom_probe('${file}', '${column}', ${probe})`)).getRows())
  excluded.push(rows.filter(row => row[1]).map(row => Number(row[0])))
}

process.stdout.write(JSON.stringify({ indexes, excluded, sorted: plain(metadata.row_groups.map(group => group.sorting_columns ?? [])) }), () => process.exit(0))
