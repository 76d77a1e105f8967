// Digests a file beside the page: {file} → {done} from time to time, then {sha256}, or {error}.
import { Sha256 } from './sha256.js';

const PIECE = 4 << 20;

self.addEventListener('message', async ({ data: { file } }) => {
  try {
    const hash = new Sha256();
    for (let at = 0; at < file.size; at += PIECE) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      self.postMessage({ done: Math.min(file.size, at + PIECE) });
    }
    self.postMessage({ sha256: hash.hex() });
  } catch (error) {
    self.postMessage({ error: error.message });
  }
});
