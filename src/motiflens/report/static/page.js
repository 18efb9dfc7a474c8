// The report: connects the modules with the page's elements.

import { html, svg } from "./dom.js";
import { informationHeights, logo, reverseComplement, stackRange } from "./logo.js";
import { categoryBars, positionHistogram } from "./histogram.js";
import { filterRecords, makeSortable } from "./table.js";
import { SequenceBrowser, SequenceView } from "./sequences.js";
import { unpackBrowser, unpackSites } from "./unpack.js";
import { save, toBed, toFasta, toMeme, toTsv } from "./download.js";
import { explainTerms } from "./terms.js";

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const read = (id) => JSON.parse(document.getElementById(id).textContent);

const data = read("data");
const classColour = (name) => `class-${(Math.max(0, data.classes.indexOf(name)) % 6) + 1}`;
const fileName = (...parts) => [data.run, ...parts].join(".").replace(/[^\w.-]+/g, "_");

// ---------------------------------------------------------------- theme, navigation, help

function startTheme() {
  const root = document.documentElement;
  const button = one("#theme");
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => button.setAttribute("aria-label", dark() ? "Switch to the light theme" : "Switch to the dark theme");
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("motiflens-theme", root.dataset.theme);
    } catch {
      // not kept, then
    }
    name();
  });
  name();
}

function startNavigation() {
  const links = new Map(all("nav.sections a").map((link) => [one(link.getAttribute("href")), link]));
  const visible = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) visible[isIntersecting ? "add" : "delete"](target);
      const current = [...links.keys()].find((section) => visible.has(section));
      for (const [section, link] of links) {
        if (section === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-20% 0px -60% 0px" },
  );
  for (const section of links.keys()) observer.observe(section);
}

// ---------------------------------------------------------------- motifs

function motifHeights(motif, { contributions, flipped }) {
  const matrix = contributions ? motif.contributions : informationHeights(motif.probabilities, data.background);
  return flipped ? reverseComplement(matrix) : matrix;
}

function drawRowLogo(cell, motif, flipped) {
  const label = `Logo of ${motif.name}${flipped ? ", reverse complement" : ""}: ${motif.consensus}`;
  cell.replaceChildren(logo(motifHeights(motif, { flipped }), { columnWidth: 13, height: 40, range: [0, 2], label }));
}

class MotifCard {
  constructor(body, motif, table) {
    Object.assign(this, { body, motif, table, flipped: false, contributions: false, drawn: false });
    this.toggle = one("button.expand", body);
    this.card = one("tr.card", body);
    this.toggle.addEventListener("click", () => this.open(this.card.hidden));
    one("tr.summary", body).addEventListener("click", (event) => {
      if (!event.target.closest("button, a") && !getSelection().toString()) this.open(this.card.hidden);
    });
    drawRowLogo(one(".row-logo", body), motif, false);
    const spark = one(".row-positions", body);
    if (motif.positions) spark.replaceChildren(positionHistogram(motif.positions, { width: 120, height: 30, className: classColour(motif.target), label: `Positions of the sites of ${motif.name}` }));
  }

  open(show) {
    this.card.hidden = !show;
    this.toggle.setAttribute("aria-expanded", String(show));
    if (show && !this.drawn) this.draw();
  }

  draw() {
    this.drawn = true;
    const { card, motif, table } = this;
    this.drawLogo();
    one(".flip", card).addEventListener("click", (event) => this.press(event.currentTarget, "flipped"));
    one(".kind", card)?.addEventListener("click", (event) => this.press(event.currentTarget, "contributions"));
    if (motif.positions) {
      const label = `Start positions of the sites of ${motif.name}: bars ${motif.target}, line the other classes`;
      one(".positions", card).replaceChildren(positionHistogram(motif.positions, { width: 420, height: 130, axis: true, className: classColour(motif.target), label }));
    }
    if (motif.per_sequence) {
      const groups = ["0", "1", "2", "3+"].map((key) => ({ label: key, value: motif.per_sequence[key] ?? 0 }));
      one(".per-sequence", card).replaceChildren(categoryBars(groups, { width: 420, className: classColour(motif.target), label: `Sites in a sequence of ${motif.target}` }));
    }
    all("button.align", card).forEach((button) => button.addEventListener("click", () => this.align(button)));
    const offer = (selector, name, make) => one(selector, card)?.addEventListener("click", () => save(fileName(motif.name, name), make()));
    offer(".get-meme", "meme", () => toMeme([motif], data.background));
    if (table) {
      offer(".get-tsv", "sites.tsv", () => toTsv(unpackSites(table), motif.name));
      offer(".get-fasta", "sites.fa", () => toFasta(unpackSites(table)));
      offer(".get-bed", "sites.bed", () => toBed(unpackSites(table), motif.name));
    }
    one(".find", card)?.addEventListener("click", () => showSequencesWith(motif.name));
  }

  press(button, what) {
    this[what] = !this[what];
    button.setAttribute("aria-pressed", String(this[what]));
    this.drawLogo();
    drawRowLogo(one(".row-logo", this.body), this.motif, this.flipped);
  }

  drawLogo() {
    const { motif, contributions, flipped } = this;
    const heights = motifHeights(motif, { contributions, flipped });
    const [unit, range] = contributions ? ["logit", stackRange(heights)] : ["bits", [0, 2]];
    const columnWidth = Math.min(34, 440 / heights[0].length);
    const label = `${contributions ? "Contributions" : "Logo"} of ${motif.name}${flipped ? ", reverse complement" : ""}`;
    one(".big-logo", this.card).replaceChildren(logo(heights, { columnWidth, height: 110, range, unit, numbers: true, label }));
  }

  /** Shows the known motif under the learned one, column by column. */
  align(button) {
    const place = one(".alignment", this.card);
    const open = button.getAttribute("aria-pressed") === "true";
    all("button.align", this.card).forEach((other) => other.setAttribute("aria-pressed", "false"));
    place.replaceChildren();
    if (open) return;
    button.setAttribute("aria-pressed", "true");
    const match = this.motif.matches[Number(button.dataset.match)];
    const known = match.probabilities; // already as the strand shows it
    const width = this.motif.probabilities[0].length;
    const shift = Math.max(0, -match.offset);
    const columns = Math.max(shift + width, shift + match.offset + known[0].length);
    const draw = (matrix, offset, label) =>
      logo(informationHeights(matrix, data.background), { columnWidth: Math.min(24, 420 / columns), height: 56, range: [0, 2], offset, columns, label });
    const strand = match.strand === "-" ? ", reverse complement" : "";
    place.replaceChildren(
      html("figure", {}, draw(this.motif.probabilities, shift, `Logo of ${this.motif.name}`), html("figcaption", {}, this.motif.name)),
      html("figure", {}, draw(known, shift + match.offset, `Logo of ${match.name}${strand}`), html("figcaption", {}, match.name + strand)),
    );
  }
}

function startMotifs() {
  const table = one("#motif-table");
  if (!table) return [];
  const cards = data.motifs.map((motif, i) => new MotifCard(table.tBodies[i], motif, data.sites[i]));
  makeSortable(table);
  const [search, kind, count] = [one("#motif-search"), one("#motif-class"), one("#motif-count")];
  const filter = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/);
    const shown = filterRecords(table, (body) => (!kind.value || body.dataset.class === kind.value) && words.every((word) => body.dataset.text.includes(word)));
    count.textContent = `${shown} of ${cards.length} shown`;
  };
  search.addEventListener("input", filter);
  kind.addEventListener("change", filter);
  one("#get-all-meme").addEventListener("click", () => save(fileName("motifs", "meme"), toMeme(data.motifs, data.background)));
  one("#expand-all").addEventListener("click", (event) => {
    const open = event.currentTarget.getAttribute("aria-pressed") !== "true";
    event.currentTarget.setAttribute("aria-pressed", String(open));
    cards.forEach((card) => card.open(open));
  });
  return cards;
}

function startUnsupported() {
  all("#unsupported .row-logo").forEach((cell, i) => drawRowLogo(cell, data.unsupported[i], false));
}

function showMotif(cards, name) {
  const card = cards.find(({ motif }) => motif.name === name);
  if (!card) return;
  card.body.hidden = false;
  card.open(true);
  card.body.scrollIntoView({ block: "start" });
  card.toggle.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- sequences

let showSequencesWith = () => {};

function drawProbabilities(host, record) {
  const rows = data.classes.map((name, i) => {
    const bar = svg("svg", { class: "probability", width: 120, height: 10, "aria-hidden": "true" },
      svg("rect", { class: "trough", width: 120, height: 10, rx: 2 }),
      svg("rect", { class: `bar ${classColour(name)}`, width: 120 * record.p[i], height: 10, rx: 2 }));
    return html("div", {}, html("span", { class: `chip ${classColour(name)}` }, name), bar, html("span", { class: "p" }, record.p[i].toFixed(3)));
  });
  host.replaceChildren(...rows);
}

function startSequences(cards) {
  if (!data.browser) return;
  const records = unpackBrowser(data.browser, data.classes);
  const targets = one("#sequence-target");
  const colours = new Map(data.motifs.map((motif) => [motif.name, classColour(motif.target)]));
  const view = new SequenceView(one("#sequence-picture"), { colourOf: (hit) => colours.get(hit.motif) ?? "class-6", onpick: (hit) => showMotif(cards, hit.motif) });
  const hypothetical = one("#sequence-hypothetical");
  let browser = null;
  let drawnAt = 0;
  const draw = () => {
    const record = browser?.current;
    if (!record) return;
    drawnAt = view.scroller.clientWidth;
    view.show(record, record.contributions(targets.value), { hypothetical: hypothetical.getAttribute("aria-pressed") === "true", towards: targets.value });
  };
  const show = (record) => {
    const wanted = record.targets.includes(targets.value) && targets.dataset.chosen ? targets.value : record.targets.includes(record.predicted) ? record.predicted : record.targets[0];
    targets.replaceChildren(...record.targets.map((name) => html("option", { value: name }, name)));
    targets.value = wanted;
    targets.disabled = record.targets.length < 2;
    const right = record.label === record.predicted;
    one("#sequence-id").textContent = record.id;
    one("#sequence-told").replaceChildren(
      html("span", { class: `verdict-mark ${right ? "good" : "poor"}` }, right ? "\u2713 right" : "\u2717 wrong"),
      " label ", html("span", { class: `chip ${classColour(record.label)}` }, record.label),
      " predicted ", html("span", { class: `chip ${classColour(record.predicted)}` }, record.predicted),
      html("span", { class: "split" }, record.split === "test" ? "held-out test sequence" : `${record.split} sequence`),
    );
    drawProbabilities(one("#sequence-probabilities"), record);
    draw();
  };
  const [label, outcome, motif, search, count] = ["#sequence-class", "#sequence-outcome", "#sequence-motif", "#sequence-search", "#sequence-count"].map((id) => one(id));
  browser = new SequenceBrowser({
    list: one("#sequence-list"), records, onshow: show,
    oncount: (n) => { count.textContent = `${n} of ${records.length}`; one("#no-sequence").hidden = n > 0; },
  });
  const outcomes = {
    "": () => true,
    right: (r) => r.label === r.predicted,
    wrong: (r) => r.label !== r.predicted,
    borderline: (r) => r.margin < 0.4,
  };
  const filter = () => {
    const text = search.value.trim().toLowerCase();
    browser.filter((r) => (!label.value || r.label === label.value) && outcomes[outcome.value](r) && (!motif.value || r.hits.some((hit) => hit.motif === motif.value)) && r.id.toLowerCase().includes(text));
  };
  for (const control of [label, outcome, motif]) control.addEventListener("change", filter);
  search.addEventListener("input", filter);
  targets.addEventListener("change", () => { targets.dataset.chosen = "yes"; draw(); });
  hypothetical.addEventListener("click", () => {
    hypothetical.setAttribute("aria-pressed", String(hypothetical.getAttribute("aria-pressed") !== "true"));
    draw();
  });
  new ResizeObserver(() => view.scroller.clientWidth !== drawnAt && draw()).observe(view.scroller);
  document.addEventListener("keydown", (event) => {
    const box = one("#sequences").getBoundingClientRect();
    const inView = box.top < innerHeight * 0.6 && box.bottom > innerHeight * 0.4;
    if (inView && "jk".includes(event.key) && !event.target.closest("input, select, textarea")) browser.key(event);
  });
  showSequencesWith = (name) => {
    for (const control of [label, outcome, search]) control.value = "";
    motif.value = name;
    filter();
    one("#sequences").scrollIntoView({ block: "start" });
    one("#sequence-list").focus({ preventScroll: true });
  };
  filter();
}

// ---------------------------------------------------------------- start

startTheme();
startNavigation();
const cards = startMotifs();
startUnsupported();
startSequences(cards);
explainTerms(all("button.term"), read("meanings"));
addEventListener("beforeprint", () => {
  cards.forEach((card) => card.open(true));
  all("details").forEach((details) => { details.open = true; });
});
