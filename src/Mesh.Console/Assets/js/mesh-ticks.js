// Boxes that were ticked in it stay ticked while the page is renewed, and a box in the head ticks all.
const ticked = new Map();

customElements.define('mesh-ticks', class extends HTMLElement {
  connectedCallback() {
    this.key = location.pathname + location.search;
    const known = ticked.get(this.key) ?? new Set();
    for (const box of this.boxes) box.checked ||= known.has(box.value);
    this.addAll();
    this.addEventListener('change', () => ticked.set(this.key, new Set(this.boxes.filter(box => box.checked).map(box => box.value))));
  }

  get boxes() {
    return [...this.querySelectorAll('tbody input[type="checkbox"]')];
  }

  addAll() {
    const head = this.querySelector('thead th');
    if (!head || this.boxes.length < 2 || head.querySelector('input')) return;
    const all = document.createElement('input');
    all.type = 'checkbox';
    all.id = 'tick-all';
    all.setAttribute('aria-label', 'Choose all of this page');
    all.checked = this.boxes.every(box => box.checked);
    all.addEventListener('change', () => { for (const box of this.boxes) box.checked = all.checked; });
    head.append(all);
  }
});
