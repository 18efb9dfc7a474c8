// A model in the browser: predictions, contributions, attention, single changes and motif hits of any sequence,
// as Python computes them. No page in here: the same module runs in a report, in a notebook and in node.

import { SumPass } from "./live_pass.js";
import { PeakPass } from "./live_peaks.js";
import { unpackModel } from "./live_weights.js";

const N = 4;
const LARGEST_LOG_RATE = 30;
const CODES = new Map([..."ACGTacgt"].map((letter, i) => [letter, i % 4]).concat([["U", 3], ["u", 3]]));

/** Codes of a sequence: lower case is upper case, U is T, everything else N. */
export const encode = (letters) => Uint8Array.from(letters, (letter) => CODES.get(letter) ?? N);

export const complement = (code) => (code < N ? 3 - code : code);

/** The model's window onto a sequence: its middle, or all of it with N on both sides. */
export function fitLength(codes, length) {
  const offset = Math.floor((codes.length - length) / 2); // of the window's start in the sequence
  const window = new Uint8Array(length).fill(N);
  for (let i = 0; i < length; i++) if (i + offset >= 0 && i + offset < codes.length) window[i] = codes[i + offset];
  return { window, offset };
}

export class LiveModel {
  constructor(packed, motifs = []) {
    Object.assign(this, unpackModel(packed));
    this.motifs = motifs;
    this.Pass = this.pooling === "sum" ? SumPass : PeakPass;
    const strands = this.strands === "both" ? 2 : 1;
    this.passes = this.members.flatMap((member) => Array.from({ length: strands }, (_, turned) => ({ member, turned, pass: new this.Pass(member) })));
    this.targets = new Map();
  }

  /** Reads a window of codes into every pass; after that the other methods speak of it. */
  read(window) {
    const turned = this.strands === "both" ? Uint8Array.from(window, complement).reverse() : null;
    for (const each of this.passes) each.pass.read(each.turned ? turned : window);
  }

  /** Logits, by output, and those of each member. */
  logits() {
    const strands = this.passes.length / this.members.length;
    const members = this.members.map(() => new Float64Array(this.outputs));
    this.passes.forEach(({ pass }, i) => pass.logits().forEach((logit, h) => (members[Math.floor(i / strands)][h] += logit / strands)));
    const mean = new Float64Array(this.outputs).map((_, h) => members.reduce((sum, logits) => sum + logits[h], 0) / members.length);
    return { logits: mean, members };
  }

  /** Logits, what they mean (probabilities, or numbers in target units), and of ensembles and numbers 95 % intervals. */
  predict(window) {
    this.read(window);
    const { logits, members } = this.logits();
    const values = this.values(logits);
    return { logits, values, intervals: this.intervals(members, values) };
  }

  values(logits) {
    const { task, names } = this.output;
    if (task === "binary") return [sigmoid(-logits[0]), sigmoid(logits[0])];
    if (task === "multilabel") return Array.from(logits, sigmoid);
    if (task === "regression") return names.map((_, i) => this.number(this.explained(logits, i), i));
    const top = Math.max(...logits);
    const odds = Array.from(logits, (logit) => Math.exp(logit - top));
    const total = odds.reduce((sum, one) => sum + one, 0);
    return odds.map((one) => one / total);
  }

  number(explained, i) {
    return this.output.counts ? Math.exp(Math.min(explained, this.output.centres[i] + LARGEST_LOG_RATE)) : explained;
  }

  /** Log p / (1 - p) of every class or label. */
  logOdds(logits) {
    if (this.output.task === "binary") return [-logits[0], logits[0]];
    if (this.output.task === "multilabel") return Array.from(logits);
    return Array.from(logits, (logit, c) => logit - logSum(Array.from(logits).filter((_, other) => other !== c)));
  }

  intervals(members, values) {
    const { task, reach, noise } = this.output;
    const count = members.length;
    if (task === "regression" ? count < 2 && !noise.length : count < 2) return null;
    const of = task === "regression" ? (logits) => values.map((_, i) => this.explained(logits, i)) : (logits) => this.logOdds(logits);
    const spread = members.map(of);
    return values.map((value, i) => {
      const own = spread.map((one) => one[i]);
      const mean = own.reduce((sum, one) => sum + one, 0) / count;
      const variance = count > 1 ? own.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (count - 1) : 0;
      const far = reach * (task === "regression" ? Math.sqrt(variance * (1 + 1 / count) + (noise[i] ?? NaN) ** 2) : Math.sqrt(variance));
      if (!Number.isFinite(far)) return null;
      const end = task === "regression" ? (x) => this.number(x, i) : sigmoid;
      return [Math.min(value, end(mean - far)), Math.max(value, end(mean + far))];
    });
  }

  /** The name that is explained unless one is given: the positive class of two, the most probable of more, or the first. */
  defaultTarget(values) {
    const { task, positive } = this.output;
    if (task === "multiclass") return values.indexOf(Math.max(...values));
    return Math.max(0, positive);
  }

  /** What is explained of a name, in the output's unit: of two classes the logit, of more the logit less the mean of all. */
  explained(logits, index) {
    return this.output.weights[index].reduce((sum, weight, h) => sum + weight * logits[h], this.output.centres[index]);
  }

  target(index) {
    if (!this.targets.has(index)) this.targets.set(index, this.members.map((member) => this.Pass.fold(member, this.output.weights[index])));
    return this.targets.get(index);
  }

  /**
   * Contributions by letter towards a class, in the output's unit, and the fractions of attention by scale and in total.
   * A network that pools by peaks has no contributions of its own: null, and `againstMean` gives them.
   */
  explain(index) {
    const { length, passes } = this;
    const folded = this.target(index);
    const contributions = this.pooling === "sum" ? new Float64Array(length) : null;
    const attention = this.widths.map(() => new Float64Array(length));
    for (const { member, turned, pass } of passes) {
      const found = pass.letters(folded[this.members.indexOf(member)]);
      for (let p = 0; p < length; p++) {
        const at = turned ? length - 1 - p : p;
        if (contributions) contributions[p] += found.contributions[at] / passes.length;
        found.attention.forEach((own, s) => (attention[s][p] += own[at]));
      }
    }
    const total = attention.reduce((sum, own) => sum + own.reduce((a, b) => a + b, 0), 0);
    const share = attention.map((own) => own.map((value) => (total > 0 ? value / total : 1 / (length * attention.length))));
    return { contributions, attention: share, total: new Float64Array(length).map((_, p) => share.reduce((sum, own) => sum + own[p], 0)) };
  }

  /** Changes of a class's logit by every base at every position: four arrays, A, C, G, T. */
  changes(index) {
    const { length, passes } = this;
    const folded = this.target(index);
    const rows = [0, 1, 2, 3].map(() => new Float64Array(length));
    for (const { member, turned, pass } of passes) {
      const found = pass.changes(folded[this.members.indexOf(member)]);
      for (let base = 0; base < 4; base++) {
        for (let p = 0; p < length; p++) rows[base][p] += found[turned ? (3 - base) * length + length - 1 - p : base * length + p] / passes.length;
      }
    }
    return rows;
  }

  /**
   * The sites of motifs in the window: windows whose score reaches the motif's cut, in its stretch, of those that
   * overlap the better one. A motif is {name, scores: four rows of bits, cut, window: [start, end] or null, both}.
   */
  hits(window) {
    return this.motifs.flatMap((motif) => findSites(window, motif));
  }
}

function findSites(codes, { name, scores, cut, window, both }) {
  const width = scores[0].length;
  const [first, end] = window ?? [0, codes.length];
  const found = [];
  for (let start = Math.max(0, first); start + width <= Math.min(end, codes.length); start++) {
    let [forward, reverse] = [0, 0];
    for (let j = 0; j < width; j++) {
      const code = codes[start + j];
      if (code > 3) {
        forward = reverse = -Infinity;
        break;
      }
      forward += scores[code][j];
      reverse += scores[3 - code][width - 1 - j];
    }
    if (forward >= cut) found.push({ motif: name, start, end: start + width, strand: "+", score: forward });
    if (both && reverse >= cut) found.push({ motif: name, start, end: start + width, strand: "-", score: reverse });
  }
  const separate = [];
  const rounded = ({ score }) => Math.round(score * 1e9);
  for (const site of [...found].sort((a, b) => rounded(b) - rounded(a))) {
    if (separate.every((other) => site.end <= other.start || site.start >= other.end)) separate.push(site);
  }
  return separate.sort((a, b) => a.start - b.start);
}

/** Contributions by in-silico mutagenesis: what each letter of codes adds against the mean of the four bases; of N, nothing. */
export const againstMean = (changes, codes) => Float64Array.from(codes, (code, p) => (code < N ? -(changes[0][p] + changes[1][p] + changes[2][p] + changes[3][p]) / 4 : 0));

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

function logSum(values) {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}
