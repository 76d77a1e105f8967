// What <mesh-frames> and <mesh-lidar> have in common: the picture at the clock's moment or the nearest before it, steps from frame to frame, the next
// ones fetched ahead. Without this the server's own picture and links stay.
import { currentTime, explain, failure, fetchJson, formatTime, lastAt, sendTime } from './recording-clock.js';

const AHEAD = 5;
const KEPT = 24;
const lists = new Map();

/** Frames of a recording, asked for once however many views there are. */
function listFrames(recording) {
  if (!lists.has(recording)) {
    lists.set(recording, fetchJson(`/api/v1/recordings/${recording}/frames`).catch(error => { lists.delete(recording); throw error; }));
  }
  return lists.get(recording);
}

export class FrameViewer extends HTMLElement {
  #pictures = new Map();
  #ahead = null;
  #direction = 1;
  #wanted = null;
  #shown = null;
  #refused = null;
  #isBusy = false;
  #said = 0;
  #end = null;

  async connectedCallback() {
    this.#end = new AbortController();
    const { signal } = this.#end;
    this.image = this.querySelector('img');
    this.caption = this.querySelector('figcaption');
    this.status = this.querySelector('[role="status"]');
    this.slider = this.querySelector('input[type="range"]');
    this.recording = this.dataset.recording;
    try {
      const list = await listFrames(this.recording);
      if (signal.aborted) return;
      this.frames = list.channels.find(channel => channel.channel === this.dataset.channel);
      this.duration = list.durationSeconds;
    } catch (error) {
      this.fail(explain(error));
      return;
    }
    if (!this.frames || this.frames.times.length === 0) return;
    this.#enhance(signal);
    this.show(currentTime());
  }

  disconnectedCallback() {
    this.#end?.abort();
    this.#ahead?.abort();
    this.#forget();
  }

  /** Address of the picture at a time; the version makes it one that browsers keep. */
  url(t) {
    return `/api/v1/recordings/${this.recording}/frames/${this.kind}?${new URLSearchParams({ channel: this.frames.channel, at: String(t), ...this.options(), v: this.frames.version })}`;
  }

  options() { return {}; }

  /** What a frame is called. */
  noun = 'Frame';

  /** Facts of a picture, from its answer's headers. */
  describe() { }

  #enhance(signal) {
    this.closest('.media')?.querySelector('[data-keys]')?.removeAttribute('hidden');
    for (const link of this.querySelectorAll('a[data-step]')) {
      link.addEventListener('click', event => { event.preventDefault(); event.stopPropagation(); this.step(Number(link.dataset.step)); }, { signal });
    }
    if (this.slider) {
      this.slider.closest('[hidden]')?.removeAttribute('hidden');
      this.slider.max = String(this.frames.times.length - 1);
      this.slider.addEventListener('input', () => this.#go(Number(this.slider.value)), { signal });
    }
    document.addEventListener('mesh-time', event => { if (event.detail.source !== this) this.show(event.detail.t); }, { signal });
    document.addEventListener('keydown', event => {
      if (event.key !== '.' && event.key !== ',') return;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input:not([type="range"]), textarea, select, [contenteditable]')) return;
      // One view steps: the one with the focus, else the first of the page.
      const focused = document.activeElement?.closest('mesh-frames, mesh-lidar');
      if ((focused ?? document.querySelector('mesh-frames, mesh-lidar')) !== this) return;
      event.preventDefault();
      this.step(event.key === '.' ? 1 : -1);
    }, { signal });
  }

  /** Goes some frames on, or back. */
  step(count) {
    this.#direction = Math.sign(count);
    const index = Math.max(lastAt(this.frames.times, this.time), count > 0 ? -1 : 0);
    this.#go(Math.min(Math.max(index + count, 0), this.frames.times.length - 1));
  }

  #go(index) {
    const t = this.frames.times[index];
    sendTime(t, this);
    this.show(t);
  }

  /** Shows the frame at a moment. */
  async show(t) {
    this.time = t;
    const times = this.frames.times;
    const index = lastAt(times, t);
    if (this.slider) {
      this.slider.value = String(Math.max(index, 0));
      this.slider.setAttribute('aria-valuetext', formatTime(t));
    }
    for (const link of this.querySelectorAll('a[data-step]')) {
      const target = index + Number(link.dataset.step);
      link.toggleAttribute('aria-disabled', target < 0 || target >= times.length);
    }
    if (index < 0) {
      this.#ahead?.abort();
      this.#wanted = this.#shown = null;
      this.classList.add('none');
      this.say(`No ${this.noun.toLowerCase()} yet: the first is at ${formatTime(times[0])}.`);
      return;
    }
    this.classList.remove('none');
    const url = this.url(this.frames.isThinned ? t : times[index]);
    if (this.#shown?.url === url) this.#tell(this.#shown.picture);
    // What was refused is not asked for again at every tick of the clock.
    if (this.#refused?.url === url) { this.#wanted = null; this.fail(this.#refused.message); return; }
    if (this.#wanted?.url === url) return;
    this.#wanted = { url, index };
    this.#ahead?.abort();
    if (!this.#isBusy) await this.#catchUp();
  }

  /** Shows what is wanted last. What is on its way is waited for, not given up: a clock that runs would else never see a picture. */
  async #catchUp() {
    this.#isBusy = true;
    while (this.#wanted && this.#wanted.url !== this.#shown?.url && this.isConnected) {
      const { url, index } = this.#wanted;
      // The last picture stays, marked, until the next one is there.
      this.classList.add('waiting');
      this.setAttribute('aria-busy', 'true');
      try {
        const picture = await this.#load(url, this.#end.signal);
        if (!this.#wanted) break;
        this.image.src = picture.src;
        await this.image.decode().catch(() => { throw new Error('The browser cannot read this picture: it is damaged, or of a kind it does not know.'); });
        this.#shown = { url, picture };
        this.#refused = null;
        this.classList.remove('failed');
        this.#tell(picture);
        this.describe(picture.facts);
        if (this.#wanted?.url === url) this.#fetchAhead(index);
      } catch (error) {
        if (error.name === 'AbortError') break;
        this.#shown = null;
        if (!(error instanceof TypeError)) this.#refused = { url, message: explain(error) };
        if (this.#wanted?.url === url) this.#wanted = null;
        this.fail(explain(error));
      }
    }
    this.classList.remove('waiting');
    this.removeAttribute('aria-busy');
    this.#isBusy = false;
  }

  /** Shows everything again, as after a change of options. */
  refresh() {
    this.#forget();
    if (this.frames && this.time !== undefined) this.show(this.time);
  }

  fail(message) {
    this.classList.remove('waiting');
    this.classList.add('failed');
    this.say(message);
  }

  say(text) {
    if (this.caption.textContent === text) return;
    this.caption.textContent = text;
    // A reader is told where it came to rest, not every frame on the way.
    clearTimeout(this.#said);
    this.#said = setTimeout(() => { if (this.status) this.status.textContent = text; }, 900);
  }

  #tell(picture) {
    if (!picture) return;
    const behind = Math.round((this.time - picture.time) * 1000);
    const place = this.frames.isThinned ? '' : `${this.noun} ${(lastAt(this.frames.times, picture.time + 1e-9) + 1).toLocaleString('en')} of ${this.frames.count.toLocaleString('en')} · `;
    this.say(`${place}${formatTime(picture.time)}${behind > 0 ? ` · ${behind.toLocaleString('en')} ms before the cursor` : ''}`);
    const alt = `${this.frames.channel} at ${formatTime(picture.time)}`;
    if (this.image.alt !== alt) this.image.alt = alt;
  }

  async #load(url, signal) {
    const known = this.#pictures.get(url);
    if (known) { this.#pictures.delete(url); this.#pictures.set(url, known); return known; }
    const response = await fetch(url, { signal });
    if (!response.ok) throw await failure(response);
    const facts = Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('mesh-')).map(([name, value]) => [name.slice(5), value]));
    const picture = { src: URL.createObjectURL(await response.blob()), time: Number(facts.time), facts };
    if (this.#pictures.has(url)) { URL.revokeObjectURL(picture.src); return this.#pictures.get(url); }
    this.#pictures.set(url, picture);
    for (const [old, { src }] of this.#pictures) {
      if (this.#pictures.size <= KEPT) break;
      if (src === this.image.src) continue;
      URL.revokeObjectURL(src);
      this.#pictures.delete(old);
    }
    return picture;
  }

  async #fetchAhead(index) {
    if (this.frames.isThinned) return;
    this.#ahead?.abort();
    const { signal } = this.#ahead = new AbortController();
    for (let i = 1; i <= AHEAD; i++) {
      const t = this.frames.times[index + i * this.#direction];
      if (t === undefined || signal.aborted) return;
      // One after the other: what is looked at comes first.
      try { await this.#load(this.url(t), signal); } catch { return; }
    }
  }

  #forget() {
    for (const { src } of this.#pictures.values()) URL.revokeObjectURL(src);
    this.#pictures.clear();
    this.#wanted = this.#shown = null;
  }
}
