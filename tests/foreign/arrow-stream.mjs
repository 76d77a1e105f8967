// What apache-arrow makes of Arrow streams of a product.
// node arrow-stream.mjs SOURCE...   a source is a file or a URL
// Prints for each {type, columns, rows: {snapshot id: rows}, vehicles, sequences}: distinct vehicles in order, number of rows with a sequence.
import { readFileSync } from 'node:fs'
import { RecordBatchReader } from 'apache-arrow'

const results = []
for (const source of process.argv.slice(2)) {
  const response = source.startsWith('http') ? await fetch(source) : null
  const reader = await RecordBatchReader.from(response ?? readFileSync(source))
  await reader.open()
  const result = { type: response?.headers.get('content-type'), columns: reader.schema.fields.map(field => `${field.name}: ${field.type}`), rows: {}, vehicles: [], sequences: 0 }
  for await (const batch of reader) {
    const snapshot = batch.metadata.get('mesh.snapshot-id')
    result.rows[snapshot] = (result.rows[snapshot] ?? 0) + batch.numRows
    const vehicles = batch.getChild('vehicle_id'), sequences = batch.getChild('sequence')
    for (let i = 0; i < batch.numRows; i++) {
      if (!result.vehicles.includes(vehicles.get(i))) result.vehicles.push(vehicles.get(i))
      if (typeof sequences.get(i) === 'bigint') result.sequences++
    }
  }
  results.push(result)
}
process.stdout.write(JSON.stringify(results))
