// Signs a decision with a key that a person picks from their own disk. The key stays in this page: it is read here, kept as one that cannot be
// taken out, and forgotten with the page. What the server drafted is shown whole before it is signed.
import { go } from './nav.js';
import { readKey, sign, whatDiffers } from './signing.js';

const post = async (path, body) => {
  const response = await fetch(`/api/v1/governance/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(`${answer.message ?? `The server answered ${response.status}.`} ${answer.code ?? ''}`.trim()), { code: answer.code });
  return answer;
};

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

customElements.define('mesh-sign', class extends HTMLElement {
  #key = null;
  #request = null;
  #entry = null;

  connectedCallback() {
    if (this.#request || !globalThis.crypto?.subtle) return;
    this.#request = JSON.parse(this.dataset.request);
    const fallback = element('details', {}, element('summary', { textContent: 'Without giving this page a key' }));
    fallback.append(...this.childNodes);
    const file = element('input', { type: 'file', accept: '.pem', id: 'sign-file' });
    file.setAttribute('aria-describedby', 'sign-hint');
    file.addEventListener('change', () => this.#pick(file));
    this.draftButton = element('button', { type: 'button', className: 'button', textContent: 'Draft the entry', disabled: true });
    this.draftButton.addEventListener('click', () => this.#draft());
    this.signButton = element('button', { type: 'button', className: 'button primary', textContent: 'Sign it', hidden: true });
    this.signButton.addEventListener('click', () => this.#commit());
    this.entry = element('div');
    this.message = element('p', { className: 'hint' });
    this.message.setAttribute('role', 'status');
    this.replaceChildren(
      element('div', { className: 'field' },
        element('label', { htmlFor: 'sign-file', textContent: `Private key of ${this.dataset.name}` }), file,
        element('p', { className: 'hint', id: 'sign-hint', textContent: 'The .pem file that `mesh identity create` wrote. It is read in this page and sent nowhere; it is forgotten when you leave.' })),
      element('div', { className: 'row' }, this.draftButton, element('span', { className: 'hint', textContent: this.dataset.evaluates ? 'Evaluates the gates, which is noted in the log.' : 'Asks the server for the entry to sign. Nothing is decided by that.' })),
      this.entry, element('div', { className: 'row' }, this.signButton), this.message, fallback);
  }

  async #pick(input) {
    this.#forget();
    const file = input.files[0];
    if (!file) return;
    try {
      if (file.size > 100_000) throw new Error('That file is too large for a key.');
      const read = await readKey(await file.text());
      const known = this.dataset.keys.split(' ');
      if (!known.includes(read.sha256)) throw new Error(`That is not a key of ${this.dataset.name} that is registered here: its fingerprint is ${read.sha256}. Pick another file, or another person above.`);
      this.#key = read;
      this.draftButton.disabled = false;
      this.#say('ok', `The key of ${this.dataset.name}, fingerprint ${read.sha256.slice(0, 12)}…`);
    } catch (error) {
      input.value = '';
      this.#say('bad', error.message);
    }
  }

  async #draft() {
    this.#busy(true);
    this.#entry = null;
    this.signButton.hidden = true;
    this.entry.replaceChildren();
    try {
      const request = { ...this.#request, key_sha256: this.#key.sha256 };
      const { entry } = await post('draft', request);
      const differs = whatDiffers(request, entry);
      if (differs) throw new Error(differs);
      this.#entry = { request, text: entry };
      const shown = element('pre', { className: 'entry', tabIndex: 0, textContent: JSON.stringify(JSON.parse(entry), null, 2) });
      shown.setAttribute('aria-label', 'The entry to sign');
      this.entry.replaceChildren(element('h3', { textContent: 'The entry, whole' }), shown);
      this.signButton.hidden = false;
      this.#say('info', 'This is what you sign. Once signed it is in force.');
    } catch (error) {
      this.#say('bad', error.message);
    } finally {
      this.#busy(false);
    }
  }

  async #commit() {
    this.#busy(true);
    try {
      const { request, text } = this.#entry;
      const decided = await post('commit', { request, entry: text, signature: await sign(this.#key.key, text) });
      this.#forget();
      const next = new URL(this.dataset.next, location.origin);
      next.searchParams.set('done', `Signed by ${this.dataset.name}, in the decision log with hash ${(decided.hash ?? '').slice(0, 12)}.`);
      await go(next.href);
    } catch (error) {
      if (error.code === 'MESH9630') await this.#draft();
      this.#say('bad', error.code === 'MESH9630' ? 'Something else was decided meanwhile: nothing was signed into the log. Look at the entry as it is now, and sign again.' : error.message);
    } finally {
      this.#busy(false);
    }
  }

  #forget() {
    this.#key = this.#entry = null;
    this.draftButton.disabled = true;
    this.signButton.hidden = true;
    this.entry.replaceChildren();
  }

  #busy(isBusy) {
    this.setAttribute('aria-busy', isBusy);
    this.draftButton.disabled = isBusy || !this.#key;
    this.signButton.disabled = isBusy;
  }

  #say(kind, text) {
    this.message.className = `notice ${kind}`;
    this.message.textContent = text;
  }
});
