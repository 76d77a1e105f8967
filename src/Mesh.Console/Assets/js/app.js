// Begins what a page needs: soft navigation, buttons that only work with scripts, and the module of each custom element that stands in it.
import { onPage, startNavigation } from './nav.js';

const loaded = new Set();
const THEMES = ['system', 'light', 'dark'];

/** Imports `mesh-x.js` for every `<mesh-x>` in the document, once. */
function loadElements(root) {
  for (const element of root.querySelectorAll(':not(:defined)')) {
    const name = element.localName;
    if (!name.startsWith('mesh-') || loaded.has(name)) continue;
    loaded.add(name);
    import(`./${name}.js`).catch(error => console.error(`The module of <${name}> could not be loaded`, error));
  }
}

/** Shows the buttons that need scripts. */
function showButtons(root) {
  for (const button of root.querySelectorAll('[data-action][hidden], [data-copy][hidden]')) button.hidden = false;
}

/** Local time as a tool tip of each instant. */
function explainTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]:not([title])')) time.title = new Date(time.dateTime).toLocaleString();
}

function sayTheme() {
  const theme = document.documentElement.dataset.theme ?? 'system';
  for (const button of document.querySelectorAll('[data-action=theme]')) button.textContent = `Theme: ${theme}`;
}

function changeTheme() {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? 'system') + 1) % THEMES.length];
  if (next === 'system') delete root.dataset.theme;
  else root.dataset.theme = next;
  try { localStorage.setItem('mesh-theme', next); } catch { /* it holds for this page */ }
  sayTheme();
  document.dispatchEvent(new CustomEvent('mesh-theme'));
}

async function copy(button) {
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Without the right to the clipboard the text is chosen, so that a key copies it.
    const text = button.parentElement.querySelector('code');
    if (text) getSelection().selectAllChildren(text);
    said = 'Press Ctrl C';
  }
  button.textContent = said;
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}

/** A box at the head of a table chooses all of its rows; what is chosen counts on the button that acts on it. */
function choose(box) {
  const form = box.form;
  if (box.dataset.choose === 'all') for (const other of form.querySelectorAll('[data-choose=one]')) other.checked = box.checked;
  const boxes = [...form.querySelectorAll('[data-choose=one]')];
  const chosen = boxes.filter(other => other.checked).length;
  const all = form.querySelector('[data-choose=all]');
  if (all) { all.checked = chosen > 0 && chosen === boxes.length; all.indeterminate = chosen > 0 && chosen < boxes.length; }
  for (const count of form.querySelectorAll('[data-chosen]')) count.textContent = chosen === 0 ? 'None chosen' : `${chosen} chosen`;
}

document.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.copy !== undefined) copy(button);
  if (button.dataset.action === 'theme') changeTheme();
});
document.addEventListener('change', event => {
  if (event.target.matches('[data-choose]')) choose(event.target);
});

onPage(root => {
  loadElements(root);
  showButtons(root);
  explainTimes(root);
  for (const all of root.querySelectorAll('[data-choose=all]')) choose(all);
});
sayTheme();
startNavigation();
