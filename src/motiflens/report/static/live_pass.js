// One strand of one sequence through a network that pools by sums: activations, logits, contributions, attention, single
// changes. A pass keeps its activations, so that the next sequence costs only the windows that changed.

import { clampedExp } from "./live_weights.js";

const LARGEST_ACTIVATION = clampedExp(Infinity);
export const NONE = 255; // no code of a letter: what a pass has read before it reads

export class SumPass {
  constructor(member) {
    this.member = member;
    this.codes = new Uint8Array(member.length).fill(NONE);
    this.state = member.scales.map(({ count, blocks }) => {
      const [match, bounded, activation] = [0, 1, 2].map(() => new Float64Array(member.length * count));
      return { match, bounded, activation, hidden: new Float64Array(member.length * blocks * 8), pooled: new Float64Array(count) };
    });
  }

  /** A target as passes take it: weights of the outputs folded into the read-outs and the linear terms' tables. */
  static fold(member, weights) {
    const fold = (table) => {
      const size = table.length / weights.length;
      const out = new Float64Array(size);
      weights.forEach((weight, h) => {
        if (weight) for (let i = 0; i < size; i++) out[i] += weight * table[h * size + i];
      });
      return out;
    };
    return {
      length: member.length,
      readout: fold(member.readout),
      placed: member.placed.map(fold),
      anywhere: member.anywhere && fold(member.anywhere),
      k: member.k,
    };
  }

  /** Takes a sequence of codes, as long as the network's. */
  read(codes) {
    const { member, state } = this;
    const changed = takeIn(this.codes, codes);
    if (!changed.length) return;
    member.scales.forEach((scale, i) => {
      for (const p of touched(changed, scale, codes.length)) window(scale, state[i], this.codes, p, member.exponential);
      sum(scale, state[i], codes.length);
    });
  }

  /** The logits of all outputs. */
  logits() {
    const { member, codes } = this;
    return Float64Array.from(member.bias, (bias, h) => {
      let motif = 0;
      member.scales.forEach(({ s, count }, i) => {
        for (let f = 0; f < count; f++) motif += member.readout[(h * member.scales.length + s) * count + f] * this.divided(i, f);
      });
      return bias + motif + linear(oneOutput(member, h), codes);
    });
  }

  divided(i, f) {
    const { member } = this;
    const total = this.state[i].pooled[f];
    return total / (1 + total / member.saturation[member.scales[i].s * member.scales[i].count + f]);
  }

  /**
   * Contributions by letter towards a target, given as weights of the outputs, and attention by scale, both in logits.
   * A window's share goes to the letters under it by how far each exceeds the mean of its column, where it does.
   */
  letters(target) {
    const { member, codes } = this;
    const length = codes.length;
    const contributions = new Float64Array(length);
    const attention = member.scales.map((scale, i) => {
      const own = new Float64Array(length);
      spread(scale, this.state[i], codes, this.rates(i, target), contributions, own);
      return own;
    });
    spreadLinear(target, codes, contributions);
    return { contributions, attention };
  }

  /** What a unit of activation of each filter adds to the target, and its size: what it adds to the output it moves most. */
  rates(i, target) {
    const { member } = this;
    const { s, count } = member.scales[i];
    const [signed, size] = [new Float64Array(count), new Float64Array(count)];
    for (let f = 0; f < count; f++) {
      let largest = 0;
      for (let h = 0; h < member.outputs; h++) largest = Math.max(largest, Math.abs(member.readout[h * member.saturation.length + s * count + f]));
      const divisor = 1 + this.state[i].pooled[f] / member.saturation[s * count + f];
      signed[f] = target.readout[s * count + f] / divisor;
      size[f] = largest / divisor;
    }
    return { signed, size };
  }

  /** Changes of the target's logit by every base at every position, four rows A, C, G, T end to end. */
  changes(target) {
    const { member, codes } = this;
    const length = codes.length;
    const out = new Float64Array(4 * length);
    const work = member.scales.map(workspace);
    for (let p = 0; p < length; p++) {
      for (let base = 0; base < 4; base++) {
        if (base === codes[p]) continue;
        let change = linearChange(target, codes, p, base);
        member.scales.forEach((scale, i) => {
          substitute(scale, this.state[i], codes, work[i], { p, base, exponential: member.exponential });
          const first = scale.s * scale.count;
          for (let f = 0; f < scale.count; f++) {
            const before = this.state[i].pooled[f];
            const after = before + work[i].added[f];
            const saturation = member.saturation[first + f];
            change += target.readout[first + f] * (after / (1 + after / saturation) - before / (1 + before / saturation));
          }
        });
        out[base * length + p] = change;
      }
    }
    return out;
  }
}

function oneOutput(member, h) {
  const part = (table) => table.subarray((h * table.length) / member.outputs, ((h + 1) * table.length) / member.outputs);
  return { placed: member.placed.map(part), anywhere: member.anywhere && part(member.anywhere), k: member.k };
}

/** Takes codes into a pass's own; the positions where the two differed. */
export function takeIn(own, codes) {
  const changed = [];
  for (let p = 0; p < codes.length; p++) if (codes[p] !== own[p]) changed.push(p);
  own.set(codes);
  return changed;
}

/** Puts into `sums` what the letters under the window centred at p give each filter, its bias included. */
export function sumTaps({ width, count, left, taps, bias }, codes, p, sums) {
  const first = p * count;
  for (let f = 0; f < count; f++) sums[first + f] = bias[f];
  const [from, to] = [Math.max(0, left - p), Math.min(width, codes.length - p + left)];
  for (let j = from; j < to; j++) {
    const code = codes[p + j - left];
    if (code > 3) continue;
    const row = (j * 4 + code) * count;
    for (let f = 0; f < count; f++) sums[first + f] += taps[row + f];
  }
}

/** The windows (by their centres) that see a changed position, in order. */
export function touched(changed, { width, left }, length) {
  const found = [];
  let next = 0;
  for (const q of changed) {
    const last = Math.min(length - 1, q + left);
    for (let p = Math.max(next, q - (width - 1 - left)); p <= last; p++) found.push(p);
    next = Math.max(next, last + 1);
  }
  return found;
}

/** Fills the activations of one scale at one position. */
function window(scale, state, codes, p, exponential) {
  const { count } = scale;
  const first = p * count;
  const { match, bounded, activation } = state;
  sumTaps(scale, codes, p, activation);
  for (let f = 0; f < count; f++) {
    const odds = Math.exp(activation[first + f]);
    match[first + f] = odds;
    bounded[first + f] = 1 / (1 + 1 / odds);
  }
  const size = scale.blocks * 8;
  state.hidden.set(scale.gateBias, p * size);
  const gate = gateOf(scale, state.hidden, p * size, { inputs: bounded, start: first, keep: true });
  for (let f = 0; f < count; f++) {
    const plain = exponential ? Math.min(match[first + f], LARGEST_ACTIVATION) : bounded[first + f];
    activation[first + f] = plain * gate * (scale.weight ? scale.weight[first + f] : 1);
  }
}

/**
 * The gate whose hidden layer, before its curves, is at `at` in `hidden`, plus what `inputs` from `start` on, a value a
 * filter, add to it; `keep` puts the sum back.
 */
function gateOf({ count, blocks, gate, logit, logitBias }, hidden, at, { inputs, start, keep }) {
  let sum = logitBias;
  for (let block = 0, row = 0; block < blocks; block++) {
    const first = at + block * 8;
    let [a, b, c, d] = [hidden[first], hidden[first + 1], hidden[first + 2], hidden[first + 3]];
    let [e, f, g, h] = [hidden[first + 4], hidden[first + 5], hidden[first + 6], hidden[first + 7]];
    for (let i = start; i < start + count; i++, row += 8) {
      const value = inputs[i];
      a += gate[row] * value;
      b += gate[row + 1] * value;
      c += gate[row + 2] * value;
      d += gate[row + 3] * value;
      e += gate[row + 4] * value;
      f += gate[row + 5] * value;
      g += gate[row + 6] * value;
      h += gate[row + 7] * value;
    }
    if (keep) hidden.set([a, b, c, d, e, f, g, h], first);
    const unit = block * 4;
    sum += logit[unit] * gated(a, e) + logit[unit + 1] * gated(b, f) + logit[unit + 2] * gated(c, g) + logit[unit + 3] * gated(d, h);
  }
  return clampedExp(sum);
}

/** tanh(a) * sigmoid(b). */
const gated = (a, b) => (1 - 2 / (1 + Math.exp(2 * a))) / (1 + Math.exp(-b));

function sum({ count }, { activation, pooled }, length) {
  pooled.fill(0);
  for (let p = 0, i = 0; p < length; p++) for (let f = 0; f < count; f++, i++) pooled[f] += activation[i];
}

function spread(scale, state, codes, { signed, size }, contributions, attention) {
  const { width, count, left, excess } = scale;
  const [total, byTarget, bySize] = [0, 1, 2].map(() => new Float64Array(count));
  for (let p = 0; p < codes.length; p++) {
    const [from, to] = [Math.max(0, left - p), Math.min(width, codes.length - p + left)];
    total.fill(0);
    for (let j = from; j < to; j++) {
      const code = codes[p + j - left];
      if (code > 3) continue;
      const row = (j * 4 + code) * count;
      for (let f = 0; f < count; f++) total[f] += excess[row + f];
    }
    for (let f = 0; f < count; f++) {
      const value = state.activation[p * count + f];
      if (total[f] > 0) {
        byTarget[f] = (value * signed[f]) / total[f];
        bySize[f] = (value * size[f]) / total[f];
      } else {
        contributions[p] += value * signed[f];
        attention[p] += value * size[f];
        byTarget[f] = bySize[f] = 0;
      }
    }
    for (let j = from; j < to; j++) {
      const code = codes[p + j - left];
      if (code > 3) continue;
      const row = (j * 4 + code) * count;
      let [one, two] = [0, 0];
      for (let f = 0; f < count; f++) {
        one += byTarget[f] * excess[row + f];
        two += bySize[f] * excess[row + f];
      }
      contributions[p + j - left] += one;
      attention[p + j - left] += two;
    }
  }
}

// The linear terms: a weight a k-mer of j letters and position of its centre, j letters from its start over two; and
// one a k-mer anywhere. None for k-mers with N.

function kmerAt(codes, start, k) {
  if (start < 0 || start + k > codes.length) return -1;
  let index = 0;
  for (let i = start; i < start + k; i++) {
    if (codes[i] > 3) return -1;
    index = index * 4 + codes[i];
  }
  return index;
}

function linear({ placed, anywhere, k }, codes) {
  const length = codes.length;
  let sum = 0;
  for (let start = 0; start < length; start++) {
    placed.forEach((table, j) => {
      const index = kmerAt(codes, start, j + 1);
      if (index >= 0) sum += table[index * length + start + ((j + 1) >> 1)];
    });
    const index = anywhere ? kmerAt(codes, start, k) : -1;
    if (index >= 0) sum += anywhere[index];
  }
  return sum;
}

function spreadLinear({ placed, anywhere, k }, codes, out) {
  const length = codes.length;
  const share = (start, width, weight) => {
    for (let i = start; i < start + width; i++) out[i] += weight / width;
  };
  for (let start = 0; start < length; start++) {
    placed.forEach((table, j) => {
      const index = kmerAt(codes, start, j + 1);
      if (index >= 0) share(start, j + 1, table[index * length + start + ((j + 1) >> 1)]);
    });
    const index = anywhere ? kmerAt(codes, start, k) : -1;
    if (index >= 0) share(start, k, anywhere[index]);
  }
}

function linearChange({ placed, anywhere, k }, codes, p, base) {
  const old = codes[p];
  const around = (count) => {
    let sum = 0;
    placed.forEach((table, j) => {
      for (let start = p - j; start <= p; start++) {
        const index = kmerAt(codes, start, j + 1);
        if (index >= 0) sum += table[index * count + start + ((j + 1) >> 1)];
      }
    });
    for (let start = p - k + 1; anywhere && start <= p; start++) {
      const index = kmerAt(codes, start, k);
      if (index >= 0) sum += anywhere[index];
    }
    return sum;
  };
  const before = around(codes.length);
  codes[p] = base;
  const after = around(codes.length);
  codes[p] = old;
  return after - before;
}

const workspace = ({ count }) => ({ added: new Float64Array(count), plain: new Float64Array(count), change: new Float64Array(count) });

/** Sums over all windows that see position p what the base there would add to each filter's pooled activation. */
function substitute(scale, state, codes, work, { p, base, exponential }) {
  const { width, count, left, weight, grow } = scale;
  const { match, bounded, activation, hidden } = state;
  const { added, plain, change } = work;
  const [old, size] = [codes[p], scale.blocks * 8];
  const shrink = old > 3 ? null : scale.shrink;
  added.fill(0);
  for (let j = Math.max(0, p + left - codes.length + 1); j < width && j <= p + left; j++) {
    const q = p - j + left;
    const [first, to, from] = [q * count, (j * 4 + base) * count, (j * 4 + old) * count];
    for (let f = 0; f < count; f++) {
      const odds = match[first + f] * grow[to + f] * (shrink ? shrink[from + f] : 1);
      const value = odds / (1 + odds);
      change[f] = value - bounded[first + f];
      plain[f] = exponential ? (odds < LARGEST_ACTIVATION ? odds : LARGEST_ACTIVATION) : value;
    }
    const factor = gateOf(scale, hidden, q * size, { inputs: change, start: 0, keep: false });
    for (let f = 0; f < count; f++) added[f] += plain[f] * factor * (weight ? weight[first + f] : 1) - activation[first + f];
  }
}
