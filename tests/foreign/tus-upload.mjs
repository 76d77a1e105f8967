// Uploads a file with tus-js-client, breaks off in the middle, resumes with a new client, and prints the server's answer.
// node tus-upload.mjs SERVER FILE VEHICLE
import fs from 'node:fs';
import crypto from 'node:crypto';
import path from 'node:path';
import * as tus from 'tus-js-client';

const [server, file, vehicle] = process.argv.slice(2);
const bytes = fs.readFileSync(file);
const sha256 = crypto.createHash('sha256').update(bytes).digest('hex');
const metadata = { filename: path.basename(file), vehicle, sha256 };
const chunkSize = Math.max(1, Math.floor(bytes.length / 5));

function upload(options) {
  return new Promise((resolve, reject) => {
    let last;
    const client = new tus.Upload(bytes, {
      endpoint: `${server}/uploads`, metadata, chunkSize, retryDelays: null, storeFingerprintForResuming: false,
      onAfterResponse: (request, response) => { last = { method: request.getMethod(), status: response.getStatus(), result: response.getHeader('Mesh-Result') ?? null, ingest_id: response.getHeader('Mesh-Ingest-Id') ?? null }; },
      onError: reject,
      onSuccess: () => resolve({ url: client.url, last, offsets }),
      onChunkComplete: (chunk, accepted) => { offsets.push(accepted); if (options.stopAfter && accepted >= options.stopAfter) client.abort().then(() => resolve({ url: client.url, last, offsets })); },
      ...options.tus,
    });
    const offsets = [];
    client.start();
  });
}

const interrupted = await upload({ stopAfter: chunkSize * 2, tus: {} });
const resumed = await upload({ tus: { uploadUrl: interrupted.url } });
console.log(JSON.stringify({ sha256, interrupted_at: interrupted.offsets.at(-1), resumed_first: resumed.offsets[0], size: bytes.length, answer: resumed.last }));
