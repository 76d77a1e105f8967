// <mesh-map data-recording>: where the vehicle went, in metres, without tiles. The clock's moment is a mark on the track; a click takes the clock to the
// nearest place. The line is never further than its tolerance from where the vehicle was at that time, so the mark may be put between two points.
import { colours, currentTime, explain, fetchJson, formatTime, lastAt, sendTime } from './recording-clock.js';

const WIDTHS = [2.2, 2.9, 3.6, 4.3, 5];
const PAD = 28;
const FOOT = 30;
const NAMES = ['surface', 'surface-2', 'grid', 'border-strong', 'text', 'text-2', 'accent', 'bad', 'warn', 'speed-1', 'speed-2', 'speed-3', 'speed-4', 'speed-5'];

/** The nearest of 1, 2, 5 × 10^k above. */
function niceStep(metres) {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= metres * 0.999999);
}

const formatMetres = metres => metres >= 1000 ? `${+(metres / 1000).toFixed(2)} km` : `${+metres.toFixed(metres < 1 ? 1 : 0)} m`;

customElements.define('mesh-map', class extends HTMLElement {
  #end = null;
  #frame = 0;
  #drag = null;
  #fetching = null;
  #range = null;
  #said = 0;

  async connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    this.time = currentTime();
    this.setAttribute('aria-busy', 'true');
    try {
      await this.#load(1);
    } catch (error) {
      if (error.name !== 'AbortError' && error.status !== 404) this.querySelector('.map-note')?.replaceChildren(explain(error));
      return;
    } finally {
      this.removeAttribute('aria-busy');
    }
    if (signal.aborted || this.track.points.length === 0) return;
    this.#build();
    this.#listen(signal);
    if (this.centre && !this.isFitted) this.#redraw();
    else this.fit();
  }

  disconnectedCallback() {
    this.#end?.abort();
    this.#fetching?.abort();
    cancelAnimationFrame(this.#frame);
  }

  async #load(tolerance) {
    this.#fetching?.abort();
    const mine = this.#fetching = new AbortController();
    const query = new URLSearchParams({ tolerance: String(tolerance) });
    if (this.dataset.channel) query.set('channel', this.dataset.channel);
    const track = await fetchJson(`/api/v1/recordings/${this.dataset.recording}/track?${query}`, mine.signal);
    if (mine.signal.aborted) return;
    this.track = track;
    this.times = track.points.map(point => point.t);
    // Gaps between two points of the line; those before the first and after the last have no line.
    this.gaps = track.gaps.filter(gap => gap.from >= this.times[0] - 1e-6 && gap.to <= this.times.at(-1) + 1e-6);
    this.asked = tolerance;
    if (!this.bins) this.bins = this.#speedBins();
  }

  #speedBins() {
    const top = this.track.points.reduce((max, point) => Math.max(max, point.speed), 0) * 3.6;
    const step = niceStep(Math.max(top / WIDTHS.length, 1));
    return WIDTHS.map((_, i) => (i + 1) * step);
  }

  #build() {
    const stage = this.querySelector('.map-stage');
    this.canvas = document.createElement('canvas');
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'img');
    this.canvas.className = 'map-canvas';
    stage.replaceChildren(this.canvas);
    this.status = this.querySelector('[role="status"]');
    this.place = this.querySelector('.map-place');
    this.querySelector('.map-tools')?.removeAttribute('hidden');
    const legend = this.querySelector('.map-legend');
    legend?.replaceChildren(...this.bins.map((bin, i) => {
      const item = document.createElement('li');
      item.className = `speed-${i + 1}`;
      item.textContent = i === 0 ? `to ${bin}` : i === this.bins.length - 1 ? `over ${this.bins[i - 1]} km/h` : `to ${bin}`;
      return item;
    }));
    this.#label();
  }

  #listen(signal) {
    const canvas = this.canvas;
    document.addEventListener('mesh-time', event => { if (event.detail.source !== this) { this.time = event.detail.t; this.#redraw(); } }, { signal });
    document.addEventListener('mesh-range', event => { this.#range = event.detail; this.#redraw(); }, { signal });
    document.addEventListener('mesh-theme', () => this.#redraw(), { signal });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw(), { signal });
    const observer = new ResizeObserver(() => { if (this.isFitted) this.fit(); else this.#redraw(); });
    observer.observe(canvas);
    signal.addEventListener('abort', () => observer.disconnect());
    for (const button of this.querySelectorAll('button[data-map]')) {
      button.addEventListener('click', () => ({ in: () => this.zoom(1.6), out: () => this.zoom(1 / 1.6), fit: () => this.fit() })[button.dataset.map](), { signal });
    }
    canvas.addEventListener('pointerdown', event => {
      if (event.button !== 0) return;
      this.#drag = { x: event.clientX, y: event.clientY, moved: false };
      canvas.setPointerCapture(event.pointerId);
    }, { signal });
    canvas.addEventListener('pointermove', event => {
      const drag = this.#drag;
      if (!drag) return;
      const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
      if (!drag.moved && Math.hypot(dx, dy) < 4) return;
      drag.moved = true;
      this.#pan(dx, dy);
      drag.x = event.clientX;
      drag.y = event.clientY;
    }, { signal });
    canvas.addEventListener('pointerup', event => {
      const drag = this.#drag;
      this.#drag = null;
      if (!drag || drag.moved) return;
      const box = canvas.getBoundingClientRect();
      const t = this.#timeAt(event.clientX - box.left, event.clientY - box.top);
      if (t !== null) this.#setTime(t);
    }, { signal });
    canvas.addEventListener('pointercancel', () => { this.#drag = null; }, { signal });
    // The wheel scrolls the page until the map has the focus.
    canvas.addEventListener('wheel', event => {
      if (document.activeElement !== canvas) return;
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
    }, { signal, passive: false });
    canvas.addEventListener('keydown', event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const pan = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      const step = Math.max(this.track.durationSeconds / 200, 0.1);
      if (event.shiftKey && pan) this.#pan(...pan);
      else if (event.key === 'ArrowLeft' || event.key === 'ArrowDown') this.#setTime(Math.max(this.time - step, 0));
      else if (event.key === 'ArrowRight' || event.key === 'ArrowUp') this.#setTime(Math.min(this.time + step, this.track.durationSeconds));
      else if (event.key === '+' || event.key === '=') this.zoom(1.6);
      else if (event.key === '-') this.zoom(1 / 1.6);
      else if (event.key === 'Home' || event.key === '0') this.fit();
      else return;
      event.preventDefault();
    }, { signal });
  }

  #setTime(t) {
    this.time = t;
    sendTime(t, this);
    this.#redraw();
  }

  /** Shows the whole track. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    let west = Infinity, east = -Infinity, south = Infinity, north = -Infinity;
    for (const point of this.track.points) {
      west = Math.min(west, point.east); east = Math.max(east, point.east);
      south = Math.min(south, point.north); north = Math.max(north, point.north);
    }
    // A vehicle that stood still is shown on a piece of ground, not on a point.
    const span = 20;
    this.metresPerPixel = Math.max(Math.max(east - west, span) / Math.max(width - 2 * PAD, 40), Math.max(north - south, span) / Math.max(height - 2 * PAD - FOOT, 40));
    // The scale bar stands below the track.
    this.centre = [(west + east) / 2, (south + north) / 2 - FOOT / 2 * this.metresPerPixel];
    this.isFitted = true;
    this.#redraw();
  }

  /** Comes closer, keeping a place of the canvas where it is. */
  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const [east, north] = this.#toGround(x, y);
    this.metresPerPixel = Math.min(Math.max(this.metresPerPixel / factor, 0.01), 10_000);
    const [newEast, newNorth] = this.#toGround(x, y);
    this.centre = [this.centre[0] + east - newEast, this.centre[1] + north - newNorth];
    this.isFitted = false;
    this.#redraw();
    this.#refine();
  }

  #pan(dx, dy) {
    this.centre = [this.centre[0] - dx * this.metresPerPixel, this.centre[1] + dy * this.metresPerPixel];
    this.isFitted = false;
    this.#redraw();
  }

  /** Half a pixel is as exact as a line can be seen. */
  async #refine() {
    const wanted = Math.max(this.metresPerPixel / 2, 0.05);
    if (wanted > this.asked / 2 || this.track.points.length >= this.track.used) return;
    try { await this.#load(wanted); this.#redraw(); } catch { /* the coarser line stays */ }
  }

  #toCanvas(east, north) {
    return [this.canvas.clientWidth / 2 + (east - this.centre[0]) / this.metresPerPixel, this.canvas.clientHeight / 2 - (north - this.centre[1]) / this.metresPerPixel];
  }

  #toGround(x, y) {
    return [this.centre[0] + (x - this.canvas.clientWidth / 2) * this.metresPerPixel, this.centre[1] - (y - this.canvas.clientHeight / 2) * this.metresPerPixel];
  }

  /** Time of the nearest place of the line to a place of the canvas; null when none is near. */
  #timeAt(x, y) {
    let best = 40, time = null;
    const { points } = this.track;
    for (let i = 1; i < points.length; i++) {
      const [ax, ay] = this.#toCanvas(points[i - 1].east, points[i - 1].north), [bx, by] = this.#toCanvas(points[i].east, points[i].north);
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      const share = length === 0 ? 0 : Math.min(Math.max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0), 1);
      const distance = Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
      if (distance < best) { best = distance; time = points[i - 1].t + share * (points[i].t - points[i - 1].t); }
    }
    return time;
  }

  /** Where the vehicle is at the clock's moment. */
  #position() {
    const { points } = this.track;
    const at = Math.min(Math.max(lastAt(this.times, this.time), 0), points.length - 1);
    const from = points[at], to = points[at + 1] ?? from;
    const share = to.t > from.t ? Math.min(Math.max((this.time - from.t) / (to.t - from.t), 0), 1) : 0;
    const mix = (one, other) => one + share * (other - one);
    let heading = null;
    for (let i = at; i < points.length - 1 && heading === null; i++) {
      if (Math.hypot(points[i + 1].east - points[i].east, points[i + 1].north - points[i].north) > 0.5) heading = Math.atan2(points[i + 1].east - points[i].east, points[i + 1].north - points[i].north);
    }
    const isFix = this.time >= points[0].t && this.time <= points.at(-1).t && !this.gaps.some(gap => this.time > gap.from && this.time < gap.to);
    return { east: mix(from.east, to.east), north: mix(from.north, to.north), speed: mix(from.speed, to.speed), heading, isFix };
  }

  #label() {
    const { track } = this;
    this.canvas.setAttribute('aria-label', `Track of ${track.channel}, ${formatMetres(track.length)} in ${formatTime(track.durationSeconds)}. Arrow keys move the clock, with Shift the map; plus and minus zoom, Home shows all. The same as a table below.`);
  }

  #redraw() {
    if (!this.canvas || this.#frame) return;
    this.#frame = requestAnimationFrame(() => { this.#frame = 0; this.#draw(); });
  }

  #draw() {
    const canvas = this.canvas, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height || !this.centre) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const g = canvas.getContext('2d');
    const c = this.colours = colours(this, ...NAMES);
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.fillStyle = c.surface;
    g.fillRect(0, 0, width, height);
    const font = getComputedStyle(canvas).fontFamily;
    this.#drawGrid(g, c, width, height, font);
    this.#drawTrack(g, c);
    this.#drawEnds(g, c, font);
    this.#drawVehicle(g, c);
    this.#drawScale(g, c, width, height, font);
  }

  #drawGrid(g, c, width, height, font) {
    const step = niceStep(70 * this.metresPerPixel);
    const [west, north] = this.#toGround(0, 0), [east, south] = this.#toGround(width, height);
    g.strokeStyle = c.grid;
    g.lineWidth = 1;
    g.font = `11px ${font}`;
    g.fillStyle = c['text-2'];
    g.beginPath();
    for (let value = Math.ceil(west / step) * step; value <= east; value += step) {
      const x = Math.round(this.#toCanvas(value, 0)[0]) + 0.5;
      g.moveTo(x, 0);
      g.lineTo(x, height);
    }
    for (let value = Math.ceil(south / step) * step; value <= north; value += step) {
      const y = Math.round(this.#toCanvas(0, value)[1]) + 0.5;
      g.moveTo(0, y);
      g.lineTo(width, y);
    }
    g.stroke();
    g.textBaseline = 'top';
    g.textAlign = 'left';
    for (let value = Math.ceil(west / step) * step; value <= east; value += step) {
      const x = this.#toCanvas(value, 0)[0];
      if (x > 30 && x < width - 60) g.fillText(value < 0 ? `${-Math.round(value)} W` : `${Math.round(value)} E`, x + 3, 3);
    }
    for (let value = Math.ceil(south / step) * step; value <= north; value += step) {
      const y = this.#toCanvas(0, value)[1];
      if (y > 24 && y < height - 34) g.fillText(value < 0 ? `${-Math.round(value)} S` : `${Math.round(value)} N`, 3, y + 2);
    }
  }

  #drawTrack(g, c) {
    const { points } = this.track;
    const places = points.map(point => this.#toCanvas(point.east, point.north));
    const best = points.reduce((known, point) => point.quality > known ? point.quality : known, '');
    g.lineCap = 'round';
    g.lineJoin = 'round';
    // A seam of the background keeps crossings apart.
    g.strokeStyle = c.surface;
    g.lineWidth = 8;
    g.beginPath();
    this.#segments((i, gap) => { if (!gap) { g.moveTo(...places[i - 1]); g.lineTo(...places[i]); } });
    g.stroke();
    this.#segments((i, gap) => {
      const bin = this.#binOf((points[i - 1].speed + points[i].speed) * 1.8);
      g.strokeStyle = gap ? c.bad : c[`speed-${bin + 1}`];
      g.lineWidth = gap ? 1.5 : WIDTHS[bin];
      g.setLineDash(gap ? [3, 6] : points[i].quality !== best && best ? [8, 7] : []);
      for (const [from, to, isOutside] of this.#pieces(points[i - 1].t, points[i].t)) {
        const along = share => [places[i - 1][0] + share * (places[i][0] - places[i - 1][0]), places[i - 1][1] + share * (places[i][1] - places[i - 1][1])];
        g.globalAlpha = isOutside ? 0.3 : 1;
        g.beginPath();
        g.moveTo(...along(from));
        g.lineTo(...along(to));
        g.stroke();
      }
    });
    g.globalAlpha = 1;
    g.setLineDash([]);
  }

  /** A piece of the line cut where the range begins and ends: shares of it, and whether each is outside. */
  #pieces(from, to) {
    const range = this.#range;
    if (!range || !(to > from)) return [[0, 1, Boolean(range) && (from < range.from || from > range.to)]];
    const cuts = [0, (range.from - from) / (to - from), (range.to - from) / (to - from), 1].map(share => Math.min(Math.max(share, 0), 1));
    return [[cuts[0], cuts[1], true], [cuts[1], cuts[2], false], [cuts[2], cuts[3], true]].filter(([begin, end]) => end > begin);
  }

  #segments(visit) {
    const { points } = this.track;
    for (let i = 1; i < points.length; i++) visit(i, this.gaps.some(gap => gap.from >= points[i - 1].t - 1e-6 && gap.to <= points[i].t + 1e-6));
  }

  #binOf(kmh) {
    const bin = this.bins.findIndex(limit => kmh <= limit);
    return bin < 0 ? WIDTHS.length - 1 : bin;
  }

  #drawEnds(g, c, font) {
    const { points } = this.track;
    const ends = [[points[0], 'start'], [points.at(-1), 'end']];
    g.font = `600 12px ${font}`;
    g.textBaseline = 'middle';
    for (const [point, name] of ends) {
      const [x, y] = this.#toCanvas(point.east, point.north);
      if (x < -6 || y < -6 || x > this.canvas.clientWidth + 6 || y > this.canvas.clientHeight + 6) continue;
      g.fillStyle = name === 'start' ? c.surface : c.text;
      g.strokeStyle = c.text;
      g.lineWidth = 2;
      g.beginPath();
      if (name === 'start') g.arc(x, y, 5, 0, 2 * Math.PI);
      else g.rect(x - 4.5, y - 4.5, 9, 9);
      g.fill();
      g.stroke();
      // Behind the start, beyond the end: off the line, and apart from each other where the track is closed.
      const [dx, dy] = this.#outward(name === 'start');
      const lx = Math.min(Math.max(x + 24 * dx, 22), this.canvas.clientWidth - 22);
      let ly = Math.min(Math.max(y + 16 * dy, 24), this.canvas.clientHeight - 8);
      // At the edge it goes above or below its mark.
      if (Math.abs(lx - x) < 20 && Math.abs(ly - y) < 13) ly = y < 60 ? y + 17 : y - 17;
      g.textAlign = 'center';
      g.lineWidth = 4;
      g.strokeStyle = c.surface;
      g.strokeText(name, lx, ly);
      g.fillStyle = c.text;
      g.fillText(name, lx, ly);
    }
  }

  /** Away from the track at one of its ends, as a direction on the canvas. */
  #outward(isStart) {
    const points = isStart ? this.track.points : [...this.track.points].reverse();
    const far = points.find(point => Math.hypot(point.east - points[0].east, point.north - points[0].north) > 20 * this.metresPerPixel) ?? points.at(-1);
    const length = Math.hypot(far.east - points[0].east, far.north - points[0].north);
    return length < 1e-6 ? [0, isStart ? -1 : 1] : [(points[0].east - far.east) / length, (far.north - points[0].north) / length];
  }

  #drawVehicle(g, c) {
    const { east, north, speed, heading, isFix } = this.#position();
    const [x, y] = this.#toCanvas(east, north);
    g.save();
    g.translate(x, y);
    g.lineWidth = 2.5;
    g.strokeStyle = c.surface;
    g.fillStyle = isFix ? c.accent : c.surface;
    g.beginPath();
    if (heading === null) g.arc(0, 0, 7, 0, 2 * Math.PI);
    else {
      g.rotate(heading);
      g.moveTo(0, -12);
      g.lineTo(8, 9);
      g.lineTo(0, 5);
      g.lineTo(-8, 9);
      g.closePath();
    }
    g.fill();
    g.stroke();
    if (!isFix) {
      g.strokeStyle = c.bad;
      g.lineWidth = 1.5;
      g.stroke();
    }
    g.restore();
    const text = isFix ? `${formatTime(this.time)} · ${(speed * 3.6).toFixed(0)} km/h · ${Math.abs(Math.round(east))} m ${east < 0 ? 'W' : 'E'}, ${Math.abs(Math.round(north))} m ${north < 0 ? 'S' : 'N'}` : `${formatTime(this.time)} · no fix at this time`;
    if (this.place) this.place.textContent = text;
    clearTimeout(this.#said);
    this.#said = setTimeout(() => { if (this.status) this.status.textContent = text; }, 900);
  }

  #drawScale(g, c, width, height, font) {
    // The longest of 1, 2, 5 × 10^k that fits 160 px, so never shorter than 64.
    const metres = [1, 2, 5].map(factor => factor * 10 ** Math.floor(Math.log10(160 * this.metresPerPixel))).filter(length => length <= 160 * this.metresPerPixel).at(-1);
    const length = metres / this.metresPerPixel;
    const x = 12, y = height - 14;
    g.fillStyle = c.surface;
    g.globalAlpha = 0.85;
    g.fillRect(4, height - 36, length + 16, 32);
    g.globalAlpha = 1;
    g.strokeStyle = c.text;
    g.lineWidth = 2;
    g.lineCap = 'butt';
    g.beginPath();
    g.moveTo(x, y - 5);
    g.lineTo(x, y);
    g.lineTo(x + length, y);
    g.lineTo(x + length, y - 5);
    g.stroke();
    g.font = `12px ${font}`;
    g.fillStyle = c.text;
    g.textAlign = 'center';
    g.textBaseline = 'bottom';
    g.fillText(formatMetres(metres), x + length / 2, y - 3);
    Object.assign(this.dataset, { scaleMetres: metres, scalePixels: length, east: this.centre[0], north: this.centre[1], metresPerPixel: this.metresPerPixel });

    // North is up, always; the arrow says so.
    const nx = width - 20, ny = height - 20;
    g.fillStyle = c.surface;
    g.globalAlpha = 0.85;
    g.beginPath();
    g.arc(nx, ny - 6, 18, 0, 2 * Math.PI);
    g.fill();
    g.globalAlpha = 1;
    g.fillStyle = c.text;
    g.beginPath();
    g.moveTo(nx, ny - 22);
    g.lineTo(nx + 5, ny - 8);
    g.lineTo(nx, ny - 11);
    g.lineTo(nx - 5, ny - 8);
    g.closePath();
    g.fill();
    g.font = `600 11px ${font}`;
    g.textBaseline = 'top';
    g.fillText('N', nx, ny - 7);
  }
});
