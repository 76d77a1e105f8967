// <mesh-picker>: a form of check boxes that filters while one types and shows what is checked at once. Without this the form has a button for both.
import { go } from './nav.js';

customElements.define('mesh-picker', class extends HTMLElement {
  #quiet = null;

  connectedCallback() {
    this.#quiet = new AbortController();
    const { signal } = this.#quiet;
    const form = this.querySelector('form'), filter = this.querySelector('input[type="search"]');
    if (!form) return;
    filter?.addEventListener('input', () => this.#filter(filter.value), { signal });
    filter?.addEventListener('keydown', event => { if (event.key === 'Enter') event.preventDefault(); }, { signal });
    form.addEventListener('change', event => {
      if (event.target.type !== 'checkbox') return;
      const url = new URL(location.href);
      const names = [...form.querySelectorAll('input[name="ch"]:checked')].map(box => box.value);
      if (names.length === 0) url.searchParams.delete('ch');
      else url.searchParams.set('ch', names.join(','));
      // One box, one answer: the page stays where it is, and so does the focus.
      history.replaceState(history.state, '', url);
      go(url.href, { push: false, renew: true });
    }, { signal });
  }

  disconnectedCallback() { this.#quiet?.abort(); }

  #filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const group of this.querySelectorAll('details[data-channel]')) {
      let any = false;
      for (const item of group.querySelectorAll('li[data-name]')) {
        item.hidden = !words.every(word => item.dataset.name.toLowerCase().includes(word));
        any ||= !item.hidden;
      }
      group.hidden = !any;
      if (words.length && any) for (const part of [group, ...group.querySelectorAll('details')]) part.open = true;
    }
    const none = this.querySelector('.picker-none');
    if (none) none.hidden = [...this.querySelectorAll('details[data-channel]')].some(group => !group.hidden);
  }
});
