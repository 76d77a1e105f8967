// The stream of changes from /api/v1/live, opened and closed as somebody looks. What it says is remembered, for those who join later.
const MAX_WAIT_MS = 30_000;

export class LiveStream {
  #tell; #source = null; #timer = 0; #wait = 2_000; #place = null;

  /** Texts by key, as they are. */
  values = {};
  /** Place of the last change of each kind. */
  places = {};
  /** `closed`, `reconnecting` or `live`. */
  state = 'closed';
  /** When the values were true, by this machine's clock; null before the first. */
  freshAt = null;
  /** The same as the server writes it. */
  at = null;

  /** @param {(message: object) => void} tell gets each message: `{values}`, `{places}`, and always `{state, freshAt, at}` */
  constructor(tell) { this.#tell = tell; }

  /** What somebody who joins must know. */
  get all() { return this.#message({ values: this.values, places: this.places }); }

  open() {
    if (this.#source || this.#timer) return;
    const source = this.#source = new EventSource(`/api/v1/live${this.#place ? `?after=${encodeURIComponent(this.#place)}` : ''}`);
    source.addEventListener('open', () => { this.#wait = 2_000; });
    source.addEventListener('values', event => {
      const { at, values } = JSON.parse(event.data);
      Object.assign(this.values, values);
      this.#freshen(event, at, 0);
      this.#tell(this.#message({ values }));
    });
    source.addEventListener('changed', event => {
      const { places } = JSON.parse(event.data);
      Object.assign(this.places, places);
      this.#note(event);
      this.#tell(this.#message({ places }));
    });
    source.addEventListener('beat', event => {
      const { at, age } = JSON.parse(event.data);
      if (at) this.#freshen(event, at, age);
      else this.#note(event);
      this.#tell(this.#message({}));
    });
    source.addEventListener('error', () => {
      this.state = 'reconnecting';
      this.#tell(this.#message({}));
      // The browser tries again by itself after a lost connection, but not after an answer such as 503 or 401.
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = null;
      this.#timer = setTimeout(() => { this.#timer = 0; this.open(); }, this.#wait);
      this.#wait = Math.min(MAX_WAIT_MS, this.#wait * 2);
    });
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#source?.close();
    this.#source = null;
    this.state = 'closed';
  }

  #message(parts) { return { ...parts, state: this.state, freshAt: this.freshAt, at: this.at }; }

  #note(event) {
    this.#place = event.lastEventId;
    this.state = 'live';
  }

  #freshen(event, at, age) {
    this.#note(event);
    this.at = at;
    this.freshAt = Date.now() - age * 1000;
  }
}
