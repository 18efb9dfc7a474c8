// The report's sequence section: filters, list, picture.

import { classColour, data, one, toggle } from "./context.js";
import { html, svg } from "./dom.js";
import { SequenceBrowser, SequenceView } from "./sequences.js";
import { unpackBrowser } from "./unpack.js";

const OUTCOMES = {
  "": () => true,
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
    this.view = new SequenceView(one("#sequence-picture"), { colourOf: (hit) => colours.get(hit.motif) ?? "against", onpick: (hit) => onmotif(hit.motif) });
    this.filters = Object.fromEntries(["class", "outcome", "motif", "search"].map((name) => [name, one(`#sequence-${name}`)]));
    this.browser = new SequenceBrowser({
      list: one("#sequence-list"),
      records: this.records,
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
        (!label.value || record.label === label.value) &&
        OUTCOMES[outcome.value](record) &&
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
    const right = record.label === record.predicted;
    one("#sequence-id").textContent = record.id;
    one("#sequence-link").href = `#sequence=${encodeURIComponent(record.id)}`;
    one("#sequence-summary").replaceChildren(
      html("span", { class: `verdict-mark ${right ? "good" : "poor"}` }, right ? "\u2713 right" : "\u2717 wrong"),
      " label ",
      html("span", { class: `chip ${classColour(record.label)}` }, record.label),
      " predicted ",
      html("span", { class: `chip ${classColour(record.predicted)}` }, record.predicted),
      html("span", { class: "part" }, record.split === "test" ? "held-out test sequence" : `${record.split} sequence`),
    );
    one("#sequence-probabilities").replaceChildren(...data.classes.map((name, i) => probability(name, record.p[i])));
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

function probability(name, p) {
  const bar = svg(
    "svg",
    { class: "probability", width: 120, height: 10, "aria-hidden": "true" },
    svg("rect", { class: "trough", width: 120, height: 10, rx: 2 }),
    svg("rect", { class: `bar ${classColour(name)}`, width: 120 * p, height: 10, rx: 2 }),
  );
  return html("div", {}, html("span", { class: `chip ${classColour(name)}` }, name), bar, html("span", { class: "p" }, p.toFixed(3)));
}
