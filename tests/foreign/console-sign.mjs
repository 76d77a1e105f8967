// Signs with the console's own module and Node's WebCrypto: node console-sign.mjs KEY.pem REQUEST.json ENTRY.json [COUNT]
// Prints the key's fingerprint, what differs from what was asked for, and COUNT signatures of the entry.
import { readFile } from 'node:fs/promises';

const module = await readFile(new URL('../../src/Mesh.Console/Assets/js/signing.js', import.meta.url), 'utf8');
const { readKey, sign, whatDiffers } = await import('data:text/javascript;charset=utf-8,' + encodeURIComponent(module));
const [keyFile, requestFile, entryFile, count = '1'] = process.argv.slice(2);
const { key, sha256 } = await readKey(await readFile(keyFile, 'utf8'));
const entry = await readFile(entryFile, 'utf8');
const request = { ...JSON.parse(await readFile(requestFile, 'utf8')), key_sha256: sha256 };
const signatures = [];
for (let i = 0; i < Number(count); i++) signatures.push(await sign(key, entry));
const isExtractable = await crypto.subtle.exportKey('pkcs8', key).then(() => true, () => false);
console.log(JSON.stringify({ sha256, isExtractable, differs: whatDiffers(request, entry), signatures }));
