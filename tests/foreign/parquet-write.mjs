// A Parquet file that DuckDB writes, for Mesh to read.
// node parquet-write.mjs FILE SELECT OPTIONS
import { DuckDBInstance } from '@duckdb/node-api'

const [file, select, options] = process.argv.slice(2)
const connection = await (await DuckDBInstance.create(':memory:')).connect()
await connection.run("SET TimeZone = 'UTC'")
await connection.run(`COPY (${select}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, ${options})`)
console.log(JSON.stringify({ written: true }))
process.exit(0)
