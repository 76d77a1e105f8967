// <mesh-plot data-recording data-duration>: signals one below the other, each with its own y axis, all with one time axis. The server's pictures
// stay until the first answer is there; afterwards the last picture is stretched until the next one comes, and what is overtaken is given up.
import { GUTTER, drawAxis, drawLane } from './plot-draw.js';
import { colours, currentRange, currentTime, fetchJson, fit, formatTime, given, remember, shortest, showRange, showTime } from './recording.js';
import { fetchWindow, joinNames, text, valueAt } from './signal-data.js';

const NAMES = ['text', 'text-2', 'grid', 'border-strong', 'surface', 'accent', 'warn', 'info', 's1', 's2', 's3', 's4', 's5', 's6'];
const MARGIN = 0.25;
const TABLE_ROWS = 40;

customElements.define('mesh-plot', class extends HTMLElement {
  #quiet = null;
  #pending = null;
  #frame = 0;
  #said = 0;
  #measuring = null;
  #measureTimer = 0;
  #retry = 0;

  connectedCallback() {
    this.#quiet = new AbortController();
    const { signal } = this.#quiet;
    this.recording = this.dataset.recording;
    this.duration = Number(this.dataset.duration) || 0;
    if (this.duration <= 0) return;
    this.range = currentRange(this.duration);
    this.time = currentTime();
    this.marks = { a: given('a'), b: given('b') };
    this.lanes = [...this.querySelectorAll('.plot-lane')].map(figure => ({
      figure, name: figure.dataset.name, colour: Number(figure.dataset.colour) || 1, stage: figure.querySelector('.plot-stage'), value: figure.querySelector('[data-at]'), canvas: null,
    }));
    this.stack = this.querySelector('.plot-lanes');
    this.axis = this.querySelector('.plot-axis');
    this.note = this.querySelector('[data-note]');
    this.status = this.querySelector('[role="status"]');
    if (this.lanes.length === 0) return;
    this.#prepare(signal);
    this.#fetch();
  }

  disconnectedCallback() {
    this.#quiet?.abort();
    this.#pending?.abort();
    this.#measuring?.abort();
    this.observer?.disconnect();
    clearTimeout(this.#retry);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #prepare(signal) {
    for (const lane of this.lanes) {
      const canvas = lane.canvas = lane.stage.querySelector('canvas') ?? document.createElement('canvas');
      canvas.tabIndex = 0;
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', `${lane.name} over time. Arrow keys pan, plus and minus zoom, Home shows all, A and B set cursors at the clock. The same as a table below.`);
      lane.overlay = lane.stage.querySelector('.plot-marks') ?? make('div', 'plot-marks');
      // Back to a page that was left: its marks are made again.
      lane.overlay.replaceChildren();
    }
    if (this.axis && !this.axis.querySelector('canvas')) this.axis.append(document.createElement('canvas'));
    for (const tool of this.querySelectorAll('.plot-tools [hidden]')) tool.hidden = false;
    for (const button of this.querySelectorAll('.plot-tools button')) button.addEventListener('click', () => this.#act(button.dataset.plot), { signal });
    document.addEventListener('mesh-time', event => { this.time = event.detail.t; this.#place(); }, { signal });
    document.addEventListener('mesh-range', event => { this.range = { from: event.detail.from, to: event.detail.to }; this.#redraw(); this.#fetch(); }, { signal });
    document.addEventListener('mesh-theme', () => { this.colours = null; this.#redraw(); }, { signal });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { this.colours = null; this.#redraw(); }, { signal });
    this.stack.addEventListener('wheel', event => this.#wheel(event), { signal, passive: false });
    this.stack.addEventListener('pointerdown', event => this.#press(event), { signal });
    this.stack.addEventListener('dblclick', event => { if (event.target.closest('canvas, .plot-marks')) showRange(0, this.duration, this.duration, null); }, { signal });
    this.stack.addEventListener('keydown', event => this.#key(event), { signal });
    this.querySelector('details.plot-table')?.addEventListener('toggle', () => this.#tabulate(), { signal });
    this.observer = new ResizeObserver(() => {
      // Only another width asks for other columns.
      this.#redraw();
      if (Math.abs(this.#plotWidth - this.fetchedWidth) > 20) this.#fetch();
    });
    this.observer.observe(this.stack);
  }

  get #plotWidth() { return Math.max(this.stack.clientWidth - GUTTER, 50); }

  async #fetch() {
    this.#pending?.abort();
    const mine = this.#pending = new AbortController();
    clearTimeout(this.#retry);
    const { from, to } = this.range, width = to - from;
    this.fetchedWidth = this.#plotWidth;
    const begin = Math.max(0, from - MARGIN * width), end = Math.min(this.duration * (1 + 1e-9) + 1e-6, to + MARGIN * width);
    // Widths are powers of two, so this is one to two columns a pixel.
    const columns = 2 * this.#plotWidth * Math.min(devicePixelRatio, 2) * (end - begin) / width;
    const started = performance.now();
    this.classList.add('waiting');
    try {
      const window = await fetchWindow(this.recording, this.lanes.map(lane => lane.name), begin, end, columns, mine.signal);
      if (mine.signal.aborted || !this.isConnected) return;
      this.window = window;
      this.classList.remove('waiting', 'stale');
      this.#draw();
      this.dataset.drawn = String(Math.round(performance.now() - started));
      this.#describe();
      this.#links();
      this.#tabulate();
      this.#measure();
      if ([...window.series.values()].some(series => series.kind === 'absent' && /being built/.test(series.reason))) this.#retry = setTimeout(() => this.#fetch(), 3000);
    } catch (error) {
      if (error.name === 'AbortError' || mine.signal.aborted) return;
      this.classList.remove('waiting');
      this.classList.add('stale');
      if (this.note) this.note.textContent = `✖ This window could not be read: ${error.message} What is shown is the last one that could.`;
    }
  }

  #redraw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#draw(); });
  }

  #draw() {
    if (!this.window) return;
    this.colours ??= colours(this, ...NAMES);
    const font = this.font ??= getComputedStyle(this).fontFamily;
    for (const lane of this.lanes) {
      const series = this.window.series.get(lane.name);
      if (!lane.canvas.isConnected) lane.stage.replaceChildren(lane.canvas, lane.overlay);
      lane.figure.classList.toggle('absent', series?.kind === 'absent');
      lane.overlay.dataset.reason = series?.kind === 'absent' ? `Not drawn: ${series.reason}` : '';
      const size = fitCanvas(lane.canvas);
      if (size) drawLane(size.g, size, this.colours, lane, this.window, this.range, font);
    }
    const canvas = this.axis?.querySelector('canvas');
    if (canvas) {
      for (const old of this.axis.querySelectorAll('svg')) old.remove();
      const size = fitCanvas(canvas);
      if (size) drawAxis(size.g, size, this.colours, this.range, font);
    }
    this.#place();
  }

  /** The clock and the two cursors lie over the canvases, so that moving them draws nothing again. */
  #place() {
    if (!this.window) return;
    const clear = this.querySelector('[data-plot="clear"]');
    if (clear) clear.hidden = this.marks.a === null && this.marks.b === null;
    for (const lane of this.lanes) {
      if (lane.value) lane.value.textContent = valueAt(this.window, this.window.series.get(lane.name) ?? {}, this.time);
      this.#line(lane, 'clock', this.time, '');
      this.#line(lane, 'a', this.marks.a, 'A');
      this.#line(lane, 'b', this.marks.b, 'B');
    }
  }

  #line(lane, kind, t, label) {
    lane.lines ??= {};
    const line = lane.lines[kind] ??= lane.overlay.appendChild(make('i', `plot-line ${kind}`));
    const share = t === null ? -1 : (t - this.range.from) / (this.range.to - this.range.from);
    line.hidden = !(share >= 0 && share <= 1);
    if (line.hidden) return;
    line.style.left = `${GUTTER + share * (lane.stage.clientWidth - GUTTER)}px`;
    if (label && lane === this.lanes[0]) line.dataset.label = label;
  }

  #timeAt(event) {
    const box = this.stack.getBoundingClientRect();
    return this.range.from + (event.clientX - box.left - GUTTER) / (box.width - GUTTER) * (this.range.to - this.range.from);
  }

  #wheel(event) {
    // Pages scroll by the wheel; plots take it once they were clicked, or with Ctrl.
    const isOurs = event.ctrlKey || event.metaKey || this.stack.contains(document.activeElement);
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (!isOurs && !(isSideways && event.deltaX)) return;
    event.preventDefault();
    const width = this.range.to - this.range.from;
    if (isSideways) {
      const by = (event.deltaX || event.deltaY) / this.#plotWidth * width;
      this.#show(this.range.from + by, this.range.to + by);
    } else {
      this.#zoom(Math.exp(Math.min(Math.max(event.deltaY, -120), 120) / 300), this.#timeAt(event));
    }
  }

  #press(event) {
    if (event.button > 1 || !event.target.closest('.plot-stage')) return;
    const stage = event.target.closest('.plot-stage'), lane = this.lanes.find(some => some.stage === stage);
    if (!lane) return;
    event.preventDefault();
    lane.canvas.focus({ preventScroll: true });
    const start = this.#timeAt(event), old = { ...this.range }, x = event.clientX;
    const isPan = event.button === 1 || event.shiftKey || event.pointerType === 'touch';
    const selection = isPan ? null : lane.overlay.appendChild(make('i', 'plot-selection'));
    if (selection) selection.hidden = true;
    let moved = false;
    stage.setPointerCapture(event.pointerId);
    const drag = move => {
      if (!moved && Math.abs(move.clientX - x) < 4) return;
      moved = true;
      if (isPan) {
        const by = (x - move.clientX) / this.#plotWidth * (old.to - old.from);
        this.#show(old.from + by, old.to + by);
        return;
      }
      const share = t => Math.min(Math.max((t - this.range.from) / (this.range.to - this.range.from), 0), 1) * (stage.clientWidth - GUTTER) + GUTTER;
      const from = share(start), to = share(this.#timeAt(move));
      selection.hidden = false;
      selection.style.left = `${Math.min(from, to)}px`;
      selection.style.width = `${Math.abs(to - from)}px`;
    };
    const end = up => {
      stage.removeEventListener('pointermove', drag);
      selection?.remove();
      if (up.type !== 'pointerup') return;
      if (!moved) showTime(Math.min(Math.max(start, 0), this.duration), this);
      else if (!isPan) {
        const t = this.#timeAt(up);
        this.#show(Math.min(start, t), Math.max(start, t));
      }
      this.#tell();
    };
    stage.addEventListener('pointermove', drag);
    stage.addEventListener('pointerup', end, { once: true });
    stage.addEventListener('pointercancel', end, { once: true });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest('canvas')) return;
    const width = this.range.to - this.range.from;
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (sideways && event.shiftKey) showTime(Math.min(Math.max(this.time + sideways * width / this.#plotWidth * 4, 0), this.duration), this);
    else if (sideways) this.#show(this.range.from + sideways * 0.1 * width, this.range.to + sideways * 0.1 * width);
    else if (event.key === '+' || event.key === '=') this.#act('in');
    else if (event.key === '-') this.#act('out');
    else if (event.key === 'Home') this.#act('all');
    else if (event.key.toLowerCase() === 'a' || event.key.toLowerCase() === 'b') this.#act(event.key.toLowerCase());
    else if (event.key === 'Escape') this.#act('clear');
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.#tell();
  }

  #act(action) {
    const centre = this.time >= this.range.from && this.time <= this.range.to ? this.time : (this.range.from + this.range.to) / 2;
    if (action === 'in') this.#zoom(0.5, centre);
    else if (action === 'out') this.#zoom(2, centre);
    else if (action === 'all') showRange(0, this.duration, this.duration, null);
    else if (action === 'a' || action === 'b') this.#mark({ [action]: this.time });
    else if (action === 'clear') this.#mark({ a: null, b: null });
  }

  #zoom(factor, centre) {
    this.#show(centre + (this.range.from - centre) * factor, centre + (this.range.to - centre) * factor);
  }

  #show(from, to) {
    const range = fit(from, to, this.duration);
    showRange(range.from, range.to, this.duration, this);
  }

  #mark(marks) {
    Object.assign(this.marks, marks);
    remember(this.marks);
    this.#place();
    this.#measure();
  }

  /** What is between the cursors, exact: asked of the server, which has every sample. */
  #measure() {
    const box = this.querySelector('[data-measured]');
    if (!box) return;
    const { a, b } = this.marks;
    clearTimeout(this.#measureTimer);
    this.#measuring?.abort();
    if (a === null || b === null || a === b) {
      box.hidden = a === null && b === null;
      box.querySelector('[data-delta]').textContent = a === null && b === null ? '' : a !== null && b !== null ? 'A and B are at the same moment.' : `${a !== null ? 'A' : 'B'} at ${formatTime(a ?? b)}. Set the other cursor to measure between them.`;
      box.querySelector('table').hidden = true;
      return;
    }
    const from = Math.min(a, b), to = Math.max(a, b);
    box.hidden = false;
    box.querySelector('[data-delta]').textContent = `A ${formatTime(a)}, B ${formatTime(b)}, Δt ${formatTime(to - from)}`;
    const key = `${from} ${to} ${this.lanes.map(lane => lane.name).join()}`;
    if (this.measured === key) return;
    const mine = this.#measuring = new AbortController();
    this.#measureTimer = setTimeout(async () => {
      try {
        const query = new URLSearchParams({ ch: joinNames(this.lanes.map(lane => lane.name)), from: String(from), to: String(to) });
        const measured = await fetchJson(`/api/v1/recordings/${this.recording}/signals/statistics?${query}`, mine.signal);
        this.measured = key;
        const body = box.querySelector('tbody');
        body.replaceChildren(...measured.map(row => tableRow([row.name, row.count.toLocaleString('en'), ...['min', 'max', 'mean', 'first', 'last'].map(name => row[name] === undefined ? '–' : text(row[name]))], 1)));
        box.querySelector('table').hidden = measured.length === 0;
      } catch (error) {
        if (error.name !== 'AbortError') box.querySelector('[data-delta]').textContent = `✖ ${error.message}`;
      }
    }, 120);
  }

  #describe() {
    if (!this.note) return;
    const series = [...this.window.series.values()];
    const parts = [];
    if (series.some(one => one.kind === 'columns')) parts.push(`Lines go through first, smallest, largest and last value of every ${formatTime(this.window.width)} (${Math.round((this.range.to - this.range.from) / this.window.width).toLocaleString('en')} columns): no sample is left out.`);
    if (series.some(one => one.kind === 'samples')) parts.push('Every sample is drawn.');
    this.note.textContent = parts.join(' ');
  }

  /** Exports give what is seen. */
  #links() {
    for (const link of this.querySelectorAll('a[data-export]')) {
      const query = new URLSearchParams({ ch: joinNames(this.lanes.map(lane => lane.name)), from: shortest(this.range.from), to: shortest(this.range.to), format: link.dataset.export });
      if (this.range.from <= 0 && this.range.to >= this.duration) { query.delete('from'); query.delete('to'); }
      link.href = `/api/v1/recordings/${this.recording}/signals/export?${query}`;
    }
  }

  /** The table twin, of the range that is shown; asked for only while it is open. */
  async #tabulate() {
    const details = this.querySelector('details.plot-table'), body = details?.querySelector('tbody');
    if (!details?.open || !body) return;
    const key = `${this.range.from} ${this.range.to}`;
    if (this.tabulated === key) return;
    this.tabulated = key;
    try {
      const window = await fetchWindow(this.recording, this.lanes.map(lane => lane.name), this.range.from, this.range.to, TABLE_ROWS, this.#quiet.signal);
      if (this.tabulated !== key) return;
      body.replaceChildren(...tableRows(window, this.lanes.map(lane => lane.name)));
    } catch (error) {
      this.tabulated = null;
      if (error.name !== 'AbortError') body.replaceChildren(tableRow([`✖ ${error.message}`], 1));
    }
  }

  #tell() {
    clearTimeout(this.#said);
    this.#said = setTimeout(() => {
      if (this.status) this.status.textContent = `Showing ${formatTime(this.range.from)} to ${formatTime(this.range.to)}, clock at ${formatTime(this.time)}.`;
    }, 900);
  }
});

function make(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}

/** A canvas as large as it looks, in device pixels; null while it has no size. */
function fitCanvas(canvas) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !height) return null;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { g, width, height };
}

function tableRow(cells, heads) {
  const row = document.createElement('tr');
  cells.forEach((value, i) => {
    const cell = document.createElement(i < heads ? 'th' : 'td');
    if (i < heads) cell.scope = 'row';
    else cell.className = 'number';
    cell.textContent = value;
    row.append(cell);
  });
  return row;
}

/** A row per time and signal: columns with their five values, samples with theirs, bands from and to. */
function tableRows(window, names) {
  const rows = [];
  for (const name of names) {
    const series = window.series.get(name);
    if (series?.kind === 'columns') {
      for (let i = 0; i < series.count.length; i++) {
        const from = formatTime(window.from + i * window.width), to = formatTime(window.from + (i + 1) * window.width);
        rows.push(series.count[i]
          ? tableRow([name, from, to, series.count[i].toLocaleString('en'), text(series.min[i]), text(series.max[i]), text(series.first[i]), text(series.last[i])], 1)
          : tableRow([name, from, to, '0', 'no sample', '', '', ''], 1));
      }
    } else if (series?.kind === 'samples') {
      series.times.forEach((time, i) => rows.push(tableRow([name, formatTime(time), '', '1', Number.isNaN(series.values[i]) ? 'no value' : text(series.values[i]), '', '', ''], 1)));
    } else if (series?.kind === 'bands') {
      series.from.forEach((from, i) => rows.push(tableRow([name, formatTime(from), formatTime(series.to[i]), '', series.labels[series.label[i]], '', '', ''], 1)));
    } else if (series) {
      rows.push(tableRow([name, '', '', '', `not drawn: ${series.reason}`, '', '', ''], 1));
    }
  }
  return rows;
}
