// "Try it": a sequence to edit, and the model's answer in the same frame.

import { html, signed, svg } from "./dom.js";
import { Draft, clean, parseSequences } from "./live_draft.js";
import { Session, randomLetters } from "./live_session.js";
import { LiveView } from "./live_view.js";
import { informationHeights, logo } from "./logo.js";

const WAIT = 250; // milliseconds of rest before a change is read aloud and put into the address
const FAR = 6; // pixels after which a press on a motif is a drag

export class TryView {
  /**
   * `root` holds the elements of try.html; `motifs` are {name, label, letters, probabilities}, `records` {id, label,
   * letters}; `className(name)` is the colour of a class, `motifClass(name)` of a motif; `onstate(text)` keeps the state.
   */
  constructor(root, { model, motifs, records, background, className, motifClass, copy, saveSvg, onstate }) {
    Object.assign(this, { root, model, motifs, records, background, className, copy, onstate });
    this.at = (name) => root.querySelector(`[data-try=${name}]`);
    this.session = new Session(model);
    this.cursor = 0;
    this.inserting = false;
    this.touched = false;
    this.numbers = model.output.task === "regression";
    this.labels = new Map(motifs.map((motif) => [motif.name, motif.label]));
    this.view = new LiveView(this.at("picture"), {
      onpoint: (letter) => this.moveTo(letter),
      onchange: (letter, base) => this.edit(() => this.draft.write(letter, base), letter),
      colourOf: (hit) => motifClass(hit.motif),
      unit: this.numbers ? model.output.unit : "logit",
    });
    this.fillControls();
    this.listen(saveSvg);
    this.palette();
  }

  get draft() {
    return this.session.draft;
  }

  fillControls() {
    const { names, explained } = this.model.output;
    const shown = this.model.output.task === "binary" ? names.map((_, i) => i) : explained;
    this.at("target").replaceChildren(...shown.map((i) => html("option", { value: i }, names[i])));
    const groups = Map.groupBy ? Map.groupBy(this.records, ({ label }) => label) : grouped(this.records);
    this.at("pick").append(...[...groups].map(([label, list]) => html("optgroup", { label }, ...list.map(({ id, score }) => html("option", { value: id }, score ? `${id} (${score})` : id)))));
  }

  listen(saveSvg) {
    const on = (name, answer, type = "click") =>
      this.at(name).addEventListener(type, (event) => {
        this.touched = true;
        answer(event);
      });
    on("pick", (event) => this.pick(event.target.value), "change");
    on("random", () => this.open(new Draft("random", randomLetters(this.model.length, this.background))));
    on("paste", () => this.openPaste());
    on("use", () => this.usePaste());
    on("target", (event) => this.aim(Number(event.target.value)), "change");
    on("undo", () => this.step("undo"));
    on("redo", () => this.step("redo"));
    on("reset", () => this.edit(() => this.draft.reset()));
    on("turn", () => this.edit(() => this.draft.turn()));
    on("up", () => this.strongest(1));
    on("down", () => this.strongest(-1));
    on("copy-fasta", (event) => this.copy(event.currentTarget, this.fasta()));
    on("copy-edits", (event) => this.copy(event.currentTarget, `${this.draft.edits().join("\n")}\n`));
    on("copy-link", (event) => this.copy(event.currentTarget, `${location.href.split("#")[0]}#${this.state()}`));
    on("svg", () => saveSvg(this.at("picture")));
    this.at("pad").addEventListener("click", (event) => this.pad(event.target.closest("button")?.dataset.key));
    this.view.scroller.addEventListener("keydown", (event) => this.key(event));
    this.view.scroller.addEventListener("paste", (event) => this.pasteAt(event));
    new ResizeObserver(() => this.draft && this.drawnAt !== this.view.scroller.clientWidth && this.update()).observe(this.view.scroller);
  }

  /** Motifs to place: pressed, at the cursor; dragged, where they are dropped. */
  palette() {
    const chips = this.motifs.map((motif) => {
      const heights = informationHeights(motif.probabilities, this.background);
      const picture = logo(heights, { columnWidth: Math.min(9, 120 / heights[0].length), height: 26, range: [0, 2], label: "" });
      picture.setAttribute("aria-hidden", "true");
      const chip = html("button", { type: "button", class: "motif-chip", title: `${motif.letters}: press to put it at the cursor, or drag it to a place` }, picture, html("span", {}, motif.label));
      chip.addEventListener("click", () => !this.dragged && this.place(motif, this.cursor));
      chip.addEventListener("pointerdown", (event) => this.drag(event, chip, motif));
      return chip;
    });
    this.at("palette").replaceChildren(...chips);
    this.at("palette").hidden = !chips.length;
    this.at("palette-title").hidden = !chips.length;
  }

  drag(start, chip, motif) {
    this.dragged = false;
    const ghost = html("div", { class: "motif-ghost" }, motif.letters);
    const move = (event) => {
      if (!this.dragged && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < FAR) return;
      if (!this.dragged) this.root.append(ghost);
      this.dragged = true;
      // no inline style passes the page's policy as an attribute; as a property it does
      ghost.style.transform = `translate(${event.clientX + 10}px, ${event.clientY + 10}px)`;
      const found = this.view.at(event);
      if (found) this.view.cursor(found.letter, { gently: true });
    };
    const stop = (event) => {
      chip.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) chip.removeEventListener(name, stop);
      ghost.remove();
      const found = this.dragged && event.type === "pointerup" ? this.view.at(event) : null;
      if (found) this.place(motif, found.letter);
      else if (this.dragged) this.view.cursor(this.cursor);
    };
    chip.setPointerCapture(start.pointerId);
    chip.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) chip.addEventListener(name, stop);
  }

  place(motif, letter) {
    const at = Math.max(0, Math.min(letter, this.draft.letters.length - motif.letters.length));
    this.edit(() => this.draft.write(at, motif.letters), at, `${motif.label} placed at ${at + 1}`);
  }

  pick(id) {
    const record = this.records.find((one) => one.id === id);
    if (record) this.open(new Draft(record.id, record.letters));
  }

  openPaste() {
    const box = this.at("paste-box");
    box.hidden = !box.hidden;
    this.at("paste").setAttribute("aria-expanded", String(!box.hidden));
    if (!box.hidden) this.at("text").focus();
  }

  usePaste() {
    const problem = this.at("problem");
    try {
      const found = parseSequences(this.at("text").value);
      problem.textContent = "";
      const fresh = found.map(({ name, letters }) => ({ id: name, label: "pasted", letters }));
      this.records = [...this.records.filter(({ label }) => label !== "pasted"), ...fresh];
      for (const old of this.root.querySelectorAll("optgroup[data-pasted]")) old.remove();
      this.at("pick").prepend(html("optgroup", { label: "pasted", "data-pasted": true }, ...fresh.map(({ id }) => html("option", { value: id }, id))));
      this.openPaste();
      this.open(new Draft(found[0].name, found[0].letters));
    } catch (error) {
      problem.textContent = error.message;
    }
  }

  open(draft, target = null) {
    this.session.open(draft, target);
    this.at("target").value = this.session.target;
    this.at("pick").value = draft.name;
    this.at("name").textContent = draft.name;
    this.cursor = heaviest(this.session.original.contributions);
    this.update();
    this.view.centre(this.cursor);
  }

  aim(target) {
    this.session.aim(target);
    this.update();
  }

  edit(change, cursor = this.cursor, said = "") {
    if (!change()) return;
    this.touched = true;
    this.cursor = Math.max(0, Math.min(cursor, this.draft.letters.length - 1));
    this.said = said;
    this.update();
  }

  step(name) {
    this.touched = true;
    this.draft[name]();
    this.cursor = Math.min(this.cursor, this.draft.letters.length - 1);
    this.said = name;
    this.update();
  }

  strongest(direction) {
    const best = this.session.strongest(direction);
    if (best) this.edit(() => this.draft.write(best.at, best.base), best.at, `${this.draft.letters[best.at]} at ${best.at + 1} becomes ${best.base}`);
    else this.say(`No single change moves the score ${direction > 0 ? "up" : "down"}.`);
  }

  moveTo(letter) {
    this.cursor = Math.max(0, Math.min(letter, this.draft.letters.length - 1));
    this.view.cursor(this.cursor, { inserting: this.inserting });
    this.view.describe(this.cursor);
    const { letters, contributions } = this.view.edited;
    this.say(`${letters[this.cursor]} at ${this.cursor + 1}, contribution ${signed(contributions[this.cursor], 2)}`);
    this.view.scroller.focus({ preventScroll: true });
  }

  key(event) {
    const { key } = event;
    if ((event.ctrlKey || event.metaKey) && "zy".includes(key.toLowerCase())) {
      event.preventDefault();
      this.step(key.toLowerCase() === "y" || event.shiftKey ? "redo" : "undo");
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity, PageUp: -10, PageDown: 10 };
    if (key in moves) this.moveTo(this.cursor + moves[key]);
    else if (!this.pad(key, event.shiftKey)) return;
    event.preventDefault();
  }

  /** A key of the keyboard or of the pad; tells whether it means something. */
  pad(key, shifted = false) {
    if (!key) return false;
    const letter = key.length === 1 ? clean(key) : null;
    const at = this.cursor;
    if (letter) {
      if (this.inserting || shifted) this.edit(() => this.draft.insert(at, letter), at + 1, `${letter} inserted before ${at + 1}`);
      else this.type(at, letter);
    } else if (key === "Delete") this.edit(() => this.draft.remove(at, at + 1), at, `position ${at + 1} deleted`);
    else if (key === "Backspace") {
      if (at) this.edit(() => this.draft.remove(at - 1, at), at - 1, `position ${at} deleted`);
    } else if (key === "Insert") {
      this.inserting = !this.inserting;
      this.at("insert").setAttribute("aria-pressed", String(this.inserting));
      this.view.cursor(at, { inserting: this.inserting });
    } else return false;
    return true;
  }

  type(at, letter) {
    const before = this.draft.letters[at];
    if (before === letter) this.moveTo(at + 1);
    else this.edit(() => this.draft.write(at, letter), at + 1, `${before} at ${at + 1} becomes ${letter}`);
  }

  pasteAt(event) {
    event.preventDefault();
    const letters = clean(event.clipboardData.getData("text"));
    if (letters) this.edit(() => this.draft.insert(this.cursor, letters), this.cursor + letters.length, `${letters.length} letters inserted`);
    else this.say("What was pasted is no DNA.");
  }

  /** Computes and draws everything but the single changes and what they give, which follow when the browser has a moment. */
  update() {
    const { session, draft } = this;
    const edited = session.edited();
    const edits = draft.edits();
    this.view.news = edits.length ? [this.said, this.summary(session.original, edited)].filter(Boolean).join(". ") : "";
    this.draw(edited);
    this.scores(session.original, edited);
    this.at("edits").replaceChildren(...(edits.length ? edits.map((text) => html("li", {}, text)) : [html("li", { class: "faint" }, "no edits yet")]));
    this.at("length").textContent = session.lengthNote();
    this.at("undo").disabled = !draft.canUndo;
    this.at("redo").disabled = !draft.canRedo;
    this.at("reset").disabled = !edits.length;
    clearTimeout(this.later);
    clearTimeout(this.rested);
    this.later = setTimeout(() => {
      const changes = session.changes();
      if (edited.pending) this.draw({ ...edited, contributions: session.contributions(draft.letters, changes) });
      this.view.heat(changes);
    }, 0);
    this.rested = setTimeout(() => {
      this.rested = null; // all that was to follow is there
      if (this.touched) this.onstate(this.state()); // who only scrolls past keeps the address
      this.say([this.said, this.summary(session.original, edited)].filter(Boolean).join(". "));
      this.said = "";
    }, WAIT);
  }

  draw(edited) {
    const named = (shown) => ({ ...shown, hits: shown.hits.map((hit) => ({ ...hit, label: this.labels.get(hit.motif) ?? hit.motif })) });
    this.drawnAt = this.view.scroller.clientWidth;
    this.view.show({ original: named(this.session.original), edited: named(edited), columns: this.draft.columns(), aligned: !this.draft.state.turned });
    this.view.cursor(this.cursor, { inserting: this.inserting });
  }

  summary(original, edited) {
    const name = this.model.output.names[this.session.target];
    const value = (shown) => format(shown.prediction.values[this.session.target], this.numbers);
    const unit = this.numbers ? "" : `, ${signed(edited.score - original.score, 2)} logit`;
    return `${name}: ${value(original)} in the original, ${value(edited)} now${unit}`;
  }

  scores(original, edited) {
    const { names } = this.model.output;
    const { target } = this.session;
    const unit = this.numbers ? this.model.output.unit : "logit";
    const change = edited.score - original.score;
    this.at("headline").replaceChildren(
      html("span", { class: `delta ${change > 0.005 ? "up" : change < -0.005 ? "down" : ""}` }, signed(change, 2)),
      html("span", { class: "delta-words" }, `${unit} ${this.numbers ? "of" : "towards"} ${names[target]}`, html("br"), `${signed(original.score, 2)} \u2192 ${signed(edited.score, 2)}`),
    );
    this.at("scores").replaceChildren(...names.map((name, i) => this.scoreRow(name, i, original.prediction, edited.prediction)));
  }

  scoreRow(name, i, original, edited) {
    const [before, after] = [original.values[i], edited.values[i]];
    const interval = edited.intervals?.[i];
    const bar = this.numbers
      ? null
      : svg(
          "svg",
          { class: "probability", viewBox: "0 0 120 14", preserveAspectRatio: "none", "aria-hidden": "true" },
          svg("rect", { class: "trough", y: 2, width: 120, height: 10, rx: 2 }),
          svg("rect", { class: `bar ${this.className(name)}`, y: 2, width: 120 * after, height: 10, rx: 2 }),
          svg("path", { class: "was", d: `M${(120 * before).toFixed(1)} 0V14` }),
        );
    const text = `${format(before, this.numbers)} \u2192 ${format(after, this.numbers)}`;
    return html("div", {}, html("span", { class: `chip ${this.className(name)}` }, name), bar, html("span", { class: "p" }, text, interval && html("span", { class: "interval" }, ` (${interval.map((end) => format(end, this.numbers)).join(" to ")})`)));
  }

  say(text) {
    this.at("said").textContent = text;
  }

  fasta() {
    const { name, letters } = this.draft;
    const edits = this.draft.edits();
    return `>${name}${edits.length ? `_edited ${edits.join(" ")}` : ""}\n${letters.replace(/(.{80})(?=.)/g, "$1\n")}\n`;
  }

  /** The state as an address: where it starts from, and what it became. */
  state() {
    const { name, original, letters } = this.draft;
    const known = this.records.some((record) => record.id === name && record.letters === original && record.label !== "pasted");
    const parts = { try: name, from: known ? "" : original, edited: letters === original ? "" : letters, towards: this.model.output.names[this.session.target] };
    return Object.entries(parts).filter(([, value]) => value).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
  }

  /** Goes back to a state; tells whether it was one. */
  restore(text) {
    const parts = new URLSearchParams(text);
    const record = this.records.find(({ id }) => id === parts.get("try"));
    const [original, edited] = ["from", "edited"].map((key) => clean(parts.get(key) ?? ""));
    const letters = original || record?.letters;
    if (!letters) return false;
    this.touched = true;
    const target = this.model.output.names.indexOf(parts.get("towards"));
    this.open(new Draft(parts.get("try") ?? "shared", letters, edited || letters), target < 0 ? null : target);
    return true;
  }
}

const format = (value, numbers) => (numbers ? String(Number(value.toPrecision(3))).replace("-", "\u2212") : value.toFixed(3));

/** The place of the letter that says most: where a look at the sequence begins. */
function heaviest(contributions) {
  return contributions.reduce((best, value, i) => (Math.abs(value) > Math.abs(contributions[best]) ? i : best), 0);
}

function grouped(records) {
  const groups = new Map();
  for (const record of records) groups.set(record.label, [...(groups.get(record.label) ?? []), record]);
  return groups;
}
