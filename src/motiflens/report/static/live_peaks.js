// One strand of one sequence through a network that pools the strongest response of each filter, weighted by a softmax
// over positions, and has dense layers behind: logits, attention, single changes. As in live_pass.js, a pass keeps its
// responses. With y = response * exp(gate) a pooled value is max y / sum exp(gate), so that those of a single change come
// from what lies before the windows that see it, from these, and from what lies behind them.

import { NONE, sumTaps, takeIn, touched } from "./live_pass.js";
import { AT_ONCE, addRows, inBlocks } from "./live_tables.js";

// Of each code the other bases, three at a time; of N all four.
const OTHERS = [[[1, 2, 3]], [[0, 2, 3]], [[0, 1, 3]], [[0, 1, 2]], [[0, 1, 2], [3, 3, 3]]];

export class PeakPass {
  constructor(member) {
    this.member = member;
    this.codes = new Uint8Array(member.length).fill(NONE);
    this.state = member.scales.map(({ count }) => {
      const [match, weighted] = [0, 1].map(() => new Float64Array(member.length * count));
      return { match, weighted, weight: new Float64Array(member.length), peak: new Float64Array(count), whole: 0 };
    });
    const { dense1, dense2 } = member;
    [this.first, this.second] = [dense1, dense2].map(({ bias }) => new Float64Array(bias.length)); // of three sequences
    const most = Math.max(dense1.table.rows, dense2.table.rows);
    this.few = { rows: new Int32Array(most), factors: new Float64Array(AT_ONCE * most), count: 0 }; // of a table to add
  }

  /** A target as passes take it: weights of the outputs folded into the last layer. */
  static fold(member, weights) {
    const units = member.output.length / weights.length;
    return Float64Array.from({ length: units }, (_, u) => weights.reduce((sum, weight, h) => sum + weight * member.output[h * units + u], 0));
  }

  /** Takes a sequence of codes, as long as the network's. */
  read(codes) {
    const { member, state } = this;
    const changed = takeIn(this.codes, codes);
    if (!changed.length) return;
    member.scales.forEach((scale, i) => {
      for (const q of touched(changed, scale, codes.length)) respond(scale, state[i], this.codes, q);
      sumUp(scale, state[i]);
    });
    this.shares = null;
  }

  /** The logits of all outputs. */
  logits() {
    const { bias, output } = this.member;
    const units = output.length / bias.length;
    const top = this.unchanged();
    return Float64Array.from(bias, (own, h) => own + dot(output.subarray(h * units, (h + 1) * units), top, 0));
  }

  /** Attention by scale; contributions by letter are none of the network's own. */
  letters() {
    return { contributions: null, attention: this.state.map(({ weight, whole }) => weight.map((value) => value / whole)) };
  }

  /** Changes of the target's logit by every base at every position, four rows A, C, G, T end to end. */
  changes(target) {
    const { member, codes, state } = this;
    const { length, scales } = member;
    const out = new Float64Array(4 * length);
    const work = scales.map((scale, i) => workspace(scale, state[i], length));
    const before = dot(target, this.unchanged(), 0);
    const { units } = member.dense2.table;
    for (let p = 0; p < length; p++) {
      for (const bases of OTHERS[codes[p]]) {
        scales.forEach((scale, i) => substitute(scale, state[i], work[i], { codes, p, bases }));
        this.pool(work);
        this.addPeaks(work);
        const top = this.top();
        bases.forEach((base, which) => (out[base * length + p] = dot(target, top, which * units) - before));
      }
      scales.forEach((scale, i) => passBy(scale, state[i], work[i], p));
    }
    return out;
  }

  /** The second dense layer's units of the sequence as it is. */
  unchanged() {
    this.pool(this.state.map(({ whole }) => ({ whole: new Float64Array(AT_ONCE).fill(whole) })));
    return this.top();
  }

  /** Fills the first dense layer of three sequences, each with its own sums of the weights, from the peaks. */
  pool(parts) {
    const { first, member, few } = this;
    this.shares ??= this.peakShares();
    first.set(member.dense1.bias);
    few.count = parts.length;
    parts.forEach(({ whole }, i) => {
      few.rows[i] = i;
      for (let which = 0; which < AT_ONCE; which++) few.factors[AT_ONCE * i + which] = 1 / whole[which];
    });
    addRows(first, this.shares, few);
  }

  /** What the peaks add to the first dense layer by scale, before they are divided by the sums of the weights. */
  peakShares() {
    const { member, state, few, first } = this;
    const { units } = member.dense1.table;
    const own = new Float64Array(member.scales.length * units);
    member.scales.forEach(({ s, count }, i) => {
      few.count = count;
      for (let f = 0; f < count; f++) {
        few.rows[f] = s * count + f;
        few.factors.fill(state[i].peak[f], AT_ONCE * f, AT_ONCE * (f + 1));
      }
      own.set(addRows(first.fill(0), member.dense1.table, few).subarray(0, units), i * units);
    });
    return inBlocks(own, units);
  }

  /** Adds to the first dense layer what differs in the peaks of three changes. */
  addPeaks(work) {
    const { member, state, few, first } = this;
    few.count = 0;
    member.scales.forEach(({ s, count }, i) => {
      const { peak, whole } = work[i];
      for (let f = 0; f < count; f++) {
        const before = state[i].peak[f];
        if (peak[f] === before && peak[count + f] === before && peak[2 * count + f] === before) continue;
        few.rows[few.count] = s * count + f;
        for (let which = 0; which < AT_ONCE; which++) few.factors[AT_ONCE * few.count + which] = (peak[which * count + f] - before) / whole[which];
        few.count++;
      }
    });
    addRows(first, member.dense1.table, few);
  }

  /** The second dense layer's units of three sequences, from the first one's before its curve. */
  top() {
    const { first, second, few, member } = this;
    const { bias, table } = member.dense2;
    const { units } = member.dense1.table;
    second.set(bias);
    few.count = 0;
    for (let k = 0; k < table.rows; k++) {
      if (first[k] <= 0 && first[units + k] <= 0 && first[2 * units + k] <= 0) continue;
      few.rows[few.count] = k;
      for (let which = 0; which < AT_ONCE; which++) few.factors[AT_ONCE * few.count + which] = Math.max(first[which * units + k], 0);
      few.count++;
    }
    addRows(second, table, few);
    for (let u = 0; u < second.length; u++) second[u] = Math.max(second[u], 0);
    return second;
  }
}

function dot(one, other, start) {
  let sum = 0;
  for (let u = 0; u < one.length; u++) sum += one[u] * other[start + u];
  return sum;
}

/** 2 max(x, 0) without a branch, which would be guessed wrong half of the time; `stretch` and `gate` are halved for it. */
const twiceRelu = (x) => x + Math.abs(x);

/** Fills matches, weight and weighted responses of one scale at one position. */
function respond(scale, { match, weighted, weight }, codes, q) {
  const { count, gate, stretch, shift } = scale;
  const first = q * count;
  sumTaps(scale, codes, q, match);
  let sum = scale.gateBias;
  for (let f = 0; f < count; f++) sum += gate[f] * twiceRelu(match[first + f]);
  weight[q] = Math.exp(Math.tanh(sum));
  for (let f = 0; f < count; f++) weighted[first + f] = (stretch[f] * twiceRelu(match[first + f]) + shift[f]) * weight[q];
}

/** Peaks of the weighted responses, and the sum of the weights. */
function sumUp({ count }, state) {
  const { weighted, weight, peak } = state;
  peak.fill(-Infinity);
  state.whole = 0;
  for (let q = 0, i = 0; q < weight.length; q++) {
    state.whole += weight[q];
    for (let f = 0; f < count; f++, i++) if (weighted[i] > peak[f]) peak[f] = weighted[i];
  }
}

/**
 * What single changes of one scale need: of every position the peaks from it on and the sum of the weights before it;
 * the peaks before the windows at hand; and responses, peaks and sums of weights after three changes at one position.
 */
function workspace({ count }, { weighted, weight }, length) {
  const ahead = new Float64Array((length + 1) * count).fill(-Infinity);
  for (let i = length * count - 1; i >= 0; i--) ahead[i] = Math.max(ahead[i + count], weighted[i]);
  const [weightAhead, weightBehind] = [0, 1].map(() => new Float64Array(length + 1));
  for (let q = 0; q < length; q++) weightBehind[q + 1] = weightBehind[q] + weight[q];
  for (let q = length - 1; q >= 0; q--) weightAhead[q] = weightAhead[q + 1] + weight[q];
  return { ahead, weightAhead, weightBehind, behind: new Float64Array(count).fill(-Infinity), response: new Float64Array(3 * count), peak: new Float64Array(3 * count), whole: new Float64Array(3) };
}

/** Windows [first, end) that see position p. */
const seeing = ({ width, left }, length, p) => [Math.max(0, p + left - width + 1), Math.min(length, p + left + 1)];

/** Peaks and sums of the weights with each of three other bases at p, into `work`. */
function substitute(scale, { match }, work, { codes, p, bases: [a, b, c] }) {
  const { count, left, taps, gate, stretch, shift, gateBias } = scale;
  const { ahead, behind, peak, response, whole } = work;
  const [first, end] = seeing(scale, codes.length, p);
  for (let f = 0; f < count; f++) peak[f] = peak[count + f] = peak[2 * count + f] = Math.max(behind[f], ahead[end * count + f]);
  whole.fill(work.weightBehind[first] + work.weightAhead[end]);
  const seen = codes[p] < 4 ? 1 : 0;
  for (let q = first; q < end; q++) {
    const at = q * count;
    const row = (p - q + left) * 4 * count;
    const toA = row + a * count;
    const toB = row + b * count;
    const toC = row + c * count;
    const old = row + (codes[p] & 3) * count;
    let sumA = gateBias;
    let sumB = gateBias;
    let sumC = gateBias;
    for (let f = 0; f < count; f++) {
      const rest = match[at + f] - seen * taps[old + f];
      const keptA = twiceRelu(rest + taps[toA + f]);
      const keptB = twiceRelu(rest + taps[toB + f]);
      const keptC = twiceRelu(rest + taps[toC + f]);
      sumA += gate[f] * keptA;
      sumB += gate[f] * keptB;
      sumC += gate[f] * keptC;
      response[f] = stretch[f] * keptA + shift[f];
      response[count + f] = stretch[f] * keptB + shift[f];
      response[2 * count + f] = stretch[f] * keptC + shift[f];
    }
    for (let which = 0, i = 0; which < 3; which++) {
      const weight = Math.exp(Math.tanh(which === 0 ? sumA : which === 1 ? sumB : sumC));
      whole[which] += weight;
      for (let f = 0; f < count; f++, i++) {
        const value = response[i] * weight;
        if (value > peak[i]) peak[i] = value;
      }
    }
  }
}

/** Moves on from p: the first of the windows that see it lies behind those that see the next position. */
function passBy(scale, { weighted }, { behind }, p) {
  const { count, width, left } = scale;
  const q = p + left - width + 1;
  if (q >= 0) for (let f = 0; f < count; f++) behind[f] = Math.max(behind[f], weighted[q * count + f]);
}
