// Moves and magnifies a graph. It stands in a region that scrolls by itself; without this module it does just that. Text is never smaller than
// it was drawn. Where somebody looked is kept while the page is renewed.
const step = 1.25;
const most = 4;
const looks = new Map();

customElements.define('mesh-graph', class extends HTMLElement {
  connectedCallback() {
    this.region = this.querySelector('.graph');
    this.svg = this.region?.querySelector('svg');
    if (!this.svg || this.querySelector('.graph-tools')) return;
    this.width = Number(this.svg.getAttribute('width'));
    this.height = Number(this.svg.getAttribute('height'));
    this.key = location.pathname;
    this.stop = new AbortController();
    this.addTools();
    const options = { signal: this.stop.signal };
    this.region.addEventListener('keydown', event => this.onKey(event), options);
    this.region.addEventListener('pointerdown', event => this.onDown(event), options);
    this.region.addEventListener('wheel', event => this.onWheel(event), { ...options, passive: false });
    this.region.addEventListener('scroll', () => this.remember(), { ...options, passive: true });
    this.restore();
  }

  disconnectedCallback() {
    this.stop?.abort();
  }

  addTools() {
    const tools = document.createElement('div');
    tools.className = 'graph-tools';
    for (const [text, label, act] of [['−', 'Smaller', () => this.zoom(1 / step)], ['+', 'Larger', () => this.zoom(step)], ['1:1', 'As drawn', () => this.zoomTo(1)]]) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'button';
      button.textContent = text;
      button.setAttribute('aria-label', text === '1:1' ? '1:1, as drawn' : `${text} ${label}`);
      button.addEventListener('click', act);
      tools.append(button);
    }
    this.append(tools);
  }

  restore() {
    const look = looks.get(this.key);
    this.scale = look?.scale ?? 1;
    this.apply();
    if (look && look.chosen === this.dataset.chosen) this.region.scrollTo(look.left, look.top);
    else this.showChosen(look);
    this.remember();
  }

  // What was chosen comes into the middle, unless it is in sight already.
  showChosen(look) {
    if (look) this.region.scrollTo(look.left, look.top);
    else this.showBeginning();
    const node = [...this.svg.querySelectorAll('.node')].find(each => each.dataset.node === this.dataset.chosen);
    if (!node) return;
    const own = node.getBoundingClientRect();
    const region = this.region.getBoundingClientRect();
    const isSeen = own.left >= region.left && own.right <= region.right && own.top >= region.top && own.bottom <= region.bottom;
    if (isSeen) return;
    this.region.scrollBy(own.left + own.width / 2 - region.left - region.width / 2, own.top + own.height / 2 - region.top - region.height / 2);
  }

  // Where data comes from stands in the middle of the first column, which may be far below the upper edge.
  showBeginning() {
    const first = this.svg.querySelector('.node')?.getBoundingClientRect();
    const region = this.region.getBoundingClientRect();
    if (first) this.region.scrollBy(0, first.top + first.height / 2 - region.top - region.height / 2);
  }

  remember() {
    looks.set(this.key, { scale: this.scale, left: this.region.scrollLeft, top: this.region.scrollTop, chosen: this.dataset.chosen });
  }

  apply() {
    this.svg.setAttribute('width', this.width * this.scale);
    this.svg.setAttribute('height', this.height * this.scale);
  }

  zoom(factor, at) {
    this.zoomTo(this.scale * factor, at);
  }

  // The place under the pointer, else the middle, stays where it is.
  zoomTo(scale, at = { x: this.region.clientWidth / 2, y: this.region.clientHeight / 2 }) {
    const next = Math.min(most, Math.max(1, scale));
    const x = (this.region.scrollLeft + at.x) / this.scale;
    const y = (this.region.scrollTop + at.y) / this.scale;
    this.scale = next;
    this.apply();
    this.region.scrollTo(x * next - at.x, y * next - at.y);
    this.remember();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '=') this.zoom(step);
    else if (event.key === '-') this.zoom(1 / step);
    else if (event.key === '0') this.zoomTo(1);
    else if (event.key === 'Home') this.region.scrollTo(0, 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  onWheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = this.region.getBoundingClientRect();
    this.zoom(event.deltaY < 0 ? step : 1 / step, { x: event.clientX - box.left, y: event.clientY - box.top });
  }

  onDown(event) {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    const start = { x: event.clientX, y: event.clientY, left: this.region.scrollLeft, top: this.region.scrollTop };
    let moved = false;
    const drag = new AbortController();
    const move = now => {
      if (!moved && Math.hypot(now.clientX - start.x, now.clientY - start.y) < 4) return;
      moved = true;
      this.region.classList.add('dragging');
      this.region.scrollTo(start.left + start.x - now.clientX, start.top + start.y - now.clientY);
    };
    const end = () => {
      drag.abort();
      this.region.classList.remove('dragging');
    };
    addEventListener('pointermove', move, { signal: drag.signal });
    addEventListener('pointerup', end, { signal: drag.signal });
    // A drag that begins on a node is not a click on it.
    this.region.addEventListener('click', click => { if (moved) { click.preventDefault(); click.stopPropagation(); } }, { capture: true, once: true });
    this.region.addEventListener('dragstart', event => event.preventDefault(), { signal: drag.signal });
  }
});
