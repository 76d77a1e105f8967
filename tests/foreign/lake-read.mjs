// Reads a lake with other people's readers: DuckDB and hyparquet over the Parquet files, icebird over the Iceberg metadata.
// node lake-read.mjs LAKE_FOLDER  ->  { "raw.table": { duckdb: rows, hyparquet: rows, icebird: rows, distinct: rows, recordings: n } }
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { icebergRead } from 'icebird';

const lake = path.resolve(process.argv[2]);
const connection = await (await DuckDBInstance.create(':memory:')).connect();

// icebird fetches by URL; here the URLs are files.
globalThis.fetch = async (url, options = {}) => {
  const file = decodeURIComponent(String(url).replace(/^file:\/\//, ''));
  if (!fs.existsSync(file)) return new Response('', { status: 404 });
  const bytes = fs.readFileSync(file);
  if (options.method === 'HEAD') return new Response(null, { headers: { 'content-length': String(bytes.length) } });
  const range = /bytes=(\d+)-(\d*)/.exec(new Headers(options.headers).get('range') ?? '');
  if (!range) return new Response(bytes);
  const end = range[2] === '' ? bytes.length : Number(range[2]) + 1;
  return new Response(bytes.subarray(Number(range[1]), end), { status: 206 });
};

function filesUnder(folder) {
  return fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true }).map(name => path.join(folder, name)).filter(name => name.endsWith('.parquet')) : [];
}

const result = {};
for (const namespace of fs.readdirSync(lake).filter(name => !name.startsWith('.'))) {
  for (const table of fs.readdirSync(path.join(lake, namespace))) {
    const folder = path.join(lake, namespace, table);
    const metadataFolder = path.join(folder, 'metadata');
    const newest = fs.readdirSync(metadataFolder).filter(name => name.endsWith('.metadata.json')).sort().at(-1);
    const metadata = JSON.parse(fs.readFileSync(path.join(metadataFolder, newest)));
    const entry = { snapshots: (metadata.snapshots ?? []).length };
    const rows = await icebergRead({ tableUrl: pathToFileURL(folder).href, metadata });
    entry.icebird = rows.length;
    entry.distinct = new Set(rows.map(row => `${row.recording_id}|${row.channel ?? ''}|${row.sequence}`)).size;
    entry.recordings = new Set(rows.map(row => row.recording_id)).size;

    // Files of attempts that lost are orphans until the sweep; the committed ones are those icebird sees.
    const committed = new Set();
    const { icebergManifests } = await import('icebird').catch(() => ({}));
    if (icebergManifests) {
      const manifests = await icebergManifests(metadata);
      for (const manifest of manifests) for (const file of manifest.entries ?? []) if (file.status !== 2) committed.add(decodeURIComponent(file.data_file.file_path.replace(/^file:\/\//, '')));
    }
    const files = committed.size ? [...committed] : filesUnder(path.join(folder, 'data'));
    entry.files = files.length;
    entry.hyparquet = 0;
    for (const file of files) entry.hyparquet += Number((await parquetMetadataAsync(await asyncBufferFromFile(file))).num_rows);
    if (files.length) {
      const list = files.map(file => `'${file.replaceAll("'", "''")}'`).join(',');
      const answer = await connection.runAndReadAll(`SELECT count(*)::BIGINT FROM read_parquet([${list}], union_by_name = true)`);
      entry.duckdb = Number(answer.getRows()[0][0]);
    } else entry.duckdb = 0;
    result[`${namespace}.${table}`] = entry;
  }
}
console.log(JSON.stringify(result));
