// Reads the fault campaign's lake with other people's readers: icebird finds the files, hyparquet counts their rows, DuckDB reads them.
// node campaign-read.mjs LAKE_FOLDER OUT [ROOT_URI]: OUT is a folder for one CSV file per table of messages, or - to count only; with ROOT_URI
// (s3://...) the folder is a copy of what lies there.
//   ->  { "raw.table": { rows, hyparquet, icebird (null for large tables), files, twice: [files listed or added twice],
//         missing: [referred to and not there], orphans: [data and manifests that no snapshot refers to],
//         messages: bool, frames: { ID: [rows, distinct] } } }
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { icebergManifests, icebergRead } from 'icebird';
import { fetchAvroRecords } from './node_modules/icebird/src/fetch.js';

const MOST_ROWS_FOR_ICEBIRD = 5000;
const [lake, out, root] = [path.resolve(process.argv[2]), process.argv[3], process.argv[4]];
const toPath = url => root && url.startsWith(root) ? lake + url.slice(root.length) : decodeURIComponent(url.replace(/^file:\/\//, ''));
const connection = await (await DuckDBInstance.create(':memory:')).connect();
await connection.run("SET threads = 1");

// icebird fetches by URL; here the URLs are files.
globalThis.fetch = async (url, options = {}) => {
  const file = toPath(String(url).replace(/^https:\/\/([^.]+)\.s3\.amazonaws\.com/, 's3://$1'));
  if (!fs.existsSync(file)) return new Response('', { status: 404 });
  const bytes = fs.readFileSync(file);
  if (options.method === 'HEAD') return new Response(null, { headers: { 'content-length': String(bytes.length) } });
  const range = /bytes=(\d+)-(\d*)/.exec(new Headers(options.headers).get('range') ?? '');
  if (!range) return new Response(bytes);
  const end = range[2] === '' ? bytes.length : Number(range[2]) + 1;
  return new Response(bytes.subarray(Number(range[1]), end), { status: 206 });
};

/** Follows every live snapshot, not only the current one. */
async function lookAtAllSnapshots(folder, metadata, entry) {
  const referenced = new Set(), manifests = new Set(), adders = new Map();
  for (const snapshot of metadata.snapshots) {
    const list = toPath(snapshot['manifest-list']);
    referenced.add(list);
    if (!fs.existsSync(list)) continue;
    for (const manifest of await fetchAvroRecords(snapshot['manifest-list'])) {
      if (manifests.has(manifest.manifest_path)) continue;
      manifests.add(manifest.manifest_path);
      referenced.add(toPath(manifest.manifest_path));
      if (!fs.existsSync(toPath(manifest.manifest_path))) continue;
      for (const file of await fetchAvroRecords(manifest.manifest_path)) {
        if (file.status === 2) continue;
        const place = toPath(file.data_file.file_path);
        referenced.add(place);
        if (!adders.has(place)) adders.set(place, new Set());
        adders.get(place).add(String(file.snapshot_id ?? manifest.added_snapshot_id));
      }
    }
  }
  for (const [file, snapshots] of adders) if (snapshots.size > 1) entry.twice.push(`${file} by ${[...snapshots]}`);
  entry.missing = [...referenced].filter(file => !fs.existsSync(file));
  for (const file of fs.readdirSync(folder, { recursive: true })) {
    const place = path.join(folder, file);
    if (/\.(parquet|avro)$/.test(file) && !referenced.has(place)) entry.orphans.push(place);
  }
}

const result = {};
for (const namespace of fs.existsSync(lake) ? fs.readdirSync(lake).filter(name => !name.startsWith('.') && name !== 'mesh') : []) {
  for (const table of fs.readdirSync(path.join(lake, namespace))) {
    const folder = path.join(lake, namespace, table);
    const hint = path.join(folder, 'metadata', 'version-hint.text');
    if (!fs.existsSync(hint)) continue;
    const metadata = JSON.parse(fs.readFileSync(path.join(folder, 'metadata', `v${fs.readFileSync(hint, 'utf8').trim()}.metadata.json`)));
    const entry = { rows: 0, hyparquet: 0, icebird: null, files: 0, twice: [], missing: [], orphans: [], messages: false, frames: {} };
    result[`${namespace}.${table}`] = entry;
    if (!metadata.snapshots?.length || !(metadata['current-snapshot-id'] > 0)) continue;
    const files = [];
    for (const manifest of await icebergManifests(metadata)) {
      for (const file of manifest.entries) if (file.status !== 2) files.push(toPath(file.data_file.file_path));
    }
    const once = [...new Set(files)];
    entry.twice = files.filter((file, place) => files.indexOf(file) !== place);
    entry.files = files.length;
    for (const file of once) entry.hyparquet += Number((await parquetMetadataAsync(await asyncBufferFromFile(file))).num_rows);
    if (once.length === 0) continue;
    const source = `read_parquet([${once.map(file => `'${file.replaceAll("'", "''")}'`).join(',')}], union_by_name = true)`;
    entry.rows = Number((await connection.runAndReadAll(`SELECT count(*) FROM ${source}`)).getRows()[0][0]);
    const columns = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)).getRows().map(row => row[0]);
    entry.messages = columns.includes('token') && columns.includes('channel');
    if (out === '-') {
      // What counting does not touch is read as well.
      if (entry.messages) await connection.runAndReadAll(`SELECT sum(token::HUGEINT), sum(value), max("text") FROM ${source}`);
      continue;
    }
    await lookAtAllSnapshots(folder, metadata, entry);
    if (entry.rows <= MOST_ROWS_FOR_ICEBIRD) entry.icebird = (await icebergRead({ tableUrl: pathToFileURL(folder).href, metadata })).length;
    if (entry.messages) {
      const extra = columns.includes('extra') ? 'extra' : 'NULL';
      const to = path.join(out, `${namespace}.${table}.csv`).replaceAll("'", "''");
      await connection.run(`COPY (SELECT recording_id, channel, sequence, "index", token, value, md5("text"), ${extra} FROM ${source}) TO '${to}' (HEADER false, DELIMITER ',')`);
    } else if (columns.includes('recording_id') && columns.includes('sequence') && table.startsWith('synchronised_')) {
      const rows = await connection.runAndReadAll(`SELECT recording_id, count(*), count(DISTINCT sequence) FROM ${source} GROUP BY 1`);
      for (const row of rows.getRows()) entry.frames[row[0]] = [Number(row[1]), Number(row[2])];
    }
  }
}
console.log(JSON.stringify(result));
