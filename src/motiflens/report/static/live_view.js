// The picture of the live view: the original above the edited sequence, column by column, and all single changes.

import { html, signed, svg } from "./dom.js";
import { BASES, letterPaths, stackRange, valueAxis } from "./logo.js";
import { barTrack, heatTrack, hitTrack, letterTrack } from "./tracks.js";

const GUTTER = 92;
const LANE = 20;
const narrowest = () => (matchMedia("(pointer: coarse)").matches ? 16 : 9.5); // of a column: fingers need more
const [SMALL, LARGE, CELL, TRACK] = [64, 104, 15, 24];
const GENTLE = 6; // pixels a move, at the picture's edge

const label = (text, y, extra = "") => svg("text", { class: `tick ${extra}`, x: GUTTER - 10, y: y + 3.5, "text-anchor": "end" }, text);

/** A sequence in columns: `place[i]` is the column of letter i. */
function placed(columns, which) {
  const place = [];
  columns.forEach((column, at) => column[which] >= 0 && place.push(at));
  return place;
}

export class LiveView {
  /** Answers: `onpoint(letter)` a press on a letter of the edited sequence, `onchange(letter, base)` one on a single change. */
  constructor(host, { onpoint, onchange, colourOf, unit }) {
    Object.assign(this, { onpoint, onchange, colourOf, unit, news: "" });
    this.gutter = html("div", { class: "gutter" });
    this.scroller = html("div", {
      class: "scroller editor", tabindex: 0, role: "application", id: "try-editor",
      "aria-label": "Edited sequence", "aria-describedby": "try-keys", "aria-roledescription": "sequence editor",
    });
    this.readout = html("p", { class: "readout" });
    host.replaceChildren(this.readout, html("div", { class: "strip" }, this.gutter, this.scroller));
    this.parts = Object.fromEntries(["under", "original", "edited", "heat", "cursor"].map((name) => [name, svg("g")]));
    this.labels = Object.fromEntries(["original", "edited", "heat"].map((name) => [name, svg("g")]));
    this.drawing = svg("svg", { class: "sequence", "aria-hidden": "true" }, ...Object.values(this.parts));
    this.axis = svg("svg", { width: GUTTER, "aria-hidden": "true" }, ...Object.values(this.labels));
    this.scroller.append(this.drawing);
    this.gutter.append(this.axis);
    this.scroller.addEventListener("click", (event) => this.press(event));
    this.scroller.addEventListener("pointermove", (event) => this.point(event));
    this.scroller.addEventListener("pointerleave", () => this.rest());
  }

  /**
   * Draws `original` and `edited`: {letters, contributions, total, hits, outside(i)}, in `columns`; `range` of the
   * logos spans both. The heat map follows with `heat`.
   */
  show({ original, edited, columns, aligned }) {
    const width = Math.max(narrowest(), Math.min(24, ((this.scroller.clientWidth || 900) - 2) / columns.length));
    const key = [width, columns.length, original.letters, original.target].join();
    Object.assign(this, { columns, columnWidth: width, edited, original, aligned, place: placed(columns, "edited"), deltas: null });
    const range = padded([stackRange(heights(original, placed(columns, "original"), columns.length)), stackRange(heights(edited, this.place, columns.length))]);
    let y = 4;
    if (this.key !== key + range + columns.map(({ original: o }) => (o < 0 ? "-" : "")).join("")) {
      this.key = key + range + columns.map(({ original: o }) => (o < 0 ? "-" : "")).join("");
      this.originalEnd = this.row("original", original, { y, height: SMALL, range, place: placed(columns, "original") });
    }
    y = this.originalEnd + 10;
    this.editedStart = y;
    y = this.row("edited", edited, { y, height: LARGE, range, place: this.place, attention: true });
    this.heatStart = y + 4;
    const total = this.heatStart + 4 * CELL + 12;
    const across = columns.length * width + 1;
    for (const [name, value] of Object.entries({ width: across, height: total, viewBox: `0 0 ${across} ${total}` })) this.drawing.setAttribute(name, value);
    this.axis.setAttribute("height", total);
    this.labels.heat.replaceChildren(...[...BASES].map((base, i) => label(i ? base : `if it were  ${base}`, this.heatStart + i * CELL + 8)));
    this.parts.under.replaceChildren(...this.differences(total));
    this.rest();
  }

  row(name, shown, { y, height, range, place, attention }) {
    const [nodes, labels] = [[], []];
    const columnWidth = this.columnWidth;
    const hits = shown.hits.map((hit) => ({ ...hit, start: place[hit.start], end: place[hit.end - 1] + 1 }));
    const describe = (hit) => `${hit.label}, strand ${hit.strand}, ${hit.score.toFixed(1)} bits`;
    const track = hitTrack(hits, { columnWidth, y, laneHeight: LANE, colourOf: this.colourOf, onpick: () => {}, describe });
    track.nodes.forEach((node) => node.removeAttribute("tabindex"));
    nodes.push(...track.nodes);
    labels.push(label(name, y + 8, "strong"));
    y += Math.max(1, track.lanes) * LANE + 2;
    labels.push(...valueAxis({ x: GUTTER - 1, y, height, range, unit: height > 80 ? this.unit : "", count: height > 80 ? 4 : 2, sign: true }));
    const zero = y + (range[1] / (range[1] - range[0])) * height;
    nodes.push(svg("path", { class: "axis", d: `M0 ${zero}H${this.columns.length * columnWidth}` }), ...letterPaths(heights(shown, place, this.columns.length), { columnWidth, height, range, y }));
    y += height + 4;
    const row = Array.from({ length: this.columns.length }, () => "-");
    place.forEach((column, i) => {
      row[column] = shown.letters[i];
    });
    nodes.push(...letterTrack(row.join(""), { columnWidth, y: y + 12 }), ...gaps(row, { columnWidth, y: y + 8 }), ...outside(shown, place, { columnWidth, y }));
    if (attention) this.letterY = y;
    y += 18;
    nodes.push(...numbers(place, { columnWidth, y }));
    y += 18;
    if (attention) {
      const values = new Array(this.columns.length).fill(0);
      place.forEach((column, i) => {
        values[column] = shown.total[i];
      });
      labels.push(label("attention", y + TRACK / 2));
      nodes.push(...barTrack(values, { columnWidth, y, height: TRACK }));
      y += TRACK + 8;
    }
    this.parts[name].replaceChildren(...nodes);
    this.labels[name].replaceChildren(...labels);
    return y;
  }

  /** Marks the columns in which the two differ. */
  differences(height) {
    if (!this.aligned) return [];
    let d = "";
    this.columns.forEach(({ original, edited }, at) => {
      if (original < 0 || edited < 0 || this.original.letters[original] !== this.edited.letters[edited]) d += `M${(at * this.columnWidth).toFixed(2)} 0h${this.columnWidth.toFixed(2)}V${height}h${(-this.columnWidth).toFixed(2)}Z`;
    });
    return d ? [svg("path", { class: "difference", d })] : [];
  }

  /** Draws all single changes: four rows of effects by letter. */
  heat(deltas) {
    this.deltas = deltas;
    const rows = deltas.map((row) => {
      const out = new Array(this.columns.length).fill(0);
      this.place.forEach((column, i) => {
        out[column] = row[i];
      });
      return out;
    });
    let own = "";
    this.place.forEach((column, i) => {
      const base = BASES.indexOf(this.edited.letters[i]);
      if (base >= 0) own += `M${((column + 0.5) * this.columnWidth - 1.6).toFixed(2)} ${this.heatStart + (base + 0.5) * CELL}a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0 -3.2 0`;
    });
    const size = { x: 0, y: this.heatStart, width: this.columns.length * this.columnWidth, height: 4 * CELL };
    this.parts.heat.replaceChildren(svg("rect", { class: "cells", ...size }), ...heatTrack(rows, { columnWidth: this.columnWidth, y: this.heatStart, rowHeight: CELL }), svg("path", { class: "own", d: own }));
  }

  /** Marks a letter and brings it into sight; `gently` a little at a time, as a drag goes on. */
  cursor(letter, { inserting = false, gently = false } = {}) {
    const column = letter < this.place.length ? this.place[letter] : this.columns.length - 1;
    const x = column * this.columnWidth;
    this.parts.cursor.replaceChildren(
      inserting
        ? svg("rect", { class: "caret", x: x - 1, y: this.letterY - 2, width: 2, height: 20 })
        : svg("rect", { class: "caret box", x, y: this.letterY - 1.5, width: this.columnWidth, height: 18, rx: 2 }),
    );
    const [left, right] = [this.scroller.scrollLeft, this.scroller.scrollLeft + this.scroller.clientWidth];
    if (gently) this.scroller.scrollLeft += x < left + 30 ? -GENTLE : x + this.columnWidth > right - 30 ? GENTLE : 0;
    else if (x < left + 30) this.scroller.scrollLeft = Math.max(0, x - 60);
    else if (x + this.columnWidth > right - 30) this.scroller.scrollLeft = x + 60 + this.columnWidth - this.scroller.clientWidth;
  }

  /** Scrolls so that a letter is in the middle. */
  centre(letter) {
    this.scroller.scrollLeft = ((this.place[letter] ?? 0) + 0.5) * this.columnWidth - this.scroller.clientWidth / 2;
  }

  /** The letter, and where in the heat map the base, at a place of the screen; null beside the sequence. */
  at(event) {
    const box = this.drawing.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / this.columnWidth);
    const letter = this.columns[column]?.edited ?? -1;
    const base = Math.floor((event.clientY - box.top - this.heatStart) / CELL);
    const inside = event.clientX >= box.left && event.clientX < box.right && event.clientY >= box.top && event.clientY < box.bottom;
    return inside && letter >= 0 ? { letter, column, base: base >= 0 && base < 4 ? base : -1 } : null;
  }

  press(event) {
    const found = this.at(event);
    if (!found) return;
    if (found.base >= 0) this.onchange(found.letter, BASES[found.base]);
    else this.onpoint(found.letter);
  }

  point(event) {
    const found = this.at(event);
    if (!found) return;
    this.describe(found.letter, found.base);
  }

  /** Says what letter `i` of the edited sequence does, and what single changes of it would. */
  describe(i, base = -1) {
    const effects = this.deltas ? [...BASES].map((one, b) => `${one} ${signed(this.deltas[b][i], 2)}`).join("  ") : "";
    const change = base >= 0 && this.deltas ? `${this.edited.letters[i]} to ${BASES[base]}: ${signed(this.deltas[base][i], 3)}` : `contribution ${signed(this.edited.contributions[i], 3)}`;
    this.readout.replaceChildren(html("b", {}, `${this.edited.letters[i]} ${i + 1}`), ` ${change}`, html("span", {}, effects && `if it were  ${effects}`), html("span", {}, `attention ${this.edited.total[i].toPrecision(2)}`));
  }

  /** Says what the last edit did, where the scores above may be out of sight; before the first, what can be done. */
  rest() {
    this.readout.textContent = this.news || `Press a letter and type, or press a cell below to make that change. Colours of the cells: what the change does to the score (${this.unit}).`;
  }
}

function heights({ letters, contributions }, place, columns) {
  const rows = [0, 1, 2, 3].map(() => new Array(columns).fill(0));
  place.forEach((column, i) => {
    const base = BASES.indexOf(letters[i]);
    if (base >= 0) rows[base][column] = contributions[i];
  });
  return rows;
}

function padded(ranges) {
  const [low, high] = [Math.min(...ranges.map(([l]) => l)), Math.max(...ranges.map(([, h]) => h))];
  const pad = Math.max((high - low) * 0.06, 1e-6);
  return [low - (low < 0 ? pad : 0), high + pad];
}

/** A dash where a sequence has no letter. */
function gaps(row, { columnWidth, y }) {
  const d = row.map((letter, i) => (letter === "-" ? `M${((i + 0.3) * columnWidth).toFixed(2)} ${y}h${(0.4 * columnWidth).toFixed(2)}` : "")).join("");
  return d ? [svg("path", { class: "axis", d })] : [];
}

/** A veil over letters that the model does not see. */
function outside(shown, place, { columnWidth, y }) {
  const d = place.map((column, i) => (shown.outside(i) ? `M${(column * columnWidth).toFixed(2)} ${y - 2}h${columnWidth.toFixed(2)}v19h${(-columnWidth).toFixed(2)}Z` : "")).join("");
  return d ? [svg("path", { class: "unseen", d })] : [];
}

/** Numbers of the letters, counted from 1. */
function numbers(place, { columnWidth, y }) {
  const step = [5, 10, 20, 50, 100, 200, 500, 1000].find((s) => s * columnWidth >= 48) ?? 1000;
  return place.flatMap((column, i) => {
    if (i && (i + 1) % step) return [];
    const x = (column + 0.5) * columnWidth;
    return [svg("path", { class: "axis", d: `M${x} ${y}v3` }), svg("text", { class: "tick", x, y: y + 13, "text-anchor": i ? "middle" : "start" }, String(i + 1))];
  });
}
