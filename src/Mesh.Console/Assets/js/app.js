// Begins what a page needs: soft navigation, buttons that only work with scripts, and the module of each custom element that stands in it.
import { onPage, startNavigation } from './nav.js';

const loaded = new Set();

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

function toggleTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  try { localStorage.setItem('mesh-theme', root.dataset.theme); } catch { /* it holds for this page */ }
  document.dispatchEvent(new CustomEvent('mesh-theme'));
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}

document.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.copy !== undefined) copy(button);
  if (button.dataset.action === 'theme') toggleTheme();
});

onPage(root => {
  loadElements(root);
  showButtons(root);
  explainTimes(root);
});
startNavigation();
