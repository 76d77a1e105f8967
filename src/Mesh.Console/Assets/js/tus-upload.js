// Sends one file over the resumable upload protocol tus 1.0.0, as `mesh publish` does: its digest first, so that a known recording is not
// sent again and one that was begun, even before this page was loaded, goes on where it stands; then pieces, each of which may be lost.
const VERSION = { 'Tus-Resumable': '1.0.0' };
const PIECE = 8 << 20;
const MAX_WAIT_MS = 30_000;

/** The server refused the recording: sending again does not help. */
export class Refused extends Error {
  constructor(code, message) { super(message); this.code = code; }
}

const wait = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => { clearTimeout(timer); reject(new DOMException('stopped', 'AbortError')); }, { once: true });
});

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** @returns {Promise<string>} SHA-256 of the file, in hexadecimal digits */
export function digest(file, tell, signal) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' });
    const end = () => worker.terminate();
    signal.addEventListener('abort', () => { end(); reject(new DOMException('stopped', 'AbortError')); }, { once: true });
    worker.addEventListener('error', event => { end(); reject(new Refused('', `The file cannot be read: ${event.message}`)); });
    worker.addEventListener('message', ({ data }) => {
      if (data.done !== undefined) { tell('checking', data.done); return; }
      end();
      if (data.sha256) resolve(data.sha256);
      else reject(new Refused('', `The file cannot be read: ${data.error}`));
    });
    worker.postMessage({ file });
  });
}

/**
 * Sends a file and waits for the answer.
 * @param {File} file
 * @param {{vehicle: string, session: string}} of
 * @param {(step: 'checking' | 'sending' | 'waiting', bytes: number) => void} tell
 * @param {AbortSignal} signal stops; what was sent can be resumed
 * @returns {Promise<{result: string, id: string, reason: string | null}>}
 */
export async function upload(file, { vehicle, session }, tell, signal) {
  const sha256 = await digest(file, tell, signal);
  const pairs = { filename: file.name, vehicle, session, sha256 };
  const metadata = Object.entries(pairs).filter(([, value]) => value).map(([key, value]) => `${key} ${base64(value)}`).join(',');
  let place = null;
  for (let failures = 0; ;) {
    try {
      const answer = place ? await head(place, signal) : await create(file, metadata, signal);
      place = answer.place ?? place;
      if (answer.result) return answer;
      return await send(file, place, answer.offset, (step, bytes) => { failures = 0; tell(step, bytes); }, signal);
    } catch (error) {
      if (error instanceof Refused || signal.aborted) throw error;
      if (error.isForgotten) place = null;
      failures++;
      tell('waiting', 0);
      await wait(error.retryAfter ?? Math.min(MAX_WAIT_MS, 500 * 2 ** Math.min(failures, 6)), signal);
    }
  }
}

async function create(file, metadata, signal) {
  const response = await fetch('/uploads/', { method: 'POST', headers: { ...VERSION, 'Upload-Length': file.size, 'Upload-Metadata': metadata, 'Mesh-Check-Duplicate': '1' }, signal });
  return { ...await read(response), place: response.headers.get('Location') && new URL(response.headers.get('Location'), location.href).pathname };
}

async function head(place, signal) {
  const response = await fetch(place, { method: 'HEAD', headers: VERSION, signal });
  if (response.status === 404) throw Object.assign(new Error('forgotten'), { isForgotten: true });
  return read(response);
}

async function send(file, place, offset, tell, signal) {
  tell('sending', offset);
  for (;;) {
    const piece = file.slice(offset, offset + PIECE);
    const response = await fetch(place, { method: 'PATCH', headers: { ...VERSION, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': offset }, body: piece, signal });
    const answer = await read(response);
    if (answer.result) return answer;
    // A server that takes nothing would otherwise be asked for ever.
    if (answer.offset <= offset) throw new Error('the upload does not get on');
    offset = answer.offset;
    tell('sending', offset);
  }
}

async function read(response) {
  if (response.ok) {
    return {
      offset: Number(response.headers.get('Upload-Offset') ?? 0), result: response.headers.get('Mesh-Result'), id: response.headers.get('Mesh-Ingest-Id'), reason: response.headers.get('Mesh-Reason'),
    };
  }
  const body = (response.headers.get('Content-Type') ?? '').includes('json') ? await response.json().catch(() => ({})) : {};
  const retryAfter = Number(response.headers.get('Retry-After')) * 1000 || undefined;
  if (response.status === 401) throw new Refused('HTTP 401', 'You are no longer logged in. Log in again, then drop the file again: it goes on where it stands.');
  const isForAWhile = [409, 423, 429].includes(response.status) || response.status >= 500 || body.transient;
  if (isForAWhile && response.status !== 507) throw Object.assign(new Error(body.reason ?? response.statusText), { retryAfter });
  throw new Refused(body.code ?? `HTTP ${response.status}`, body.reason ?? body.message ?? response.statusText);
}
