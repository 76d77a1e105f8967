// Signs entries of the decision log as `mesh` does: ECDSA on P-256 with SHA-256 over the entry's UTF-8 bytes, DER, Base64. Works on keys in memory
// and sends nothing anywhere; WebCrypto does the work, in browsers and in Node.

const curve = { name: 'ECDSA', namedCurve: 'P-256' };
const kinds = { approve: ['approval'], promote: ['transition', 'release', 'rejection'], rollback: ['rollback'], alias: ['alias'], withdraw: ['withdrawal'] };

/**
 * Reads a private key, PKCS#8 in PEM.
 * @param {string} pem
 * @returns {Promise<{key: CryptoKey, sha256: string}>} a key that signs and cannot be taken out again, and the fingerprint of its public half
 */
export async function readKey(pem) {
  const match = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(pem);
  if (!match) throw new Error('The file holds no private key in PEM (PKCS#8), as `mesh identity create` writes one.');
  const bytes = Uint8Array.from(atob(match[1].replace(/\s/g, '')), character => character.charCodeAt(0));
  try {
    // Its public half is asked of a copy that is forgotten at once.
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', await crypto.subtle.importKey('pkcs8', bytes, curve, true, ['sign']));
    const open = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, curve, true, ['verify']);
    const digest = await crypto.subtle.digest('SHA-256', await crypto.subtle.exportKey('spki', open));
    return { key: await crypto.subtle.importKey('pkcs8', bytes, curve, false, ['sign']), sha256: hex(digest) };
  } catch {
    throw new Error('The file holds a private key, but none of P-256.');
  } finally {
    bytes.fill(0);
  }
}

/** The signature of a text, as the server takes it. */
export async function sign(key, text) {
  const pair = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...der(pair)));
}

/** What is wrong with a draft for what was asked; null when it is that. The server is not believed: the person signs what they asked for. */
export function whatDiffers(request, text) {
  const draft = JSON.parse(text);
  const subject = request.action === 'withdraw' ? draft.kind === 'withdrawal'
    : request.action === 'rollback' ? draft.subject.startsWith(request.model + '@')
    : draft.subject === `${request.model}@${request.version}`;
  const isWanted = subject && kinds[request.action]?.includes(draft.kind)
    && draft.reason === request.reason && draft.key_sha256 === request.key_sha256
    && (request.action !== 'promote' || draft.details?.to === request.to)
    && (request.action !== 'alias' || (draft.details?.aliases?.length === 1 && draft.details.aliases[0].alias === request.alias && draft.details.aliases[0].version === request.version))
    && (request.action !== 'withdraw' || JSON.stringify(draft.details?.recordings) === JSON.stringify([...new Set(request.recordings)].sort()));
  return isWanted ? null : `The entry to sign is '${draft.kind}' of ${draft.subject}, which is not what was asked for. Nothing was signed. Check the server's address.`;
}

function hex(buffer) {
  return [...new Uint8Array(buffer)].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

// WebCrypto gives r and s side by side; DER wants each as a whole number without needless zeros and never negative.
function der(pair) {
  const whole = half => {
    let from = 0;
    while (from < half.length - 1 && half[from] === 0) from++;
    const digits = half.subarray(from);
    const body = digits[0] & 0x80 ? [0, ...digits] : [...digits];
    return [0x02, body.length, ...body];
  };
  const body = [...whole(pair.subarray(0, 32)), ...whole(pair.subarray(32))];
  return [0x30, body.length, ...body];
}
