// Takes the text of a file into the text area named by `for`; also a file that is dropped onto it.
const maxBytes = 1 << 20;

customElements.define('mesh-file-text', class extends HTMLElement {
  connectedCallback() {
    const area = document.getElementById(this.getAttribute('for'));
    if (!area || this.firstChild) return;
    const label = document.createElement('label');
    const input = document.createElement('input');
    label.className = 'button';
    label.textContent = 'Take it from a file…';
    input.type = 'file';
    input.accept = this.getAttribute('accept') ?? '';
    input.className = 'visually-hidden';
    this.message = document.createElement('span');
    this.message.setAttribute('role', 'status');
    this.message.className = 'quiet';
    label.append(input);
    this.append(label, ' ', this.message);
    input.addEventListener('change', () => this.take(input.files[0], area));
    area.addEventListener('dragover', event => event.preventDefault());
    area.addEventListener('drop', event => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.take(event.dataTransfer.files[0], area);
    });
  }

  async take(file, area) {
    if (!file) return;
    if (file.size > maxBytes) { this.message.textContent = `${file.name} has more than 1 MiB.`; return; }
    area.value = await file.text();
    const name = area.form?.elements.namedItem('file');
    if (name) name.value = file.name;
    this.message.textContent = `Taken from ${file.name}.`;
  }
});
