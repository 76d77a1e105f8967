// Windows of signals as the server sends them: a JSON header and typed arrays, which are views of the answer and no copies.
import { failure } from './recording.js';

/** Names as they stand in an address: commas and per cent signs within a name are written as %2C and %25. */
export const joinNames = names => names.map(name => name.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');

/**
 * Signals over a window, in seconds since the recording's start.
 * @returns {Promise<{from: number, to: number, columns: number, series: Map<string, object>}>}
 */
export async function fetchWindow(recording, names, from, to, columns, signal) {
  const query = new URLSearchParams({ ch: joinNames(names), from: String(from), to: String(to), cols: String(Math.min(Math.max(Math.round(columns), 1), 8192)) });
  const response = await fetch(`/api/v1/recordings/${recording}/signals/data?${query}`, { signal });
  if (!response.ok) throw await failure(response);
  return parseWindow(await response.arrayBuffer());
}

/** What a window's bytes are. */
export function parseWindow(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const begin = 4 + length;
  const series = new Map();
  for (const { name, kind, offset, count, labels, reason, gap } of header.signals) {
    let at = begin + offset;
    const take = (type, n) => { const array = new type(buffer, at, n); at += n * type.BYTES_PER_ELEMENT; return array; };
    if (kind === 'columns') series.set(name, { kind, gap, first: take(Float64Array, count), min: take(Float64Array, count), max: take(Float64Array, count), last: take(Float64Array, count), count: take(Uint32Array, count) });
    else if (kind === 'samples') series.set(name, { kind, gap, times: take(Float64Array, count), values: take(Float64Array, count) });
    else if (kind === 'bands') series.set(name, { kind, from: take(Float64Array, count), to: take(Float64Array, count), label: take(Int32Array, count), labels });
    else series.set(name, { kind: 'absent', reason });
  }
  return { start: header.start, fromNs: header.fromNs, toNs: header.toNs, from: header.from, to: header.to, columns: header.columns, width: (header.to - header.from) / header.columns, series };
}

/** Smallest and largest finite value of a series between two times; null when there is none. */
export function extent(window, series, from, to) {
  let low = Infinity, high = -Infinity;
  const see = value => { if (value < low && value > -Infinity) low = value; if (value > high && value < Infinity) high = value; };
  if (series.kind === 'columns') {
    const begin = Math.max(0, Math.floor((from - window.from) / window.width)), end = Math.min(series.min.length, Math.ceil((to - window.from) / window.width));
    for (let i = begin; i < end; i++) if (series.count[i]) { see(series.min[i]); see(series.max[i]); }
  } else if (series.kind === 'samples') {
    for (let i = 0; i < series.times.length; i++) if (series.times[i] >= from && series.times[i] <= to) see(series.values[i]);
    // Lines that only cross the picture have their samples outside of it.
    if (low > high) series.values.forEach(see);
  }
  return low > high ? null : { low, high };
}

/** What a series says at a moment, for a person; empty when it says nothing there. */
export function valueAt(window, series, t) {
  if (series.kind === 'columns') {
    const i = Math.floor((t - window.from) / window.width);
    if (!(i >= 0 && i < series.count.length) || !series.count[i]) return '';
    return series.min[i] === series.max[i] ? text(series.last[i]) : `${text(series.min[i])} … ${text(series.max[i])}`;
  }
  if (series.kind === 'samples') {
    let low = 0, high = series.times.length;
    while (low < high) { const middle = (low + high) >> 1; if (series.times[middle] <= t) low = middle + 1; else high = middle; }
    const i = low - 1;
    return i >= 0 && t - series.times[i] <= series.gap && !Number.isNaN(series.values[i]) ? text(series.values[i]) : '';
  }
  if (series.kind === 'bands') {
    for (let i = 0; i < series.from.length; i++) if (series.from[i] <= t && t <= series.to[i]) return series.labels[series.label[i]];
  }
  return '';
}

/** A value with the digits that a person compares by. */
export function text(value) {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  return (size >= 1e9 || size < 1e-4 ? value.toExponential(4) : String(Number(value.toPrecision(size >= 1e6 ? 9 : 6)))).replace('-', '−');
}
