// Reads an Iceberg table with icebird, as a reader without a catalogue does: version hint, metadata, manifests, rows.
// Arguments: URI of the table's folder; optionally the name of a metadata file, which then is read instead of the hinted one.
import { openSync, readSync, fstatSync, closeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { icebergManifests, icebergMetadata, icebergRead } from 'icebird'

// Node's fetch has no file: scheme; this one serves it as a web server would, ranges included.
const fetchFromWeb = globalThis.fetch
globalThis.fetch = async (url, init) => {
  if (!String(url).startsWith('file:')) return fetchFromWeb(url, init)
  let descriptor
  try {
    descriptor = openSync(fileURLToPath(url), 'r')
  } catch {
    return new Response('no such file', { status: 404 })
  }
  try {
    const size = fstatSync(descriptor).size
    const range = /bytes=(\d+)-(\d*)/.exec(new Headers(init?.headers).get('range') ?? '')
    const start = range ? Number(range[1]) : 0
    const end = range && range[2] ? Math.min(Number(range[2]) + 1, size) : size
    const bytes = Buffer.alloc(end - start)
    for (let done = 0; done < bytes.length;) done += readSync(descriptor, bytes, done, bytes.length - done, start + done)
    return new Response(bytes, { status: range ? 206 : 200, headers: { 'content-length': String(bytes.length) } })
  } finally {
    closeSync(descriptor)
  }
}

const [tableUrl, metadataFileName] = process.argv.slice(2)
const metadata = await icebergMetadata({ tableUrl, metadataFileName })
const manifests = await icebergManifests(metadata)
const rows = await icebergRead({ tableUrl, metadata })
const plain = (key, value) => {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return value
}
console.log(JSON.stringify({
  snapshots: metadata.snapshots.length,
  manifests: manifests.length,
  entries: manifests.flatMap(manifest => manifest.entries),
  rows,
}, plain))
