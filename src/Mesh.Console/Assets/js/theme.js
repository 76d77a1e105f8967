// Before the first paint: the theme somebody chose, else the system's. A classic script, since modules run after the page is parsed.
(() => {
  try {
    const theme = localStorage.getItem('mesh-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch { /* storage is closed to us: the system's theme stands */ }
})();
