// What a draft and a model make of each other: explained sequences letter by letter, and the strongest change. No page.

import { againstMean, encode, fitLength } from "./live_model.js";

export class Session {
  constructor(model) {
    this.model = model;
    this.target = null;
  }

  /** Takes a draft and explains it towards a name, by default that of the original's prediction. */
  open(draft, target = null) {
    this.draft = draft;
    const { window } = fitLength(encode(draft.original), this.model.length);
    this.target = target ?? this.model.defaultTarget(this.model.predict(window).values);
    this.original = this.explained(draft.original);
  }

  /** Turns the explanation to another name. */
  aim(target) {
    this.target = target;
    this.original = this.explained(this.draft.original);
  }

  /**
   * The edited sequence as it is known at once: `pending` tells that only the single changes, which take longer, give its
   * contributions; until `contributions` has them, they are those before.
   */
  edited() {
    const { letters } = this.draft;
    const shown = this.look(letters);
    if (shown.contributions) return shown;
    return { ...shown, contributions: Array.from(letters, (_, i) => this.before[i] ?? 0), pending: true };
  }

  /** A sequence with its contributions. */
  explained(letters) {
    const shown = this.look(letters);
    return { ...shown, contributions: shown.contributions ?? this.contributions(letters, this.changes(letters)) };
  }

  /** Contributions by letter, of a network that has none of its own, from the effects of all single changes. */
  contributions(letters, changes) {
    this.before = Array.from(againstMean(changes, encode(letters)));
    return this.before;
  }

  /**
   * {letters, target, prediction, score, contributions, total, hits, outside}: values by letter, in the output's unit;
   * contributions are null where the network has none of its own.
   */
  look(letters) {
    const { model, target } = this;
    const { window, offset } = fitLength(encode(letters), model.length);
    const prediction = model.predict(window);
    const { contributions, total } = model.explain(target);
    const by = (values) => Array.from(letters, (_, i) => values[i - offset] ?? 0);
    return {
      letters,
      target,
      prediction,
      score: model.explained(prediction.logits, target),
      contributions: contributions && by(contributions),
      total: by(total),
      hits: model.hits(window).map((hit) => ({ ...hit, start: hit.start + offset, end: hit.end + offset })),
      outside: (i) => i < offset || i >= offset + model.length,
    };
  }

  /** Effects of all single changes, by default of the edited sequence, four rows by letter. */
  changes(letters = this.draft.letters) {
    const { window, offset } = fitLength(encode(letters), this.model.length);
    this.model.read(window);
    return this.model.changes(this.target).map((row) => Array.from(letters, (_, i) => row[i - offset] ?? 0));
  }

  /** The single change that moves the score most, up (1) or down (-1): {at, base, change}; null where none does. */
  strongest(direction) {
    let best = null;
    this.changes().forEach((row, base) =>
      row.forEach((change, at) => {
        if (change * direction > (best ? best.change * direction : 1e-9)) best = { at, base: "ACGT"[base], change };
      }),
    );
    return best;
  }

  /** How a sequence's length is handled, in words; empty where it is the model's. */
  lengthNote() {
    const [given, wanted] = [this.draft.letters.length, this.model.length];
    if (given === wanted) return "";
    return given > wanted
      ? `${given} bp; the model reads ${wanted}: it sees the middle, the letters under a veil are outside.`
      : `${given} bp; the model reads ${wanted}: both sides are filled up with N.`;
  }
}

/** The run's sequences to start from, with how sure the model is of each one's class, or the number that it predicts. */
export function startingPoints(records, { kind, classes }) {
  return records.map(({ id, letters, label, p }) => {
    const own = kind === "numbers" ? p[0]?.toPrecision(3) : p[classes.indexOf(label)]?.toFixed(2);
    return { id, letters, label: kind === "classes" ? label : "of the run", score: own ?? "" };
  });
}

/** Random letters, as frequent as in the background. */
export function randomLetters(length, background, random = Math.random) {
  const sums = background.map((_, i) => background.slice(0, i + 1).reduce((a, b) => a + b, 0));
  return Array.from({ length }, () => {
    const x = random() * sums[3];
    return "ACGT"[Math.max(0, sums.findIndex((sum) => x < sum))];
  }).join("");
}
