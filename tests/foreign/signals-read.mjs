// Reads an export of signals with hyparquet.
//   node signals-read.mjs FILE
//   ->  { rows, times: ["ns"], values: [number or null] of the second column, labels: [text or null] of the third }
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

const rows = await parquetReadObjects({ file: await asyncBufferFromFile(process.argv[2]), compressors });
const [time, value, label] = Object.keys(rows[0]);
console.log(JSON.stringify({
  rows: rows.length,
  times: rows.map(row => String(row[time])),
  values: rows.map(row => row[value] ?? null),
  labels: rows.map(row => row[label] ?? null),
}));
