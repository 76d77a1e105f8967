// The palette (Ctrl K) and the keys: / to search, g and a letter to go, ? for the list, [ and ] for the one before and the next. Keys without
// Ctrl can be switched off in Settings, since speech input may press them by mistake (WCAG 2.1.4).
import { go, onPage } from './nav.js';

const KEYS = 'mesh-single-keys';
const ASK_AFTER_MS = 150;
const CHORD_MS = 1_500;

const areKeysOn = () => { try { return localStorage.getItem(KEYS) !== 'off'; } catch { return true; } };
const isMac = navigator.platform?.startsWith('Mac') ?? false;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The pages of the side bar. */
function pages() {
  return [...document.querySelectorAll('nav.side a[data-key]')].map(link => ({ kind: 'Page', text: link.textContent.trim(), url: link.getAttribute('href'), hint: `g ${link.dataset.key}` }));
}

function press(selector) {
  return () => document.querySelector(selector)?.click();
}

/** What can be done without going anywhere. */
function deeds() {
  return [
    { kind: 'Do', text: 'Change theme', run: press('[data-action=theme]') },
    { kind: 'Do', text: 'Pause or resume live values', run: press('mesh-live button') },
    { kind: 'Do', text: 'Keyboard shortcuts', hint: '?', run: () => document.querySelector('mesh-palette').list() },
    { kind: 'Do', text: 'Upload recordings', url: '/recordings#upload' },
  ];
}

function matches(entry, words) {
  const text = entry.text.toLowerCase();
  return words.every(word => text.includes(word));
}

customElements.define('mesh-palette', class extends HTMLElement {
  #dialog; #input; #list; #status; #entries = []; #at = 0; #asking = null; #timer = 0; #chord = 0;

  connectedCallback() {
    addEventListener('keydown', this);
    document.addEventListener('click', this);
    onPage(() => this.#sayKeys());
  }

  disconnectedCallback() {
    removeEventListener('keydown', this);
    document.removeEventListener('click', this);
  }

  handleEvent(event) {
    if (event.type === 'click') this.#click(event);
    else this.#key(event);
  }

  #click(event) {
    const action = event.target.closest('[data-action]')?.dataset.action;
    if (action === 'shortcuts') this.list();
    if (action === 'palette') this.open();
    if (action !== 'single-keys') return;
    try { localStorage.setItem(KEYS, areKeysOn() ? 'off' : 'on'); } catch { /* storage is closed to us */ }
    this.#sayKeys();
  }

  #sayKeys() {
    for (const button of document.querySelectorAll('[data-action=single-keys]')) {
      button.setAttribute('aria-pressed', areKeysOn());
      button.textContent = areKeysOn() ? 'Single-key shortcuts: on' : 'Single-key shortcuts: off';
    }
  }

  #key(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if ((isMac ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      this.open();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !areKeysOn() || document.querySelector('dialog[open]')) return;
    if (event.target.closest?.('input, textarea, select, [contenteditable]')) return;
    if (this.#chord) {
      clearTimeout(this.#chord);
      this.#chord = 0;
      const page = document.querySelector(`nav.side a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
      if (page) { event.preventDefault(); go(page.href); return; }
    }
    const run = { '/': () => document.querySelector('.search input')?.focus(), '?': () => this.list(), g: () => { this.#chord = setTimeout(() => { this.#chord = 0; }, CHORD_MS); }, '[': press('main a[rel=prev]'), ']': press('main a[rel=next]') }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  }

  /** Shows the palette. */
  open() {
    this.#build();
    if (this.#dialog.open) return;
    this.#input.value = '';
    this.#dialog.showModal();
    this.#fill([]);
  }

  /** Shows the list of keys. */
  list() {
    const keys = [
      [isMac ? '⌘ K' : 'Ctrl K', 'Palette: go anywhere, do something'], ['/', 'Search'], ['?', 'This list'],
      ['[  ]', 'The one before, the next'], ['Arrows, + −, Home', 'In plots: move and zoom'],
      ...pages().map(page => [page.hint, page.text]),
    ];
    const dialog = element('dialog', { class: 'palette keys', 'aria-labelledby': 'keys-title' },
      element('h2', { id: 'keys-title' }, 'Keyboard shortcuts'),
      element('dl', {}, ...keys.map(([key, text]) => element('div', {}, element('dt', {}, element('kbd', {}, key)), element('dd', {}, text)))),
      element('p', { class: 'hint' }, areKeysOn() ? 'Keys without Ctrl can be switched off in Settings.' : 'Keys without Ctrl are switched off in Settings.'),
      element('form', { method: 'dialog' }, element('button', { class: 'button' }, 'Close')));
    dialog.addEventListener('close', () => dialog.remove());
    this.append(dialog);
    dialog.showModal();
  }

  #build() {
    if (this.#dialog) return;
    this.#input = element('input', { type: 'search', role: 'combobox', 'aria-label': 'Go to or do', 'aria-controls': 'palette-list', 'aria-expanded': 'true', 'aria-autocomplete': 'list', autocomplete: 'off', placeholder: 'Go to a page, a recording, a product …' });
    this.#list = element('ul', { id: 'palette-list', role: 'listbox', 'aria-label': 'Found' });
    this.#status = element('p', { class: 'hint', role: 'status' });
    this.#dialog = element('dialog', { class: 'palette', 'aria-label': 'Palette' }, this.#input, this.#list, this.#status);
    this.append(this.#dialog);
    this.#input.addEventListener('input', () => this.#ask());
    this.#input.addEventListener('keydown', event => this.#move(event));
    this.#list.addEventListener('click', event => {
      const index = [...this.#list.children].indexOf(event.target.closest('li'));
      if (index >= 0) this.#run(index);
    });
    this.#dialog.addEventListener('click', event => { if (event.target === this.#dialog) this.#dialog.close(); });
  }

  #ask() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#fill([]);
    const q = this.#input.value.trim();
    if (q.length < 2) return;
    this.#timer = setTimeout(async () => {
      const asking = this.#asking = new AbortController();
      try {
        const response = await fetch(`/api/v1/search?q=${encodeURIComponent(q)}`, { signal: asking.signal });
        if (!response.ok) throw new Error(`search answered ${response.status}`);
        const { hits } = await response.json();
        this.#fill(hits.filter(hit => hit.kind !== 'Page').map(hit => ({ kind: hit.kind, text: hit.text, hint: hit.detail, url: hit.url })));
      } catch (error) {
        if (error.name !== 'AbortError') this.#status.textContent = 'The search failed; pages are listed.';
      }
    }, ASK_AFTER_MS);
  }

  #fill(found) {
    const q = this.#input.value.trim();
    const words = q.toLowerCase().split(/\s+/).filter(word => word);
    this.#entries = [...[...pages(), ...deeds()].filter(entry => matches(entry, words)), ...found];
    if (q) this.#entries.push({ kind: 'Search', text: `Everything with “${q}”`, url: `/search?q=${encodeURIComponent(q)}` });
    this.#list.replaceChildren(...this.#entries.map((entry, i) => element('li', { role: 'option', id: `palette-${i}` },
      element('span', { class: 'badge' }, entry.kind), element('span', {}, entry.text), element('span', { class: 'hint' }, entry.hint ?? ''))));
    this.#status.textContent = `${this.#entries.length} found`;
    this.#choose(0);
  }

  #choose(at) {
    this.#at = Math.max(0, Math.min(this.#entries.length - 1, at));
    for (const [i, item] of [...this.#list.children].entries()) item.setAttribute('aria-selected', i === this.#at);
    const chosen = this.#list.children[this.#at];
    chosen?.scrollIntoView({ block: 'nearest' });
    if (chosen) this.#input.setAttribute('aria-activedescendant', chosen.id);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  #move(event) {
    const to = { ArrowDown: this.#at + 1, ArrowUp: this.#at - 1, PageDown: this.#at + 8, PageUp: this.#at - 8 }[event.key];
    if (to !== undefined) { event.preventDefault(); this.#choose(to); }
    if (event.key === 'Enter') { event.preventDefault(); this.#run(this.#at); }
  }

  #run(index) {
    const entry = this.#entries[index];
    if (!entry) return;
    this.#dialog.close();
    if (entry.run) entry.run();
    else go(entry.url);
  }
});
