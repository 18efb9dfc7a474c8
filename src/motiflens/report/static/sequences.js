// One explained sequence as a picture, and a browser over many.

import { html, signed, svg, pValue } from "./dom.js";
import { BASES, letterPaths, stackRange, valueAxis } from "./logo.js";
import { barTrack, heatTrack, hitTrack, letterTrack, ruler } from "./tracks.js";

const GUTTER = 92;
const LOGO = 132;
const LANE = 22;
const TRACK = 26;

function gutterLabel(text, middle) {
  return svg("text", { class: "tick", x: GUTTER - 10, y: middle + 3.5, "text-anchor": "end" }, text);
}

/** The number on its chromosome of letter `i` of a sequence that runs from `first` to `last` there. */
const genomeNumber = ([, first, last], i) => (first + (last < first ? -i : i)).toLocaleString("en");
const onGenome = (place, i) => `${place[0]}:${genomeNumber(place, i)}`;

/** Contributions of the observed bases: a matrix like `contributions`, 0 elsewhere. */
export function observed(contributions, letters) {
  return contributions.map((row, base) => Array.from(row, (value, i) => (letters[i] === BASES[base] ? value : 0)));
}

/**
 * Draws a record {id, letters, hits: [{motif, label, start, end, strand, q}], attention: [{name, explains, values}]} with its
 * contributions (four rows A, C, G, T in logits towards one class; the hypothetical ones of every base).
 */
export class SequenceView {
  constructor(host, { colourOf = () => "", onpick = () => {}, unit = "logit" } = {}) {
    this.colourOf = colourOf;
    this.unit = unit;
    this.onpick = onpick;
    this.gutter = html("div", { class: "gutter" });
    this.scroller = html("div", { class: "scroller", tabindex: 0, role: "group", "aria-label": "sequence picture, scrolls sideways" });
    this.readout = html("p", { class: "readout" });
    host.replaceChildren(this.readout, html("div", { class: "strip" }, this.gutter, this.scroller));
    this.scroller.addEventListener("pointermove", (event) => this.point(event));
    this.scroller.addEventListener("pointerleave", () => this.rest());
  }

  show(record, contributions, { hypothetical = false, towards = "" } = {}) {
    const length = record.letters.length;
    const columnWidth = Math.min(24, Math.max(9.5, ((this.scroller.clientWidth || 900) - 2) / length));
    const heights = observed(contributions, record.letters);
    const parts = [this.hits(record.hits, record.place), this.logo(heights), this.letters(record.letters), hypothetical ? this.heat(contributions) : null, ...record.attention.map((track) => this.attention(track))];
    Object.assign(this, { record, contributions, columnWidth });
    const [labels, nodes] = [[], []];
    let y = 4;
    for (const part of parts.filter(Boolean)) y = part(y, columnWidth, labels, nodes);

    const width = length * columnWidth + 1;
    this.marker = svg("rect", { class: "marker", x: 0, y: 0, width: columnWidth, height: y, visibility: "hidden" });
    this.gutter.replaceChildren(svg("svg", { width: GUTTER, height: y, "aria-hidden": "true" }, ...labels));
    const title = `Contributions of ${record.id}${towards ? ` towards ${towards}` : ""}, with motif hits and attention`;
    this.scroller.replaceChildren(svg("svg", { class: "sequence", width, height: y, viewBox: `0 0 ${width} ${y}`, role: "img", "aria-label": title }, this.marker, ...nodes));
    this.rest();
    const strength = heights[0].map((_, i) => Math.abs(heights.reduce((sum, row) => sum + row[i], 0)));
    const peak = strength.indexOf(Math.max(...strength));
    this.scroller.scrollLeft = (peak + 0.5) * columnWidth - this.scroller.clientWidth / 2; // where it overflows
  }

  // Each part, given (y, columnWidth, labels, nodes), adds its labels and nodes at y and returns where the next begins.

  hits(hits, place) {
    const describe = (hit) => `${hit.label}, positions ${hit.start + 1} to ${hit.end}${place ? ` (${onGenome(place, hit.start)} to ${genomeNumber(place, hit.end - 1)})` : ""}, strand ${hit.strand}, q = ${pValue(hit.q)}`;
    return (y, columnWidth, labels, nodes) => {
      const track = hitTrack(hits, { columnWidth, y, laneHeight: LANE, colourOf: this.colourOf, onpick: this.onpick, describe });
      labels.push(gutterLabel(hits.length ? "motif hits" : "no motif hit", y + 8));
      nodes.push(...track.nodes);
      return y + Math.max(1, track.lanes) * LANE + 8;
    };
  }

  logo(heights) {
    const [low, high] = stackRange(heights);
    const pad = Math.max((high - low) * 0.06, 1e-6);
    const range = [low - (low < 0 ? pad : 0), high + pad];
    return (y, columnWidth, labels, nodes) => {
      const zero = y + (range[1] / (range[1] - range[0])) * LOGO;
      labels.push(...valueAxis({ x: GUTTER - 1, y, height: LOGO, range, unit: this.unit, count: 4, sign: true }));
      nodes.push(svg("path", { class: "axis", d: `M0 ${zero}H${heights[0].length * columnWidth}` }), ...letterPaths(heights, { columnWidth, height: LOGO, range, y }));
      return y + LOGO + 8;
    };
  }

  letters(letters) {
    return (y, columnWidth, labels, nodes) => {
      labels.push(gutterLabel("sequence", y + 8), gutterLabel("position", y + 27));
      nodes.push(...letterTrack(letters, { columnWidth, y: y + 12.5 }), ...ruler(letters.length, { columnWidth, y: y + 18 }));
      return y + 44;
    };
  }

  heat(contributions) {
    return (y, columnWidth, labels, nodes) => {
      labels.push(...[...BASES].map((base, i) => gutterLabel(i ? base : `if it were  ${base}`, y + i * 13 + 6)));
      nodes.push(...heatTrack(contributions, { columnWidth, y, rowHeight: 13 }));
      return y + 64;
    };
  }

  attention({ name, explains, values }) {
    return (y, columnWidth, labels, nodes) => {
      const lines = explains === false ? [name, "does not match", "attributions"] : [name];
      const height = Math.max(TRACK, 12 * lines.length);
      labels.push(...lines.map((line, i) => gutterLabel(line, y + height / 2 + 12 * (i - (lines.length - 1) / 2))));
      nodes.push(...barTrack(values, { columnWidth, y: y + height - TRACK, height: TRACK }));
      return y + height + 10;
    };
  }

  /** Shows the values at the position under the pointer. */
  point(event) {
    const left = this.scroller.firstChild.getBoundingClientRect().left;
    const i = Math.floor((event.clientX - left) / this.columnWidth);
    if (!(i >= 0 && i < this.record.letters.length)) return;
    this.marker.setAttribute("x", i * this.columnWidth);
    this.marker.setAttribute("visibility", "visible");
    const base = BASES.indexOf(this.record.letters[i]);
    const value = base < 0 ? "unknown base" : `contribution ${signed(this.contributions[base][i], 3)}`;
    const hypothetical = [...BASES].map((letter, b) => `${letter} ${signed(this.contributions[b][i], 2)}`).join("  ");
    const attention = this.record.attention.map(({ name, values }) => `${name}: ${values[i].toPrecision(2)}`).join(", ");
    this.readout.replaceChildren(html("b", {}, `${this.record.letters[i]} ${i + 1}`), this.record.place ? ` ${onGenome(this.record.place, i)}` : "", ` ${value}`, html("span", {}, hypothetical), attention ? html("span", {}, `attention ${attention}`) : "");
  }

  rest() {
    this.marker?.setAttribute("visibility", "hidden");
    this.readout.textContent = `Hover over a position to read its values. Letters above the line ${this.unit === "logit" ? "support the class, letters below oppose it" : "raise the value, letters below lower it"}.`;
  }
}

/** What the list says of a record with a class. */
function labelled(record) {
  const right = record.label === record.predicted;
  const calls = right ? record.label : `${record.label} \u2192 ${record.predicted}`;
  return { kind: right ? "right" : "wrong", mark: right ? "\u2713" : "\u2717", calls, value: record.certainty.toFixed(2) };
}

/**
 * A list of records with filters, next to a SequenceView. `list` is an element with role listbox; `onshow(record)`
 * draws the record; a record needs id, label, predicted, certainty (0 to 1) and hits.
 */
export class SequenceBrowser {
  constructor({ list, records, onshow, oncount = () => {}, parts = labelled }) {
    Object.assign(this, { list, records, onshow, oncount, parts, current: null, shown: [] });
    this.options = new Map(records.map((record, i) => [record, this.option(record, i)]));
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.select(this.records[Number(option.dataset.index)]);
    });
    list.addEventListener("keydown", (event) => this.key(event));
  }

  option(record, index) {
    const { kind, mark, calls, value } = this.parts(record);
    return html(
      "div",
      { role: "option", id: `${this.list.id}-${index}`, "data-index": index, "aria-selected": "false", class: kind },
      html("span", { class: "mark", "aria-label": kind }, mark),
      html("span", { class: "id" }, record.id),
      html("span", { class: "calls" }, calls),
      html("span", { class: "p" }, value),
    );
  }

  /** Shows the records for which `keep` holds, in the order given. */
  filter(keep) {
    this.shown = this.records.filter(keep);
    this.list.replaceChildren(...this.shown.map((record) => this.options.get(record)));
    this.oncount(this.shown.length);
    if (this.shown.length && !this.shown.includes(this.current)) this.select(this.shown[0], false);
    else if (this.current) this.reveal();
  }

  select(record, scroll = true) {
    if (this.current) this.options.get(this.current).setAttribute("aria-selected", "false");
    this.current = record;
    const option = this.options.get(record);
    option.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", option.id);
    if (scroll) this.reveal();
    this.onshow(record);
  }

  /** Scrolls the list, never the page. */
  reveal() {
    const [option, list] = [this.options.get(this.current), this.list];
    if (option.offsetTop < list.scrollTop) list.scrollTop = option.offsetTop;
    const bottom = option.offsetTop + option.offsetHeight;
    if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  }

  /** Goes `by` records on, or to the first or last. */
  step(by) {
    if (!this.shown.length) return;
    const at = Math.max(0, this.shown.indexOf(this.current)) + by;
    this.select(this.shown[Math.min(this.shown.length - 1, Math.max(0, at))]);
  }

  /** Answers the keys of a list; tells whether it did. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
    if (by === undefined) return false;
    event.preventDefault();
    event.stopPropagation();
    this.step(by);
    return true;
  }
}
