// Says whether values are live, and keeps the page up to date: elements with data-live-key get the texts, and a page whose data-live names a
// kind of thing that has changed is fetched again, at most once a second, and not under the hands of somebody who is busy on it.
import { onPage, renew, setOffline } from './nav.js';
import { LiveStream } from './live-stream.js';

const STALE_MS = 30_000;
const RENEW_MS = 1_000;
const ALIVE_MS = 20_000;

let values = {};
const places = {};
let stream = { state: 'closed', freshAt: null, at: null };
let hub = null;
let renewedAt = 0;
let renewing = 0;
let brokenSince = 0;
const tried = {};

const isPaused = () => sessionStorage.getItem('mesh-live-paused') === 'yes';
const isWatching = () => document.visibilityState === 'visible' && !isPaused();

/** The texts, for modules that draw them: `mesh-live-values` on the document tells of new ones. */
export const liveValues = () => values;

function connect() {
  if (hub) return;
  if (typeof SharedWorker === 'function') {
    const worker = new SharedWorker(new URL('./live-worker.js', import.meta.url), { type: 'module', name: 'mesh-live' });
    worker.port.addEventListener('message', ({ data }) => take(data));
    worker.port.start();
    hub = { watch: visible => worker.port.postMessage({ visible }), bye: () => { worker.port.postMessage({ bye: true }); worker.port.close(); } };
  } else {
    const own = new LiveStream(take);
    hub = { watch: visible => { if (visible) { own.open(); take(own.all); } else own.close(); }, bye: () => own.close() };
  }
  hub.watch(isWatching());
}

function take(message) {
  stream = message;
  if (message.values) {
    Object.assign(values, message.values);
    if (isWatching()) show(document, message.values);
  }
  if (message.places) Object.assign(places, message.places);
  if (message.state === 'live') { brokenSince = 0; setOffline(false); }
  else if (message.state === 'reconnecting') brokenSince ||= Date.now();
  for (const element of document.querySelectorAll('mesh-live')) element.render?.();
  consider();
}

function show(root, texts) {
  for (const element of root.querySelectorAll('[data-live-key]')) {
    const text = texts[element.dataset.liveKey];
    if (text !== undefined && element.textContent !== text) element.textContent = text;
  }
  document.dispatchEvent(new CustomEvent('mesh-live-values', { detail: texts }));
}

/** Whether a place comes after a page's; one of another run of the server does. */
function isAfter(place, mark) {
  if (!mark) return false;
  const [run, number] = place.split('-');
  const [pageRun, pageNumber] = mark.split('-');
  return run !== pageRun || Number(number) > Number(pageNumber);
}

/** Somebody types, chooses, copies or decides: the page must not change beneath them. */
function isBusy(main) {
  if (document.querySelector('dialog[open]')) return true;
  const focus = document.activeElement;
  if (main.contains(focus) && focus.matches('textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])')) return true;
  if (!getSelection().isCollapsed && main.contains(getSelection().anchorNode)) return true;
  return [...main.querySelectorAll('input, textarea, select')].some(field => !field.closest('[data-keep]') && isChanged(field));
}

function isChanged(field) {
  if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
  if (field.localName === 'select') return [...field.options].some(option => option.selected !== option.defaultSelected) && [...field.options].some(option => option.defaultSelected);
  return field.type !== 'hidden' && field.value !== field.defaultValue;
}

function consider() {
  const main = document.querySelector('main');
  if (renewing || !isWatching() || stream.state !== 'live') return;
  const changed = (main?.dataset.live ?? '').split(' ').filter(kind => places[kind] && places[kind] !== tried[kind] && isAfter(places[kind], main.dataset.mark));
  if (changed.length === 0) return;
  const wait = isBusy(main) ? RENEW_MS : Math.max(0, renewedAt + RENEW_MS - Date.now());
  renewing = setTimeout(() => renewNow(changed), wait);
}

async function renewNow(changed) {
  const main = document.querySelector('main');
  if (isWatching() && !isBusy(main)) {
    renewedAt = Date.now();
    const sought = changed.map(kind => [kind, places[kind]]);
    // Of another run of the server a page may be newer although its place says otherwise: it is asked for once.
    if (await renew()) for (const [kind, place] of sought) tried[kind] = place;
  }
  renewing = 0;
  consider();
}

onPage(root => {
  if (isWatching()) show(root, values);
  consider();
});
document.addEventListener('visibilitychange', () => hub?.watch(isWatching()));
addEventListener('pagehide', () => {
  hub?.bye();
  hub = null;
});
addEventListener('pageshow', event => { if (event.persisted) connect(); });
setInterval(() => { if (isWatching()) hub?.watch(true); }, ALIVE_MS);
setInterval(() => {
  if (!isWatching()) return;
  if (brokenSince && Date.now() - brokenSince > 5_000) setOffline(true);
  for (const element of document.querySelectorAll('mesh-live')) element.render?.();
}, 1_000);

const clock = at => at ? at.slice(11, 19) : '';
const STATES = { live: ['●', 'ok'], reconnecting: ['↻', 'warn'], stale: ['▲', 'warn'], paused: ['‖', 'idle'], connecting: ['○', 'idle'] };

customElements.define('mesh-live', class extends HTMLElement {
  #icon; #word; #button; #shown = '';

  connectedCallback() {
    if (this.#word) { connect(); return; }
    const badge = document.createElement('span');
    badge.className = 'badge';
    this.#icon = document.createElement('span');
    this.#icon.setAttribute('aria-hidden', 'true');
    this.#word = document.createElement('span');
    this.#word.setAttribute('role', 'status');
    badge.append(this.#icon, this.#word);
    this.#button = document.createElement('button');
    this.#button.type = 'button';
    this.#button.className = 'button quiet';
    this.#button.addEventListener('click', () => this.toggle());
    this.append(badge, this.#button);
    connect();
    this.render();
  }

  /** Stops or goes on with showing changes. */
  toggle() {
    sessionStorage.setItem('mesh-live-paused', isPaused() ? 'no' : 'yes');
    hub?.watch(isWatching());
    this.render();
  }

  render() {
    const age = stream.freshAt ? Date.now() - stream.freshAt : 0;
    const state = isPaused() ? 'paused' : age > STALE_MS ? 'stale' : stream.state === 'closed' ? 'connecting' : stream.state;
    const text = state === 'stale' ? `stale: values from ${clock(stream.at)}` : state;
    document.documentElement.classList.toggle('stale', state === 'stale' || state === 'reconnecting');
    if (stream.at) this.title = `Values of ${clock(stream.at)} UTC`;
    if (text === this.#shown) return;
    this.#shown = text;
    const [icon, kind] = STATES[state];
    this.#icon.textContent = icon;
    this.#word.textContent = text;
    this.#word.parentElement.className = `badge ${kind}`;
    this.#button.textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#button.setAttribute('aria-label', state === 'paused' ? 'Resume live values' : 'Pause live values');
  }
});
