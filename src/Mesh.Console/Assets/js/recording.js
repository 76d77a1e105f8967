// The state that the views of a recording share, mirrored into the address: the moment `t`, the range `from`–`to`, the cursors `a` and `b`. Views tell
// each other over the document: `mesh-time` {t}, `mesh-range` {from, to}, in seconds since the recording's start. Whoever sends names itself as `source`.
import { currentTime, sendTime } from './recording-clock.js';

export { currentTime, fetchJson, failure, formatTime, lastAt, colours, sendTime } from './recording-clock.js';

let timer = 0;
const waiting = new Map();

/** Puts values into the address, some moments later and all at once; null removes one. What links to this page gets them too. */
export function remember(values) {
  for (const [name, value] of Object.entries(values)) waiting.set(name, value);
  clearTimeout(timer);
  const path = location.pathname;
  timer = setTimeout(() => {
    if (path !== location.pathname) { waiting.clear(); return; }
    const url = new URL(location.href);
    for (const [name, value] of waiting) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, typeof value === 'number' ? shortest(value) : value);
    }
    waiting.clear();
    history.replaceState(history.state, '', url);
    for (const field of document.querySelectorAll('form input[type="hidden"][data-state]')) field.value = url.searchParams.get(field.name) ?? '';
    document.dispatchEvent(new CustomEvent('mesh-address'));
  }, 150);
}

/** A time without digits that say nothing. */
export const shortest = seconds => String(Math.round(seconds * 1e6) / 1e6);

/** A number of the address; null when it has none. */
export function given(name) {
  const value = Number.parseFloat(new URLSearchParams(location.search).get(name) ?? '');
  return Number.isFinite(value) ? value : null;
}

/** The range that the address names, within a recording. */
export function currentRange(duration) {
  const from = Math.max(given('from') ?? 0, 0), to = Math.min(given('to') ?? duration, duration);
  return to > from ? { from, to } : { from: 0, to: duration };
}

/** Shows a moment in every view, and in the address. */
export function showTime(t, source) {
  sendTime(t, source);
  remember({ t });
}

/** Shows a range in every view, and in the address; the whole recording needs no mention there. */
export function showRange(from, to, duration, source) {
  document.dispatchEvent(new CustomEvent('mesh-range', { detail: { from, to, source } }));
  const isAll = from <= 0 && to >= duration;
  remember({ from: isAll ? null : from, to: isAll ? null : to });
}

/** A range of a width within bounds: moved, never squeezed, unless it is wider than all. */
export function fit(from, to, duration, narrowest = 1e-6) {
  const width = Math.min(Math.max(to - from, narrowest), duration);
  const begin = Math.min(Math.max((from + to - width) / 2, 0), duration - width);
  return { from: begin, to: begin + width };
}

/** Steps of 1, 2, 5 × 10^k, or of clocks above a second, so that at most `most` fit. */
export function niceStep(span, most) {
  const raw = span / Math.max(most, 1);
  if (raw > 1) {
    const step = [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].find(candidate => candidate >= raw);
    if (step) return step;
  }
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= raw * (1 - 1e-9));
}

/** A tick's time, with as many digits as its step needs. */
export function tickText(seconds, step) {
  const digits = step >= 1 ? 0 : Math.min(9, Math.ceil(-Math.log10(step) - 1e-9));
  if (seconds < 60 && step < 60) return `${seconds.toFixed(digits)} s`;
  const rounded = Math.round(seconds * 10 ** digits) / 10 ** digits;
  const minutes = Math.floor(rounded / 60), rest = (rounded - minutes * 60).toFixed(digits).padStart(digits ? digits + 3 : 2, '0');
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** Plays the clock; returns what stops it. */
export function play(duration, speed, onEnd) {
  let frame = 0, before = performance.now();
  let t = currentTime() >= duration ? 0 : currentTime();
  const tick = now => {
    t += (now - before) / 1000 * speed();
    before = now;
    if (t >= duration) { showTime(duration, null); onEnd(); return; }
    showTime(t, null);
    frame = requestAnimationFrame(tick);
  };
  frame = requestAnimationFrame(tick);
  return () => cancelAnimationFrame(frame);
}
