// <mesh-frames data-recording data-channel>: a camera at the clock's moment.
import { FrameViewer } from './frame-viewer.js';

customElements.define('mesh-frames', class extends FrameViewer {
  kind = 'image';

  // Raw pictures are made no larger than what is shown, in steps so that a resize does not fetch everything again.
  options() {
    const width = Math.ceil((this.image.clientWidth || 640) * Math.min(devicePixelRatio, 2) / 320) * 320;
    return { width: Math.min(Math.max(width, 320), 1920) };
  }
});
