// <mesh-timeline data-duration>: over the server's picture of a recording's density lie the range that is shown, with its handles, and the clock's moment.
// A click moves the clock, dragging chooses a range. Without this the picture and its table stay.
import { currentRange, currentTime, fit, formatTime, play, remember, showRange, showTime } from './recording.js';

customElements.define('mesh-timeline', class extends HTMLElement {
  #quiet = null;
  #stop = null;
  #said = 0;

  connectedCallback() {
    this.#quiet = new AbortController();
    const { signal } = this.#quiet;
    this.duration = Number(this.dataset.duration) || 0;
    this.stage = this.querySelector('.tl-overlay');
    if (!this.stage || this.duration <= 0) return;
    this.range = currentRange(this.duration);
    this.time = Math.min(currentTime(), this.duration);
    this.window = make('div', 'tl-window');
    this.before = make('div', 'tl-shade');
    this.after = make('div', 'tl-shade');
    this.cursor = make('div', 'tl-cursor');
    this.hover = make('div', 'tl-hover');
    this.stage.replaceChildren(this.before, this.after, this.window, this.cursor, this.hover);
    this.stage.tabIndex = 0;
    this.stage.setAttribute('role', 'slider');
    this.stage.setAttribute('aria-label', 'Time of the recording. Arrow keys move the clock, Page keys by a tenth, plus and minus change the range that is shown, Home shows all.');
    this.stage.setAttribute('aria-valuemin', '0');
    this.stage.setAttribute('aria-valuemax', String(this.duration));
    this.playButton = this.querySelector('[data-play]');
    this.speed = this.querySelector('[data-speed]');
    this.clock = this.querySelector('[data-clock]');
    for (const tool of this.querySelectorAll('.tl-tools [hidden]')) tool.hidden = false;
    this.playButton?.addEventListener('click', () => this.#toggle(), { signal });
    this.querySelector('[data-all]')?.addEventListener('click', () => showRange(0, this.duration, this.duration, null), { signal });
    document.addEventListener('mesh-time', event => { this.time = event.detail.t; remember({ t: this.time }); this.#place(); }, { signal });
    document.addEventListener('mesh-range', event => { this.range = event.detail; this.#place(); }, { signal });
    document.addEventListener('keydown', event => this.#globalKey(event), { signal });
    this.stage.addEventListener('keydown', event => this.#key(event), { signal });
    this.stage.addEventListener('pointerdown', event => this.#press(event), { signal });
    this.stage.addEventListener('pointermove', event => this.#point(event), { signal });
    this.stage.addEventListener('pointerleave', () => { this.hover.classList.remove('on'); }, { signal });
    this.#place();
  }

  disconnectedCallback() {
    this.#quiet?.abort();
    this.#stop?.();
  }

  #place() {
    const percent = seconds => `${Math.min(Math.max(seconds / this.duration, 0), 1) * 100}%`;
    const { from, to } = this.range;
    const isAll = from <= 0 && to >= this.duration;
    this.before.style.width = percent(from);
    this.after.style.left = percent(to);
    this.after.style.right = '0';
    this.window.hidden = isAll;
    this.window.style.left = percent(from);
    this.window.style.width = percent(to - from);
    this.cursor.style.left = percent(this.time);
    this.stage.setAttribute('aria-valuenow', String(Math.round(this.time * 1000) / 1000));
    this.stage.setAttribute('aria-valuetext', formatTime(this.time));
    if (this.clock) this.clock.textContent = formatTime(this.time);
  }

  #timeAt(event) {
    const box = this.stage.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * this.duration;
  }

  #point(event) {
    const t = this.#timeAt(event);
    this.hover.style.left = `${t / this.duration * 100}%`;
    this.hover.dataset.text = formatTime(t);
    this.hover.classList.add('on');
    this.hover.classList.toggle('left', t > this.duration * 0.8);
  }

  #press(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    this.stage.setPointerCapture(event.pointerId);
    const start = this.#timeAt(event), old = { ...this.range };
    const isAll = old.from <= 0 && old.to >= this.duration;
    const near = 8 / this.stage.clientWidth * this.duration;
    const grip = isAll ? 'new' : Math.abs(start - old.from) < near ? 'from' : Math.abs(start - old.to) < near ? 'to' : start > old.from && start < old.to ? 'move' : 'new';
    let moved = false;
    const drag = move => {
      const t = this.#timeAt(move);
      if (!moved && Math.abs(t - start) < 4 / this.stage.clientWidth * this.duration) return;
      moved = true;
      const range = grip === 'move' ? fit(old.from + t - start, old.to + t - start, this.duration)
        : grip === 'from' ? { from: Math.min(t, old.to), to: Math.max(t, old.to) }
        : grip === 'to' ? { from: Math.min(t, old.from), to: Math.max(t, old.from) }
        : { from: Math.min(start, t), to: Math.max(start, t) };
      if (range.to > range.from) showRange(range.from, range.to, this.duration, this);
    };
    const end = up => {
      this.stage.removeEventListener('pointermove', drag);
      if (!moved && up.type === 'pointerup') showTime(start, this);
      this.#tell();
    };
    this.stage.addEventListener('pointermove', drag);
    this.stage.addEventListener('pointerup', end, { once: true });
    this.stage.addEventListener('pointercancel', end, { once: true });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const width = this.range.to - this.range.from;
    const step = { ArrowLeft: -0.01, ArrowRight: 0.01, ArrowDown: -0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1 }[event.key];
    if (step) showTime(Math.min(Math.max(this.time + step * width, 0), this.duration), this);
    else if (event.key === '+' || event.key === '=') this.#zoom(0.5);
    else if (event.key === '-') this.#zoom(2);
    else if (event.key === 'Home') showRange(0, this.duration, this.duration, this);
    else return;
    event.preventDefault();
    this.#tell();
  }

  #globalKey(event) {
    if (event.key !== ' ' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.('button, a, input, select, textarea, summary, [contenteditable]')) return;
    event.preventDefault();
    this.#toggle();
  }

  #zoom(factor) {
    const centre = this.time >= this.range.from && this.time <= this.range.to ? this.time : (this.range.from + this.range.to) / 2;
    const { from, to } = fit(centre + (this.range.from - centre) * factor, centre + (this.range.to - centre) * factor, this.duration);
    showRange(from, to, this.duration, this);
  }

  #toggle() {
    if (this.#stop) { this.#pause(); return; }
    this.#stop = play(this.duration, () => Number(this.speed?.value ?? 1), () => this.#pause());
    this.#label('❚❚', 'Pause');
  }

  #pause() {
    this.#stop?.();
    this.#stop = null;
    this.#label('▶', 'Play');
    remember({ t: this.time });
  }

  #label(icon, text) {
    if (!this.playButton) return;
    this.playButton.textContent = icon;
    this.playButton.setAttribute('aria-label', text);
  }

  #tell() {
    clearTimeout(this.#said);
    this.#said = setTimeout(() => {
      const status = this.querySelector('[role="status"]');
      if (status) status.textContent = `Clock at ${formatTime(this.time)}; showing ${formatTime(this.range.from)} to ${formatTime(this.range.to)}.`;
    }, 900);
  }
});

function make(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}
