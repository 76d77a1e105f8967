// Soft navigation: a link or a GET form of this site is fetched and its <main> put in place, so that the stream of live values, the palette
// and the scroll position of the side bar live on. Whatever goes wrong falls back to what the browser does by itself.

const listeners = [];
let pending = null;

/** Calls back with the document now, and with `<main>` after each navigation or renewal. */
export function onPage(listener) {
  listeners.push(listener);
  listener(document);
}

function notify(root) {
  for (const listener of listeners) listener(root);
}

/** Elements marked data-keep survive a renewal as they are, when their key is still on the page. */
function keep(from, to) {
  for (const element of to.querySelectorAll('[data-keep]')) {
    const old = from.querySelector(`[data-keep="${CSS.escape(element.dataset.keep)}"]`);
    if (old) element.replaceWith(old);
  }
}

function show(html, url, { renew }) {
  const next = new DOMParser().parseFromString(html, 'text/html');
  const main = next.querySelector('main');
  const current = document.querySelector('main');
  if (!main || !current) return false;
  document.title = next.title;
  const stays = document.activeElement?.id;
  if (renew) keep(current, main);
  const fresh = document.importNode(main, true);
  if (renew) keep(current, fresh);
  current.replaceWith(fresh);
  const side = next.querySelector('nav.side');
  for (const link of document.querySelectorAll('nav.side a')) {
    const twin = side?.querySelector(`a[href="${CSS.escape(link.getAttribute('href'))}"]`);
    if (twin?.hasAttribute('aria-current')) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  notify(fresh);
  if (renew && stays) document.getElementById(stays)?.focus({ preventScroll: true });
  return true;
}

/**
 * Goes to an address of this site.
 * @param {string} url
 * @param {{push?: boolean, renew?: boolean, scroll?: number}} options renew: the same page again, keeping focus and scroll
 */
export async function go(url, { push = true, renew = false, scroll = 0 } = {}) {
  pending?.abort();
  const mine = pending = new AbortController();
  document.documentElement.classList.add('loading');
  try {
    const response = await fetch(url, { headers: { Accept: 'text/html' }, signal: mine.signal });
    const type = response.headers.get('Content-Type') ?? '';
    if (!type.startsWith('text/html')) { location.assign(url); return; }
    const html = await response.text();
    if (mine.signal.aborted) return;
    if (push) {
      history.replaceState({ ...history.state, scroll: scrollY }, '');
      history.pushState({}, '', response.redirected ? response.url : url);
    }
    if (!show(html, url, { renew })) { location.assign(url); return; }
    if (renew) return;
    const anchor = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (anchor) anchor.scrollIntoView();
    else scrollTo(0, scroll);
    if (document.querySelector('details.menu') && matchMedia('(max-width: 760px)').matches) document.querySelector('details.menu').open = false;
    document.querySelector('main h1')?.focus({ preventScroll: true });
  } catch (error) {
    // The server is away: a renewal waits for it, a navigation lets the browser say so.
    if (error.name !== 'AbortError' && !renew) location.assign(url);
  } finally {
    if (pending === mine) { pending = null; document.documentElement.classList.remove('loading'); }
  }
}

/** Fetches this page again and puts it in place, keeping focus, scroll and what is marked data-keep. */
export const renew = () => pending ? Promise.resolve() : go(location.href, { push: false, renew: true });

function isOurs(url) {
  return url.origin === location.origin && !url.pathname.startsWith('/api/') && !url.pathname.startsWith('/assets/');
}

export function startNavigation() {
  history.scrollRestoration = 'manual';
  if (matchMedia('(max-width: 760px)').matches) document.querySelector('details.menu')?.removeAttribute('open');
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
    const url = new URL(form.action);
    if (!isOurs(url)) return;
    const fields = [...new FormData(form, event.submitter)].filter(([, value]) => value !== '');
    url.search = new URLSearchParams(fields).toString();
    event.preventDefault();
    go(url.href);
  });
  addEventListener('popstate', event => go(location.href, { push: false, scroll: event.state?.scroll ?? 0 }));
  document.addEventListener('scrollend', () => history.replaceState({ ...history.state, scroll: scrollY }, ''));
}
