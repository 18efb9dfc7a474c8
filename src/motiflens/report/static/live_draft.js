// A sequence and what was done to it: edits, undo and redo, the alignment with the original. No page in here.

const COMPLEMENT = { A: "T", C: "G", G: "C", T: "A", N: "N" };
const KEPT = 1000; // states to go back to
const LONGEST = 10_000;

export const reverseComplement = (letters) => [...letters].reverse().map((letter) => COMPLEMENT[letter]).join("");

/** Upper case, U as T, IUPAC's ambiguity letters as N; null where something is no letter of DNA. */
export function clean(text) {
  const letters = text.toUpperCase().replace(/\s/g, "").replaceAll("U", "T");
  return /^[ACGTNRYSWKMBDHV]*$/.test(letters) ? letters.replace(/[RYSWKMBDHV]/g, "N") : null;
}

/**
 * The sequences of a FASTA, or of bare letters: {name, letters}.
 * Throws an Error that names the line where something is no letter of DNA, and where nothing is left.
 */
export function parseSequences(text) {
  const records = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.startsWith(">")) {
      records.push({ name: line.slice(1).trim().split(/\s+/)[0] || `sequence ${records.length + 1}`, letters: "" });
      return;
    }
    const letters = clean(line);
    if (letters === null) {
      const odd = [...line].find((letter) => clean(letter) === null);
      throw new Error(`Line ${i + 1} has \u201C${odd}\u201D, which is no letter of DNA.`);
    }
    if (!letters) return;
    if (!records.length) records.push({ name: "pasted", letters: "" });
    records.at(-1).letters += letters;
  });
  const found = records.filter(({ letters }) => letters);
  if (!found.length) throw new Error("There is no sequence in this text.");
  const long = found.find(({ letters }) => letters.length > LONGEST);
  if (long) throw new Error(`${long.name} has ${long.letters.length} letters; at most ${LONGEST} can be edited here.`);
  return found;
}

export class Draft {
  /** `edited` are letters of the same length to begin with, for a link to edits. */
  constructor(name, letters, edited = letters) {
    Object.assign(this, { name, original: letters });
    this.states = [{ letters, origin: Array.from(letters, (_, i) => i), turned: false }];
    this.at = 0;
    if (edited !== letters) this.keep({ letters: edited, origin: aligned(letters, edited), turned: false });
  }

  get state() {
    return this.states[this.at];
  }

  get letters() {
    return this.state.letters;
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.states.length - 1;
  }

  keep(state) {
    if (state.letters === this.letters && state.turned === this.state.turned) return false;
    if (!state.letters || state.letters.length > LONGEST) return false;
    this.states = [...this.states.slice(Math.max(0, this.at + 2 - KEPT), this.at + 1), state];
    this.at = this.states.length - 1;
    return true;
  }

  /** Writes letters over those from `at` on; what would reach beyond the end is cut off. Tells whether that changed it. */
  write(at, text) {
    const { letters, origin, turned } = this.state;
    const fitting = text.slice(0, Math.max(0, letters.length - at));
    return this.keep({ letters: letters.slice(0, at) + fitting + letters.slice(at + fitting.length), origin, turned });
  }

  insert(at, text) {
    const { letters, origin, turned } = this.state;
    return this.keep({
      letters: letters.slice(0, at) + text + letters.slice(at),
      origin: [...origin.slice(0, at), ...Array.from(text, () => -1), ...origin.slice(at)],
      turned,
    });
  }

  remove(start, end) {
    const { letters, origin, turned } = this.state;
    return this.keep({ letters: letters.slice(0, start) + letters.slice(end), origin: [...origin.slice(0, start), ...origin.slice(end)], turned });
  }

  turn() {
    const { letters, origin, turned } = this.state;
    return this.keep({ letters: reverseComplement(letters), origin: [...origin].reverse(), turned: !turned });
  }

  reset() {
    return this.keep(this.states[0]);
  }

  undo() {
    if (this.canUndo) this.at--;
  }

  redo() {
    if (this.canRedo) this.at++;
  }

  /** Columns {original, edited} of indices, -1 where one has no letter; side by side from the start where it is turned. */
  columns() {
    const { letters, origin, turned } = this.state;
    if (turned) {
      const length = Math.max(letters.length, this.original.length);
      return Array.from({ length }, (_, i) => ({ original: i < this.original.length ? i : -1, edited: i < letters.length ? i : -1 }));
    }
    return align(origin, this.original.length);
  }

  /** The edits on the original's strand, counted from 1: "G31A", "12_14del", "31_32insACG". */
  edits() {
    const { letters, origin, turned } = this.state;
    const straight = turned ? reverseComplement(letters) : letters;
    const found = [];
    let [run, before] = [null, 0]; // of deleted or inserted letters; the original's letters so far
    const end = () => {
      if (run?.deleted) found.push(run.deleted > 1 ? `${run.from + 1}_${run.from + run.deleted}del` : `${run.from + 1}del`);
      if (run?.inserted) found.push(`${run.from}_${run.from + 1}ins${run.inserted}`);
      run = null;
    };
    for (const { original, edited } of align(turned ? [...origin].reverse() : origin, this.original.length)) {
      const kind = edited < 0 ? "deleted" : original < 0 ? "inserted" : "";
      if (run && !(kind in run)) end();
      if (kind) run ??= { from: before, [kind]: kind === "deleted" ? 0 : "" };
      if (kind === "deleted") run.deleted++;
      if (kind === "inserted") run.inserted += straight[edited];
      if (!kind && straight[edited] !== this.original[original]) found.push(`${this.original[original]}${original + 1}${straight[edited]}`);
      if (original >= 0) before = original + 1;
    }
    end();
    return turned ? [...found, "reverse complement"] : found;
  }
}

function align(origin, length) {
  const columns = [];
  let next = 0;
  origin.forEach((from, edited) => {
    if (from < 0) {
      columns.push({ original: -1, edited });
      return;
    }
    while (next < from) columns.push({ original: next++, edited: -1 });
    columns.push({ original: next++, edited });
  });
  while (next < length) columns.push({ original: next++, edited: -1 });
  return columns;
}

/** Where edited letters come from, as far as common starts and ends tell. */
function aligned(original, edited) {
  const most = Math.min(original.length, edited.length);
  if (original.length === edited.length) return Array.from(edited, (_, i) => i);
  let [start, end] = [0, 0];
  while (start < most && original[start] === edited[start]) start++;
  while (end < most - start && original.at(-1 - end) === edited.at(-1 - end)) end++;
  return Array.from(edited, (_, i) => {
    if (i >= edited.length - end) return original.length - (edited.length - i);
    return i < start || i < original.length - end ? i : -1;
  });
}
