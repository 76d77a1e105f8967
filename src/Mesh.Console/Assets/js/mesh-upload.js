// Recordings dropped or chosen are sent one after the other; each is named with how far it is, and with its page once the server has it.
import { Refused, upload } from './tus-upload.js';

const VEHICLE = 'mesh-upload-vehicle';
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function size(bytes) {
  let unit = 0;
  for (; bytes >= 1024 && unit < UNITS.length - 1; unit++) bytes /= 1024;
  return `${bytes.toFixed(unit ? 1 : 0)} ${UNITS[unit]}`;
}

/** A word as a POSIX shell takes it. */
const quote = word => /^[\w@%+=:,./-]+$/.test(word) && !/^[-@]/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

customElements.define('mesh-upload', class extends HTMLElement {
  #vehicle; #session; #files; #list; #command; #copy; #status; #depth = 0; #queue = []; #running = null; #isBuilt = false;

  connectedCallback() {
    if (!this.#isBuilt) this.#build();
    for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) document.addEventListener(name, this);
    addEventListener('beforeunload', this);
  }

  disconnectedCallback() {
    for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) document.removeEventListener(name, this);
    // Moved within the page it is connected again at once; else the page was left, and what was sent is resumed another time.
    queueMicrotask(() => { if (!this.isConnected) { removeEventListener('beforeunload', this); } });
  }

  handleEvent(event) {
    if (event.type === 'beforeunload') { if (this.#running) event.preventDefault(); return; }
    if (![...event.dataTransfer?.types ?? []].includes('Files')) return;
    event.preventDefault();
    if (event.type === 'dragenter') this.#depth++;
    if (event.type === 'dragleave') this.#depth--;
    if (event.type === 'drop') { this.#depth = 0; this.#take([...event.dataTransfer.files]); }
    this.classList.toggle('over', this.#depth > 0);
  }

  #build() {
    this.#isBuilt = true;
    for (const hint of this.querySelectorAll('.needs-script')) hint.remove();
    this.#command = this.querySelector('.command code');
    this.#copy = this.querySelector('.command button');
    this.#vehicle = element('input', { type: 'text', id: 'upload-vehicle', required: '', maxlength: '200', autocomplete: 'off', placeholder: 'V7' });
    this.#session = element('input', { type: 'text', id: 'upload-session', maxlength: '256', autocomplete: 'off' });
    this.#files = element('input', { type: 'file', multiple: '', id: 'upload-files' });
    this.#list = element('ul', { class: 'upload-list', 'aria-label': 'Uploads' });
    this.#status = element('p', { class: 'visually-hidden', role: 'status' });
    try { this.#vehicle.value = localStorage.getItem(VEHICLE) ?? ''; } catch { /* storage is closed to us */ }
    const field = (label, input) => element('div', { class: 'field' }, element('label', { for: input.id }, label), input);
    this.querySelector('h2').after(
      element('p', { class: 'quiet' }, 'Drop recordings anywhere on this page, or choose them: MCAP, MDF4, ROS 1 and ROS 2 bags. A lost connection is waited for; after a reload, drop the same file again and it goes on where it stands.'),
      element('div', { class: 'upload-fields' }, field('Vehicle: a pseudonym, not the VIN', this.#vehicle), field('Session (optional)', this.#session), field('Recordings', this.#files)),
      this.#list, this.#status);
    this.#files.addEventListener('change', () => { this.#take([...this.#files.files]); this.#files.value = ''; });
    for (const input of [this.#vehicle, this.#session]) input.addEventListener('input', () => this.#sayCommand([]));
    this.#vehicle.addEventListener('keydown', event => { if (event.key === 'Enter') this.#begin(); });
    this.#vehicle.addEventListener('change', () => this.#begin());
    this.#sayCommand([]);
  }

  #sayCommand(names) {
    const words = [...names.length ? names : ['drive.mcap'], '--vehicle', this.#vehicle.value.trim() || 'ID'];
    if (this.#session.value.trim()) words.push('--session', this.#session.value.trim());
    const line = ['mesh publish', ...words.map(quote)].join(' ');
    this.#command.textContent = line;
    this.#copy.dataset.copy = line;
  }

  #take(files) {
    for (const file of files) this.#queue.push(this.#row(file));
    this.#sayCommand(files.map(file => file.name));
    this.#begin();
  }

  /** Begins with the first that waits, when it is known whose they are. */
  async #begin() {
    if (this.#running || this.#queue.length === 0) return;
    const vehicle = this.#vehicle.value.trim();
    if (!vehicle) {
      for (const row of this.#queue) row.say('Waits for the vehicle: fill it in above.');
      this.#vehicle.focus();
      return;
    }
    try { localStorage.setItem(VEHICLE, vehicle); } catch { /* storage is closed to us */ }
    const row = this.#queue.shift();
    this.#running = row;
    await row.run({ vehicle, session: this.#session.value.trim() });
    this.#running = null;
    this.#begin();
  }

  #row(file) {
    const text = element('p', {}, element('strong', {}, file.name), ` ${size(file.size)}. `);
    const said = element('span');
    text.append(said);
    const bar = element('progress', { max: Math.max(1, file.size), value: 0, 'aria-label': `Upload of ${file.name}` });
    const stop = element('button', { type: 'button', class: 'button quiet', 'aria-label': `Stop the upload of ${file.name}` }, 'Stop');
    const item = element('li', {}, text, stop, bar);
    this.#list.append(item);
    const stopping = new AbortController();
    stop.addEventListener('click', () => stopping.abort());
    const say = (...parts) => said.replaceChildren(...parts);
    const end = (kind, icon, ...parts) => {
      say(element('span', { class: `badge ${kind}` }, `${icon} `, parts.shift()), ' ', ...parts);
      bar.remove();
      stop.remove();
      this.#status.textContent = `${file.name}: ${said.textContent}`;
    };
    const tell = (step, bytes) => {
      if (step === 'waiting') { say('The connection is lost; trying again.'); return; }
      bar.value = bytes;
      const share = file.size ? Math.floor(100 * bytes / file.size) : 100;
      say(step === 'checking' ? `Computing its SHA-256: ${share} %` : `Sending: ${share} % (${size(bytes)})`);
    };
    say('Waits for its turn.');
    return {
      say,
      run: async of => {
        try {
          if (stopping.signal.aborted) throw new DOMException('stopped', 'AbortError');
          const { result, id, reason } = await upload(file, of, tell, stopping.signal);
          const link = element('a', { href: `/recordings/${encodeURIComponent(id)}` }, 'Open it and see how far it is');
          if (result === 'accepted') end('ok', '●', 'accepted', link);
          else end('info', '◆', result, reason ? `${reason} ` : '', link);
        } catch (error) {
          if (error instanceof Refused) end('bad', '✖', 'refused', `${error.message} ${error.code}`);
          else if (error.name === 'AbortError') end('idle', '○', 'stopped', 'What was sent is kept for a while: drop it again to go on.');
          else end('bad', '✖', 'failed', error.message);
        }
      },
    };
  }
});
