// One stream for all tabs of a browser: over HTTP/1.1 a browser opens six connections to a host, and as many tabs with a stream each would
// leave none for anything else. Open while a tab is visible; a tab that says nothing for a minute is gone.
import { LiveStream } from './live-stream.js';

const SILENT_MS = 60_000;
const CLOSE_AFTER_MS = 2_000;

/** Port → when it last said that its tab is visible; 0 while it is hidden. */
const tabs = new Map();
let closing = 0;

const stream = new LiveStream(message => {
  for (const [port, seen] of tabs) if (seen) port.postMessage(message);
});

function tend() {
  for (const [port, seen] of tabs) if (seen && Date.now() - seen > SILENT_MS) tabs.delete(port);
  if ([...tabs.values()].some(seen => seen)) {
    clearTimeout(closing);
    closing = 0;
    stream.open();
  } else if (!closing) {
    // From one tab to the next there is a moment without a visible one.
    closing = setTimeout(() => { closing = 0; stream.close(); }, CLOSE_AFTER_MS);
  }
}

self.addEventListener('connect', event => {
  const port = event.ports[0];
  tabs.set(port, 0);
  port.addEventListener('message', ({ data }) => {
    const wasHidden = !tabs.get(port);
    if (data.bye) tabs.delete(port);
    else tabs.set(port, data.visible ? Date.now() : 0);
    tend();
    if (data.visible && wasHidden) port.postMessage(stream.all);
  });
  port.start();
});
setInterval(tend, SILENT_MS / 2);
