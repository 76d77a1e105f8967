// Whether values on the page are live.
customElements.define('mesh-live', class extends HTMLElement {});
