// The report's sequence section: filters, list, picture.

import { classColour, data, one, toggle } from "./context.js";
import { html, svg } from "./dom.js";
import { SequenceBrowser, SequenceView } from "./sequences.js";
import { unpackBrowser } from "./unpack.js";

const error = (record) => (record.y[0] == null ? null : record.p[0] - record.y[0]);
const limit = data.browser?.errors[0] ?? 0;
const OUTCOMES = {
  "": () => true,
  close: (record) => error(record) !== null && Math.abs(error(record)) <= limit / 2,
  high: (record) => error(record) > limit,
  low: (record) => error(record) !== null && error(record) < -limit,
  right: (record) => record.label === record.predicted,
  wrong: (record) => record.label !== record.predicted,
  borderline: (record) => record.margin < 0.4,
};

export class SequenceSection {
  /** `onmotif(name)` answers a click on a hit. */
  constructor(onmotif) {
    this.records = unpackBrowser(data.browser, data.classes);
    this.targets = one("#sequence-target");
    this.hypothetical = one("#sequence-hypothetical");
    this.chosenTarget = "";
    this.drawnAt = 0;
    const labels = new Map(data.motifs.map((motif) => [motif.name, motif.label]));
    for (const hit of this.records.flatMap((record) => record.hits)) hit.label = labels.get(hit.motif) ?? hit.motif;
    const colours = new Map(data.motifs.map((motif) => [motif.name, motif.direction === "against" ? "against" : classColour(motif.target)]));
    this.view = new SequenceView(one("#sequence-picture"), { unit: data.unit, colourOf: (hit) => colours.get(hit.motif) ?? "against", onpick: (hit) => onmotif(hit.motif) });
    const controls = ["class", "outcome", "motif", "search"].map((name) => [name, one(`#sequence-${name}`)]);
    this.filters = Object.fromEntries(controls.filter(([, control]) => control));
    this.browser = new SequenceBrowser({
      list: one("#sequence-list"),
      records: this.records,
      parts: PARTS[data.kind],
      onshow: (record) => this.show(record),
      oncount: (n) => {
        one("#sequence-count").textContent = `${n} of ${this.records.length}`;
        one("#no-sequence").hidden = n > 0;
      },
    });
    this.listen();
    this.filter();
  }

  listen() {
    for (const control of Object.values(this.filters)) control.addEventListener("input", () => this.filter());
    this.targets.addEventListener("change", () => {
      this.chosenTarget = this.targets.value;
      this.draw();
    });
    this.hypothetical.addEventListener("click", () => {
      toggle(this.hypothetical);
      this.draw();
    });
    new ResizeObserver(() => this.view.scroller.clientWidth !== this.drawnAt && this.draw()).observe(this.view.scroller);
    document.addEventListener("keydown", (event) => {
      const box = one("#sequences").getBoundingClientRect();
      const inView = box.top < innerHeight * 0.6 && box.bottom > innerHeight * 0.4;
      if (inView && "jk".includes(event.key) && !event.target.closest("input, select, textarea")) this.browser.key(event);
    });
  }

  filter() {
    const { class: label, outcome, motif, search } = this.filters;
    const text = search.value.trim().toLowerCase();
    this.browser.filter(
      (record) =>
        (!label?.value || record.label === label.value) &&
        OUTCOMES[outcome?.value ?? ""](record) &&
        (!motif.value || record.hits.some((hit) => hit.motif === motif.value)) &&
        record.id.toLowerCase().includes(text),
    );
  }

  /** Shows the sequences with a hit of this motif. */
  find(motif) {
    for (const control of Object.values(this.filters)) control.value = "";
    this.filters.motif.value = motif;
    this.filter();
    one("#sequences").scrollIntoView({ block: "start" });
    one("#sequence-list").focus({ preventScroll: true });
  }

  /** Shows the sequence of this name. */
  showNamed(name) {
    const record = this.records.find(({ id }) => id === name);
    if (!record) return;
    for (const control of Object.values(this.filters)) control.value = "";
    this.filter();
    this.browser.select(record);
    one("#sequences").scrollIntoView({ block: "start" });
  }

  show(record) {
    const wanted = [this.chosenTarget, record.predicted, record.targets[0]].find((name) => record.targets.includes(name));
    this.targets.replaceChildren(...record.targets.map((name) => html("option", { value: name }, name)));
    this.targets.value = wanted;
    this.targets.disabled = record.targets.length < 2;
    one("#sequence-id").textContent = record.id;
    one("#sequence-link").href = `#sequence=${encodeURIComponent(record.id)}`;
    const part = html("span", { class: "part" }, record.split === "test" ? "held-out test sequence" : `${record.split} sequence`);
    one("#sequence-summary").replaceChildren(...(data.kind === "classes" ? called(record) : []), part);
    const shown = data.kind === "numbers" ? measured : probability;
    one("#sequence-probabilities").replaceChildren(...data.classes.map((name, i) => shown(name, record.p[i], record.y[i], i)));
    this.draw();
  }

  draw() {
    const record = this.browser?.current;
    if (!record) return;
    this.drawnAt = this.view.scroller.clientWidth;
    const target = this.targets.value;
    const hypothetical = this.hypothetical.getAttribute("aria-pressed") === "true";
    this.view.show(record, record.contributions(target), { hypothetical, towards: target });
  }
}

/** The class of a record, and the predicted one. */
function called(record) {
  const right = record.label === record.predicted;
  return [
    html("span", { class: `verdict-mark ${right ? "good" : "poor"}` }, right ? "\u2713 right" : "\u2717 wrong"),
    " label ",
    html("span", { class: `chip ${classColour(record.label)}` }, record.label),
    " predicted ",
    html("span", { class: `chip ${classColour(record.predicted)}` }, record.predicted),
  ];
}

/** A number to three digits. */
const figure = (value) => (value == null ? "\u2013" : Number(value.toPrecision(3)).toString().replace("-", "\u2212"));

/** What the list says of records with numbers, and of those with labels. */
const PARTS = {
  numbers: (record) => {
    const off = error(record);
    const kind = off === null || Math.abs(off) <= limit ? "right" : "wrong";
    return { kind, mark: off === null ? "" : off > limit ? "\u25b2" : off < -limit ? "\u25bc" : "\u2713", calls: `measured ${figure(record.y[0])}`, value: figure(record.p[0]) };
  },
  labels: (record) => {
    const wrong = record.y.filter((y, i) => y !== null && y !== Number(record.p[i] > 0.5)).length;
    const there = data.classes.filter((_, i) => record.y[i] === 1);
    return { kind: wrong ? "wrong" : "right", mark: wrong ? "\u2717" : "\u2713", calls: there.join(", ") || "none", value: wrong ? `${wrong} wrong` : "" };
  },
};

/** Measured (open) and predicted value (filled) of a target on the range of both. */
function measured(name, p, y, i) {
  const [low, high] = data.browser.ranges[i];
  const at = (value) => 6 + (108 * (value - low)) / (high - low || 1);
  const colour = classColour(name);
  const marks = [svg("line", { class: "axis", x1: 6, x2: 114, y1: 5, y2: 5 })];
  if (y != null) marks.push(svg("circle", { class: `measured ${colour}`, cx: at(y), cy: 5, r: 4 }));
  marks.push(svg("circle", { class: `bar ${colour}`, cx: at(p), cy: 5, r: 3.5 }));
  const picture = svg("svg", { class: "probability", width: 120, height: 10, role: "img", "aria-label": `measured ${figure(y)}, predicted ${figure(p)}` }, ...marks);
  return html("div", {}, html("span", { class: `chip ${colour}` }, name), picture, html("span", { class: "p", title: `measured ${figure(y)}` }, figure(p)));
}

function probability(name, p) {
  const bar = svg(
    "svg",
    { class: "probability", width: 120, height: 10, "aria-hidden": "true" },
    svg("rect", { class: "trough", width: 120, height: 10, rx: 2 }),
    svg("rect", { class: `bar ${classColour(name)}`, width: 120 * p, height: 10, rx: 2 }),
  );
  return html("div", {}, html("span", { class: `chip ${classColour(name)}` }, name), bar, html("span", { class: "p" }, p.toFixed(3)));
}
