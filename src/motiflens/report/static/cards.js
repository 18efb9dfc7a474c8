// The report's motif table and its cards.

import { all, classColour, data, fileName, one, toggle } from "./context.js";
import { html } from "./dom.js";
import { save, toBed, toFasta, toMeme, toTsv } from "./download.js";
import { categoryBars, positionHistogram } from "./histogram.js";
import { informationHeights, logo, reverseComplement, stackRange } from "./logo.js";
import { filterRecords, makeSortable } from "./table.js";
import { copyText } from "./take.js";
import { unpackSites } from "./unpack.js";

function motifHeights(motif, { contributions, flipped }) {
  const matrix = contributions ? motif.contributions : informationHeights(motif.probabilities, data.background);
  return flipped ? reverseComplement(matrix) : matrix;
}

/** A motif against a class is frequent, and drawn, in the others. */
const groupColour = (motif) => (motif.direction === "against" ? "muted" : classColour(motif.target));

function drawRowLogo(cell, motif, flipped) {
  const label = `Logo of ${motif.label}${flipped ? ", reverse complement" : ""}: ${motif.consensus}`;
  cell.replaceChildren(logo(motifHeights(motif, { flipped }), { columnWidth: 13, height: 40, range: [0, 2], label }));
}

class MotifCard {
  constructor(body, motif, table) {
    Object.assign(this, { body, motif, table, flipped: false, contributions: false, drawn: false, onfind: () => {} });
    this.toggle = one("button.expand", body);
    this.card = one("tr.card", body);
    this.toggle.addEventListener("click", () => this.open(this.card.hidden));
    one("tr.summary", body).addEventListener("click", (event) => {
      if (!event.target.closest("button, a") && !getSelection().toString()) this.open(this.card.hidden);
    });
    const spark = one(".row-positions", body);
    if (motif.positions) spark.replaceChildren(positionHistogram(motif.positions, motif.group_sizes, { width: 120, height: 30, className: groupColour(motif), label: `Positions of the sites of ${motif.label}` }));
  }

  open(show) {
    this.card.hidden = !show;
    this.toggle.setAttribute("aria-expanded", String(show));
    if (show && !this.drawn) this.draw();
  }

  draw() {
    this.drawn = true;
    this.drawLogo();
    this.drawSites();
    const { card } = this;
    one(".flip", card).addEventListener("click", (event) => this.press(event.currentTarget, "flipped"));
    one(".kind", card)?.addEventListener("click", (event) => this.press(event.currentTarget, "contributions"));
    all("button.align", card).forEach((button) => button.addEventListener("click", () => this.align(button)));
    one(".find", card)?.addEventListener("click", () => this.onfind(this.motif.name));
    this.offerFiles();
  }

  drawSites() {
    const { card, motif } = this;
    const className = groupColour(motif);
    if (motif.positions) {
      const label = `Positions of the sites of ${motif.label}`;
      one(".positions", card).replaceChildren(positionHistogram(motif.positions, motif.group_sizes, { width: 420, height: 130, axis: true, className, label }));
    }
    if (motif.per_sequence) {
      const groups = ["0", "1", "2", "3+"].map((key) => ({ label: key, value: motif.per_sequence[key] ?? 0 }));
      one(".per-sequence", card).replaceChildren(categoryBars(groups, { width: 420, className, label: `Sites of ${motif.label} in a sequence` }));
    }
  }

  offerFiles() {
    const { card, motif, table } = this;
    one(".copy-matrix", card).addEventListener("click", (event) => copyText(event.currentTarget, motif.probabilities.map((row) => row.join("\t")).join("\n") + "\n"));
    const offer = (selector, name, make) => one(selector, card)?.addEventListener("click", () => save(fileName(motif.name, name), make()));
    offer(".get-meme", "meme", () => toMeme([motif], data.background, data.strands));
    if (!table) return;
    offer(".get-tsv", "sites.tsv", () => toTsv(unpackSites(table), motif.name));
    offer(".get-fasta", "sites.fa", () => toFasta(unpackSites(table)));
    offer(".get-bed", "sites.bed", () => toBed(unpackSites(table), motif.name));
  }

  press(button, what) {
    this[what] = toggle(button);
    this.drawLogo();
    drawRowLogo(one(".row-logo", this.body), this.motif, this.flipped);
  }

  drawLogo() {
    const { motif, contributions, flipped } = this;
    const heights = motifHeights(motif, { contributions, flipped });
    const [unit, range] = contributions ? [data.unit, stackRange(heights)] : ["bits", [0, 2]];
    const columnWidth = Math.min(34, 440 / heights[0].length);
    const label = `${contributions ? "Contributions" : "Logo"} of ${motif.label}${flipped ? ", reverse complement" : ""}`;
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
      html("figure", {}, draw(this.motif.probabilities, shift, `Logo of ${this.motif.label}`), html("figcaption", {}, this.motif.label)),
      html("figure", {}, draw(known, shift + match.offset, `Logo of ${match.name}${strand}`), html("figcaption", {}, match.name + strand)),
    );
  }
}

/** Brings the motif table to life; returns its cards. */
export function startMotifs() {
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
  one("#get-all-meme").addEventListener("click", () => save(fileName("motifs", "meme"), toMeme(data.motifs, data.background, data.strands)));
  one("#get-motif-table").addEventListener("click", () => save(fileName("motifs", "tsv"), data.table));
  one("#expand-all").addEventListener("click", (event) => {
    const open = toggle(event.currentTarget);
    cards.forEach((card) => card.open(open));
  });
  return cards;
}

/** Opens the card of a motif and goes there. */
export function showMotif(cards, name) {
  const card = cards.find(({ motif }) => motif.name === name);
  if (!card) return;
  card.body.hidden = false;
  card.open(true);
  card.body.scrollIntoView({ block: "start" });
  card.toggle.focus({ preventScroll: true });
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
}
