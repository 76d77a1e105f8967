// Reads data files with DuckDB. Arguments: an SQL query in which FILES stands for the list, then the files.
import { DuckDBInstance } from '@duckdb/node-api'

const [sql, ...files] = process.argv.slice(2)
const list = '[' + files.map(file => `'${file.replaceAll("'", "''")}'`).join(', ') + ']'
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
const reader = await connection.runAndReadAll(sql.replaceAll('FILES', list))
console.log(JSON.stringify(reader.getRowObjectsJson()))
process.exit(0)
