/** LZ4 frames (LZ4 Frame Format 1.6), one after the other; blocks may refer to earlier ones because all go into one output. */
export function decompressLz4(input, size) {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const output = new Uint8Array(Number(size));
  let at = 0;
  let end = 0;
  while (at < input.length) {
    if (view.getUint32(at, true) !== 0x184d2204) throw new Error("no LZ4 frame");
    const flags = input[at + 4];
    at += 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0);
    for (;;) {
      const header = view.getUint32(at, true);
      at += 4;
      if (header === 0) break;
      const length = header & 0x7fffffff;
      if (header >>> 31) {
        output.set(input.subarray(at, at + length), end);
        end += length;
      } else {
        end = block(input, at, length, output, end);
      }
      at += length + (flags & 16 ? 4 : 0);
    }
    at += flags & 4 ? 4 : 0;
  }
  return output.subarray(0, end);
}

function block(input, at, length, output, end) {
  for (let i = at; i < at + length;) {
    const token = input[i++];
    let literals = token >> 4;
    if (literals === 15) for (let more = 255; more === 255;) literals += more = input[i++];
    output.set(input.subarray(i, i + literals), end);
    end += literals;
    i += literals;
    if (i >= at + length) break;
    const distance = input[i] | (input[i + 1] << 8);
    i += 2;
    let match = (token & 15) + 4;
    if (match === 19) for (let more = 255; more === 255;) match += more = input[i++];
    for (; match > 0; match--, end++) output[end] = output[end - distance];
  }
  return end;
}
