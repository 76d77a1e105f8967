// How signals look: lines through first, min, max and last of each column (M4), bands of labels. Pure drawing, on whatever context is given.
import { extent, text } from './signal-data.js';
import { niceStep, tickText } from './recording.js';

export const GUTTER = 62;
const PAD = 8;

/** Ticks of a y axis that reaches over some values, and the axis itself. */
export function yScale(range, height) {
  let { low, high } = range ?? { low: 0, high: 1 };
  if (low === high) { const margin = Math.abs(low) * 0.05 || 1; low -= margin; high += margin; }
  const step = [1, 2, 5, 10].map(factor => factor * 10 ** Math.floor(Math.log10((high - low) / Math.max(1, Math.floor(height / 30))))).find(candidate => (high - low) / candidate <= Math.max(2, height / 30));
  const ticks = [];
  for (let n = Math.ceil(low / step); n * step <= high + step * 1e-9; n++) ticks.push(n * step);
  const y = value => PAD + (height - 2 * PAD) * (1 - (value - low) / (high - low));
  return { y, ticks, step };
}

/** Grid, y labels, and what a series shows between two times. */
export function drawLane(g, size, colours, lane, window, range, font) {
  const { width, height } = size;
  g.clearRect(0, 0, width, height);
  const x = seconds => GUTTER + (seconds - range.from) / (range.to - range.from) * (width - GUTTER);
  g.font = `11px ${font}`;
  drawTimeGrid(g, colours, x, range, size);
  const series = window?.series.get(lane.name);
  if (series?.kind === 'bands') {
    drawBands(g, colours, lane, series, x, size);
    return;
  }
  const scale = yScale(series && series.kind !== 'absent' ? extent(window, series, range.from, range.to) : null, height);
  if (!series || series.kind === 'absent') return;
  g.strokeStyle = colours.grid;
  g.fillStyle = colours['text-2'];
  g.textAlign = 'right';
  g.textBaseline = 'middle';
  g.lineWidth = 1;
  // Very large and very small values share a power of ten, said once.
  const largest = Math.max(...scale.ticks.map(Math.abs)), power = largest >= 1e5 || (largest > 0 && largest < 1e-3) ? Math.floor(Math.log10(largest) / 3) * 3 : 0;
  for (const tick of scale.ticks) {
    const at = Math.round(scale.y(tick)) + 0.5;
    g.beginPath();
    g.moveTo(GUTTER, at);
    g.lineTo(width, at);
    g.stroke();
    g.fillText(text(Math.abs(tick) < scale.step * 1e-6 ? 0 : Number((tick / 10 ** power).toPrecision(10))), GUTTER - 6, Math.min(Math.max(at, 6), height - 6));
  }
  g.save();
  g.beginPath();
  g.rect(GUTTER, 0, width - GUTTER, height);
  g.clip();
  g.strokeStyle = g.fillStyle = colours[`s${lane.colour}`];
  g.lineWidth = 1.4;
  g.lineJoin = 'round';
  if (series.kind === 'columns') drawColumns(g, window, series, x, scale.y, range);
  else drawSamples(g, series, x, scale.y);
  g.restore();
  if (power) {
    const note = `× 10${String(power).replace(/./g, digit => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(digit)])}`;
    g.fillStyle = colours.surface;
    g.fillRect(GUTTER + 1, 1, g.measureText(note).width + 8, 14);
    g.fillStyle = colours['text-2'];
    g.textAlign = 'left';
    g.textBaseline = 'middle';
    g.fillText(note, GUTTER + 5, 8);
  }
}

function drawTimeGrid(g, colours, x, range, { width, height }) {
  const step = niceStep(range.to - range.from, (width - GUTTER) / 110);
  g.strokeStyle = colours.grid;
  g.lineWidth = 1;
  g.beginPath();
  for (let n = Math.ceil(range.from / step - 1e-9); n * step <= range.to; n++) {
    const at = Math.round(x(n * step)) + 0.5;
    g.moveTo(at, 0);
    g.lineTo(at, height);
  }
  g.stroke();
  g.strokeStyle = colours['border-strong'];
  g.beginPath();
  g.moveTo(GUTTER - 0.5, 0);
  g.lineTo(GUTTER - 0.5, height);
  g.stroke();
}

/** The pen goes on between columns; where a step is longer than the signal's own rhythm there is a gap in the recording. */
function drawColumns(g, window, series, x, y, range) {
  const begin = Math.max(0, Math.floor((range.from - window.from) / window.width) - 1);
  const end = Math.min(series.count.length, Math.ceil((range.to - window.from) / window.width) + 1);
  const longest = Math.max(series.gap, 1.5 * window.width);
  let last = -1;
  g.beginPath();
  for (let i = begin; i < end; i++) {
    if (!series.count[i]) continue;
    const at = x(window.from + (i + 0.5) * window.width);
    const low = y(series.min[i]), high = y(series.max[i]);
    if (last < 0 || (i - last) * window.width > longest) g.moveTo(at, y(series.first[i]));
    else g.lineTo(at, y(series.first[i]));
    // A lone column with one value would have no length, and no ink.
    if (low - high < 1) { g.lineTo(at, low + 0.7); g.lineTo(at, high - 0.7); }
    else { g.lineTo(at, low); g.lineTo(at, high); }
    g.lineTo(at, y(series.last[i]));
    last = i;
  }
  g.stroke();
}

function drawSamples(g, series, x, y) {
  const { times, values, gap } = series;
  let isDown = false, before = 0;
  g.beginPath();
  for (let i = 0; i < times.length; i++) {
    if (Number.isNaN(values[i])) { isDown = false; continue; }
    if (isDown && times[i] - before <= gap) g.lineTo(x(times[i]), y(values[i]));
    else g.moveTo(x(times[i]), y(values[i]));
    isDown = true;
    before = times[i];
  }
  g.stroke();
  const isSparse = times.length < 2 || (x(times.at(-1)) - x(times[0])) / times.length > 5;
  for (let i = 0; i < times.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const isAlone = (i === 0 || Number.isNaN(values[i - 1]) || times[i] - times[i - 1] > gap) && (i + 1 === times.length || Number.isNaN(values[i + 1]) || times[i + 1] - times[i] > gap);
    if (!isSparse && !isAlone) continue;
    g.beginPath();
    g.arc(x(times[i]), y(values[i]), 2.2, 0, 2 * Math.PI);
    g.fill();
  }
}

function drawBands(g, colours, lane, series, x, { width, height }) {
  g.save();
  g.beginPath();
  g.rect(GUTTER, 0, width - GUTTER, height);
  g.clip();
  g.textAlign = 'left';
  g.textBaseline = 'middle';
  for (let i = 0; i < series.from.length; i++) {
    const from = Math.max(x(series.from[i]), GUTTER - 2), to = Math.min(x(series.to[i]), width + 2);
    if (to < GUTTER || from > width) continue;
    const colour = colours[`s${series.label[i] % 6 + 1}`], label = series.labels[series.label[i]];
    g.globalAlpha = 0.22;
    g.fillStyle = colour;
    g.fillRect(from, PAD, Math.max(to - from, 1), height - 2 * PAD);
    g.globalAlpha = 1;
    g.fillRect(from, height - PAD - 3, Math.max(to - from, 1), 3);
    if (to - from > 24) {
      g.save();
      g.beginPath();
      g.rect(from, 0, to - from - 4, height);
      g.clip();
      g.fillStyle = colours.text;
      g.fillText(label === '' ? '“”' : label, from + 6, height / 2 - 1);
      g.restore();
    }
  }
  g.restore();
}

/** Labels of the time axis that lanes share. */
export function drawAxis(g, { width, height }, colours, range, font) {
  g.clearRect(0, 0, width, height);
  g.font = `11px ${font}`;
  g.fillStyle = colours['text-2'];
  g.textBaseline = 'top';
  const step = niceStep(range.to - range.from, (width - GUTTER) / 110);
  for (let n = Math.ceil(range.from / step - 1e-9); n * step <= range.to; n++) {
    const at = GUTTER + (n * step - range.from) / (range.to - range.from) * (width - GUTTER);
    const label = tickText(n * step, step), half = g.measureText(label).width / 2;
    g.textAlign = 'center';
    g.fillText(label, Math.min(Math.max(at, GUTTER + half), width - half), 5);
  }
}
