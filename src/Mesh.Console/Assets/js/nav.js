// Soft navigation: a link or a GET form of this site is fetched and its <main> put in place, so that the stream of live values, the palette
// and the scroll position of the side bar live on. Pages that were left are kept for a while, so Back shows them at once, as they were, and
// asks the server afterwards. Whatever goes wrong falls back to what the browser does by itself.

const MAX_LEFT = 12;
const HINT_AFTER_MS = 200;

const listeners = [];
const left = new Map();
let pending = null;
let entry = newEntry();
let shown = location.pathname + location.search;

function newEntry() {
  return Math.random().toString(36).slice(2);
}

/** Calls back with the document now, and with `<main>` after each navigation or renewal. */
export function onPage(listener) {
  listeners.push(listener);
  listener(document);
}

function notify(root) {
  for (const listener of listeners) listener(root);
}

/** Marks the side bar's entry of the page, or of what the page is below. */
function markCurrent() {
  for (const link of document.querySelectorAll('nav.side a')) {
    const path = link.getAttribute('href');
    const isCurrent = path === '/' ? location.pathname === '/' : location.pathname === path || location.pathname.startsWith(path + '/');
    if (isCurrent) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** Says, or no longer says, that the server does not answer. */
export function setOffline(isOffline) {
  let banner = document.getElementById('offline');
  if (!isOffline) { banner?.remove(); return; }
  if (banner) return;
  banner = document.createElement('div');
  banner.id = 'offline';
  banner.className = 'offline';
  banner.setAttribute('role', 'alert');
  const text = document.createElement('span');
  text.textContent = '▲ The server does not answer. What you see is as it was before.';
  const again = document.createElement('button');
  again.type = 'button';
  again.className = 'button';
  again.textContent = 'Try again';
  again.addEventListener('click', () => renew());
  banner.append(text, again);
  document.querySelector('header.top').after(banner);
}

/** How to find an element again on the same page made anew. */
function locate(element) {
  if (!element || element === document.body) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.name) return `[name="${CSS.escape(element.name)}"]`;
  if (element.getAttribute('href')) return `a[href="${CSS.escape(element.getAttribute('href'))}"]`;
  return null;
}

/** Elements marked data-keep survive a renewal as they are, when their key is still on the page; without being disconnected where browsers can. */
function keep(current, fresh) {
  const moves = [];
  for (const element of fresh.querySelectorAll('[data-keep]')) {
    const old = current.querySelector(`[data-keep="${CSS.escape(element.dataset.keep)}"]`);
    if (!old) continue;
    const place = document.createComment('');
    element.replaceWith(place);
    moves.push([old, place]);
  }
  return () => {
    for (const [old, place] of moves) {
      if (place.parentNode.moveBefore && old.isConnected) { place.parentNode.moveBefore(old, place); place.remove(); }
      else place.replaceWith(old);
    }
  };
}

/** What somebody opened or scrolled on a page stays so when it is made anew. */
function carryOver(current, fresh) {
  const pairs = selector => {
    const [from, to] = [current.querySelectorAll(selector), fresh.querySelectorAll(selector)];
    return from.length === to.length ? [...from].map((element, i) => [element, to[i]]) : [];
  };
  for (const [from, to] of pairs('details')) to.open = from.open;
  const scrolls = pairs('.table-region, pre').map(([from, to]) => [to, from.scrollLeft, from.scrollTop]);
  return () => { for (const [to, x, y] of scrolls) to.scrollTo(x, y); };
}

function put(fresh, title, renews) {
  const current = document.querySelector('main');
  document.title = title;
  if (renews) {
    const focus = current.contains(document.activeElement) ? locate(document.activeElement) : null;
    const scroll = carryOver(current, fresh);
    const move = keep(current, fresh);
    current.after(fresh);
    move();
    current.remove();
    scroll();
    if (focus && !fresh.contains(document.activeElement)) fresh.querySelector(focus)?.focus({ preventScroll: true });
  } else {
    current.replaceWith(fresh);
  }
  shown = location.pathname + location.search;
  markCurrent();
  notify(fresh);
}

/** Keeps the page that is about to be left. */
function leave() {
  const main = document.querySelector('main');
  left.delete(entry);
  left.set(entry, { main, title: document.title, scroll: scrollY, focus: main.contains(document.activeElement) ? document.activeElement : null });
  if (left.size > MAX_LEFT) left.delete(left.keys().next().value);
}

function setLoading(isLoading) {
  document.documentElement.classList.toggle('loading', isLoading);
  document.querySelector('main')?.setAttribute('aria-busy', isLoading);
}

/**
 * Goes to an address of this site.
 * @param {string} url
 * @param {{push?: boolean, renew?: boolean, scroll?: number}} options renew: the same page again, keeping focus, scroll and what is marked data-keep
 * @returns {Promise<boolean>} whether the page was put in place
 */
export async function go(url, { push = true, renew = false, scroll = 0 } = {}) {
  pending?.abort();
  const mine = pending = new AbortController();
  const hint = renew ? 0 : setTimeout(() => setLoading(true), HINT_AFTER_MS);
  try {
    const response = await fetch(url, { headers: { Accept: 'text/html' }, signal: mine.signal });
    const html = (response.headers.get('Content-Type') ?? '').startsWith('text/html') ? await response.text() : null;
    if (mine.signal.aborted) return false;
    setOffline(false);
    const next = html === null ? null : new DOMParser().parseFromString(html, 'text/html');
    const main = next?.querySelector('main');
    // A page without the side bar is no part of the console, such as the login.
    if (!main || !next.querySelector('nav.side')) { if (!renew || response.redirected) location.assign(url); return false; }
    if (push) {
      leave();
      history.replaceState({ ...history.state, entry, scroll: scrollY }, '');
      entry = newEntry();
      history.pushState({ entry }, '', response.redirected ? response.url : url);
    }
    put(document.adoptNode(main), next.title, renew);
    if (renew) return true;
    const anchor = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (anchor) anchor.scrollIntoView();
    else scrollTo(0, scroll);
    closeMenu();
    document.querySelector('main h1')?.focus({ preventScroll: true });
    return true;
  } catch (error) {
    if (error.name === 'AbortError') return false;
    if (push || renew) setOffline(true);
    else location.reload();
    return false;
  } finally {
    clearTimeout(hint);
    if (pending === mine) { pending = null; setLoading(false); }
  }
}

/** Fetches this page again and puts it in place, keeping focus, scroll and what is marked data-keep. */
export const renew = () => pending ? Promise.resolve(false) : go(location.href, { push: false, renew: true });

function back(state) {
  const url = location.pathname + location.search;
  if (url === shown && !left.has(state?.entry)) {
    // An anchor of the same page.
    entry = state?.entry ?? newEntry();
    history.replaceState({ ...state, entry }, '');
    if (state?.scroll !== undefined) scrollTo(0, state.scroll);
    return;
  }
  leave();
  entry = state?.entry ?? newEntry();
  const kept = left.get(entry);
  if (!kept) { go(location.href, { push: false, scroll: state?.scroll ?? 0 }); return; }
  pending?.abort();
  put(kept.main, kept.title, false);
  scrollTo(0, kept.scroll);
  (kept.focus?.isConnected ? kept.focus : kept.main.querySelector('h1'))?.focus({ preventScroll: true });
}

function closeMenu() {
  if (matchMedia('(max-width: 760px)').matches) document.querySelector('details.menu')?.removeAttribute('open');
}

function isOurs(url) {
  return url.origin === location.origin && !url.pathname.startsWith('/api/') && !url.pathname.startsWith('/assets/');
}

export function startNavigation() {
  history.scrollRestoration = 'manual';
  entry = history.state?.entry ?? entry;
  if (history.state?.scroll) scrollTo(0, history.state.scroll);
  history.replaceState({ ...history.state, entry }, '');
  closeMenu();
  document.addEventListener('click', event => {
    const link = event.target.closest('a[href]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (!isOurs(url) || (url.hash && url.pathname === location.pathname && url.search === location.search)) return;
    event.preventDefault();
    go(url.href);
  });
  document.addEventListener('submit', event => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== 'get' || form.target) return;
    const url = new URL(event.submitter?.formAction && event.submitter.hasAttribute('formaction') ? event.submitter.formAction : form.action);
    if (!isOurs(url)) return;
    const fields = [...new FormData(form, event.submitter)].filter(([, value]) => value !== '');
    url.search = new URLSearchParams(fields).toString();
    event.preventDefault();
    go(url.href);
  });
  addEventListener('popstate', event => back(event.state));
  document.addEventListener('scrollend', () => history.replaceState({ ...history.state, entry, scroll: scrollY }, ''));
}
