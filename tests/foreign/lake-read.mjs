// Reads a lake with other people's readers: DuckDB and hyparquet over the Parquet files, icebird over the Iceberg metadata.
// node lake-read.mjs LAKE_FOLDER [ROOT_URI]: with ROOT_URI (s3://...) the folder is a copy of what lies there.
//   ->  { "raw.table": { duckdb: rows, hyparquet: rows, icebird: rows, distinct: rows, duckdb_distinct: rows, recordings: n, channels: { "ID CHANNEL": rows } } }
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { icebergManifests, icebergRead } from 'icebird';

const lake = path.resolve(process.argv[2]);
const root = process.argv[3];
// Locations in S3 are literal, those of files are percent-encoded.
const toPath = url => root && url.startsWith(root) ? lake + url.slice(root.length) : decodeURIComponent(url.replace(/^file:\/\//, ''));
const connection = await (await DuckDBInstance.create(':memory:')).connect();

// icebird fetches by URL; here the URLs are files.
globalThis.fetch = async (url, options = {}) => {
  // icebird asks AWS for what lies in S3.
  const file = toPath(String(url).replace(/^https:\/\/([^.]+)\.s3\.amazonaws\.com/, 's3://$1'));
  if (!fs.existsSync(file)) return new Response('', { status: 404 });
  const bytes = fs.readFileSync(file);
  if (options.method === 'HEAD') return new Response(null, { headers: { 'content-length': String(bytes.length) } });
  const range = /bytes=(\d+)-(\d*)/.exec(new Headers(options.headers).get('range') ?? '');
  if (!range) return new Response(bytes);
  const end = range[2] === '' ? bytes.length : Number(range[2]) + 1;
  return new Response(bytes.subarray(Number(range[1]), end), { status: 206 });
};

const result = {};
for (const namespace of fs.readdirSync(lake).filter(name => !name.startsWith('.'))) {
  for (const table of fs.readdirSync(path.join(lake, namespace))) {
    const folder = path.join(lake, namespace, table);
    const metadataFolder = path.join(folder, 'metadata');
    // What a reader without a catalogue does: the hint names the version. Nothing else says which metadata file counts, since a commit
    // that was cut off leaves one with a higher number.
    const hint = path.join(metadataFolder, 'version-hint.text');
    if (!fs.existsSync(hint)) continue;
    const version = fs.readFileSync(hint, 'utf8').trim();
    const metadata = JSON.parse(fs.readFileSync(path.join(metadataFolder, `v${version}.metadata.json`)));
    const entry = { snapshots: (metadata.snapshots ?? []).length };
    const empty = !entry.snapshots;
    const rows = empty ? [] : await icebergRead({ tableUrl: pathToFileURL(folder).href, metadata });
    entry.icebird = rows.length;
    entry.distinct = new Set(rows.map(row => `${row.recording_id}|${row.channel ?? ''}|${row.sequence}`)).size;
    entry.recordings = new Set(rows.map(row => row.recording_id)).size;
    entry.channels = {};
    for (const row of rows) {
      const key = `${row.recording_id} ${row.channel ?? ''}`;
      entry.channels[key] = (entry.channels[key] ?? 0) + 1;
    }

    // Files of attempts that lost are orphans until the sweep; the committed ones are those icebird sees.
    const committed = new Set();
    if (!empty) {
      const manifests = await icebergManifests(metadata);
      for (const manifest of manifests) {
        for (const file of manifest.entries) if (file.status !== 2) committed.add(toPath(file.data_file.file_path));
      }
    }
    const files = [...committed];
    entry.files = files.length;
    entry.hyparquet = 0;
    for (const file of files) entry.hyparquet += Number((await parquetMetadataAsync(await asyncBufferFromFile(file))).num_rows);
    if (files.length) {
      const list = files.map(file => `'${file.replaceAll("'", "''")}'`).join(',');
      const source = `read_parquet([${list}], union_by_name = true)`;
      const columns = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)).getRows().map(row => row[0]);
      const identity = ['recording_id', 'channel', 'sequence'].filter(name => columns.includes(name)).join(', ');
      const answer = await connection.runAndReadAll(`SELECT count(*)::BIGINT, count(DISTINCT (${identity}))::BIGINT FROM ${source}`);
      [entry.duckdb, entry.duckdb_distinct] = answer.getRows()[0].map(Number);
    } else entry.duckdb = entry.duckdb_distinct = 0;
    result[`${namespace}.${table}`] = entry;
  }
}
console.log(JSON.stringify(result));
