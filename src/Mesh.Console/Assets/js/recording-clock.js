// The moment that every view of a recording shows. Views tell each other over the document: `mesh-time` {t}, `mesh-range` {from, to}, in seconds
// since the recording's start. Whoever sends names itself as `source` and passes over its own.

let last = null, page = location.pathname, timer = 0;

document.addEventListener('mesh-time', event => {
  last = event.detail.t;
  page = location.pathname;
  clearTimeout(timer);
  timer = setTimeout(remember, 300);
});

/** Puts the moment into the address, unless the page has a time line, which does so with all else it keeps there. */
function remember() {
  if (page !== location.pathname || document.querySelector('mesh-timeline')) return;
  const url = new URL(location.href);
  url.searchParams.set('t', String(Math.round(last * 1e6) / 1e6));
  history.replaceState(history.state, '', url);
}

/** The moment that is shown now: what was sent last on this page, else the address's `t`, else the beginning. */
export function currentTime() {
  if (last !== null && page === location.pathname) return last;
  const t = Number.parseFloat(new URLSearchParams(location.search).get('t') ?? '');
  if (Number.isFinite(t)) return t;
  // At the very start most sensors have said nothing yet: where nobody chose a moment the timeline names one with something to see.
  return Number.parseFloat(document.querySelector('mesh-timeline')?.dataset.first ?? '') || 0;
}

/** Shows a moment in every view. */
export function sendTime(t, source) {
  document.dispatchEvent(new CustomEvent('mesh-time', { detail: { t, source } }));
}

/** `12.345 s`, `2:03.450` or `1:02:03.4`. */
export function formatTime(seconds) {
  if (seconds < 60) return `${seconds.toFixed(3)} s`;
  const whole = Math.floor(seconds / 60);
  const rest = (seconds - whole * 60).toFixed(3).padStart(6, '0');
  return whole < 60 ? `${whole}:${rest}` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}:${rest}`;
}

/** Index of the last of some ascending times that is not later; -1 when all are. */
export function lastAt(times, t) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** An answer as JSON; what the server refuses is thrown with its sentence. */
export async function fetchJson(url, signal) {
  const response = await fetch(url, { headers: { Accept: 'application/json' }, signal });
  if (!response.ok) throw await failure(response);
  return response.json();
}

/** A failure as a sentence: what the server said, or that it cannot be reached. */
export const explain = error => error instanceof TypeError ? 'The server cannot be reached. What is shown is from before.' : error.message;

/** What a refusal says. */
export async function failure(response) {
  let message = `The server answered ${response.status}.`;
  try {
    const body = await response.json();
    if (body.message) message = `${body.message} (${body.code})`;
  } catch { /* it said nothing */ }
  return Object.assign(new Error(message), { status: response.status });
}

/** Colours of the style sheet, read again when the theme changes. */
export function colours(element, ...names) {
  const style = getComputedStyle(element);
  return Object.fromEntries(names.map(name => [name, style.getPropertyValue(`--${name}`).trim()]));
}
