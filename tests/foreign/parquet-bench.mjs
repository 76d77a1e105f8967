// DuckDB's times for what Mesh.Benchmarks `lake` measures.
// node parquet-bench.mjs SOURCE TARGET LEVEL REPEATS QUERY [FILE...]
//   SOURCE   Parquet file whose rows are loaded into memory first
//   TARGET   where DuckDB writes them as Parquet with zstd of LEVEL
//   QUERY    aggregate over a column, of which FROM is left out
//   FILE     Parquet files that QUERY reads
// Prints {write: [{version, threads, seconds, bytes}], read: [{file, threads, seconds}]}; times are the best of REPEATS after one run that is not measured.
import { statSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const [source, target, level, repeats, query, ...files] = process.argv.slice(2)
const connection = await (await DuckDBInstance.create(':memory:')).connect()
const run = sql => connection.run(sql)

async function best(action) {
  await action()
  let seconds = Infinity
  for (let i = 0; i < Number(repeats); i++) {
    const start = process.hrtime.bigint()
    await action()
    seconds = Math.min(seconds, Number(process.hrtime.bigint() - start) / 1e9)
  }
  return seconds
}

await run(`CREATE TABLE t AS SELECT * FROM read_parquet('${source}')`)
const result = { write: [], read: [] }
for (const threads of [1, 2]) {
  await run(`SET threads = ${threads}`)
  for (const version of ['V1', 'V2']) {
    const copy = `COPY t TO '${target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL ${level}, PARQUET_VERSION ${version})`
    const seconds = await best(() => run(copy))
    result.write.push({ version, threads, seconds, bytes: statSync(target).size })
  }
  for (const file of [...files, target]) {
    const seconds = await best(async () => (await run(`SELECT ${query} FROM read_parquet('${file}')`)).getRows())
    result.read.push({ file, threads, seconds })
  }
}

process.stdout.write(JSON.stringify(result), () => process.exit(0))
