// <mesh-lidar data-recording data-channel>: a cloud of points from above at the clock's moment, with rings of distance over it.
import { FrameViewer } from './frame-viewer.js';

const SVG = 'http://www.w3.org/2000/svg';

customElements.define('mesh-lidar', class extends FrameViewer {
  kind = 'points';
  noun = 'Sweep';
  #range = 50;
  #pixels = 256;
  #theme = null;

  connectedCallback() {
    this.select = this.querySelector('select');
    this.#range = Number(this.dataset.metres ?? 50);
    this.#pixels = Number(this.dataset.px ?? 256);
    this.#theme?.abort();
    this.#theme = new AbortController();
    const { signal } = this.#theme;
    if (this.select) {
      this.select.closest('[hidden]')?.removeAttribute('hidden');
      this.select.value = String(this.#range);
      this.select.addEventListener('change', () => { this.#range = Number(this.select.value); this.#drawRings(); this.refresh(); }, { signal });
    }
    document.addEventListener('mesh-theme', () => this.refresh(), { signal });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.refresh(), { signal });
    // The server's choice of picture by the system's theme would win over what is set here.
    for (const source of this.querySelectorAll('picture source')) source.remove();
    this.#drawRings();
    return super.connectedCallback();
  }

  disconnectedCallback() {
    this.#theme?.abort();
    super.disconnectedCallback();
  }

  options() {
    const chosen = document.documentElement.dataset.theme;
    const isDark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    return { metres: this.#range, px: this.#pixels, theme: isDark ? 'dark' : 'light' };
  }

  describe(facts) {
    // Few points would be lost among small cells, many would hide each other in large ones.
    const points = Number(facts.points), wanted = points < 6_000 ? 176 : points < 25_000 ? 256 : 512;
    if (points > 0 && wanted !== this.#pixels) {
      this.#pixels = wanted;
      this.refresh();
    }
    for (const cell of this.querySelectorAll('[data-fact]')) cell.textContent = Number(facts[cell.dataset.fact] ?? 0).toLocaleString('en');
  }

  #drawRings() {
    const svg = this.querySelector('svg.rings');
    if (!svg) return;
    svg.replaceChildren();
    const range = this.#range, step = range / (range % 4 === 0 && range >= 100 ? 4 : 5);
    svg.setAttribute('viewBox', `${-range} ${-range} ${2 * range} ${2 * range}`);
    const add = (name, attributes, text) => {
      const node = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      if (text) node.textContent = text;
      svg.append(node);
    };
    for (let r = step; r <= range + 1e-9; r += step) {
      add('circle', { r, class: 'ring' });
      if (r < range - 1e-9) add('text', { x: r * Math.SQRT1_2, y: r * Math.SQRT1_2, 'font-size': range / 16, class: 'ring-label' }, `${+r.toFixed(1)} m`);
    }
    // The vehicle, forward up, at the scale of the picture.
    add('path', { d: 'M -0.95 2.2 L -0.95 -1.7 L 0 -2.7 L 0.95 -1.7 L 0.95 2.2 Z', class: 'vehicle' });
  }
});
