// A model's weights, unpacked once into the layout that the passes of live_pass.js and live_peaks.js read.

import { biasOf, inBlocks } from "./live_tables.js";

/** Returns the float32 values of base64 text. */
function floats(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

const LARGEST_EXPONENT = 10;
export const clampedExp = (x) => Math.exp(Math.min(x, LARGEST_EXPONENT));

/** Turns what live/export.py packs into a model: the same facts, and `members` ready for passes. */
export function unpackModel(packed) {
  const all = floats(packed.weights);
  const unpack = packed.pooling === "sum" ? sumMember : peakMember;
  const members = packed.tensors.map((tensors) => {
    const get = (name) => {
      if (!(name in tensors)) return null;
      const [shape, first] = tensors[name];
      return all.subarray(first, first + shape.reduce((product, n) => product * n, 1));
    };
    return unpack(packed, get, tensors);
  });
  return { ...packed, weights: null, members, outputs: packed.output.weights[0].length };
}

function sumMember(packed, get, tensors) {
  const outputs = packed.output.weights[0].length;
  const mix = (term) => get("mix").subarray(term * outputs, (term + 1) * outputs); // motif, position, k-mer
  const { length } = packed;
  const { filters: count, gate_units: units } = packed.sizes;
  const widest = Math.max(...packed.widths);
  const knots = tensors["motif.log_position_weights"]?.[0][1] ?? 0;
  const saturation = Float64Array.from(get("motif.saturation"), softplus);
  return {
    length,
    outputs,
    exponential: packed.sizes.exponential,
    bias: get("bias"),
    readout: mixed(get("motif.readout"), mix(0)),
    saturation,
    scales: packed.widths.map((width, s) => scale(get, { s, width, widest, count, units, length, knots })),
    placed: get("position.weights.0") ? Array.from({ length: packed.sizes.positional_kmer }, (_, j) => mixed(get(`position.weights.${j}`), mix(1))) : [],
    anywhere: get("kmer.weight") && mixed(get("kmer.weight"), mix(2)),
    k: packed.sizes.kmer,
  };
}

/** Batch norms are folded in: responses are stretch * relu(match) + shift, and gates take relu(match), both of them 2 relu(match). */
function peakMember({ length, widths }, get) {
  const [bias, stretch, shift, gate, gateBias] = ["bias", "scale", "shift", "gate", "gate_bias"].map(get);
  const count = bias.length / widths.length;
  const of = (table, s) => table.subarray(s * count, (s + 1) * count);
  const halved = (table, s) => of(table, s).map((value) => value / 2);
  let row = 0;
  const scales = widths.map((width, s) => {
    const taps = get("taps").subarray(row * 4 * count, (row + width) * 4 * count);
    row += width;
    return { s, width, count, left: (width - 1) >> 1, taps, bias: of(bias, s), stretch: halved(stretch, s), shift: of(shift, s), gate: halved(gate, s), gateBias: gateBias[s] };
  });
  const [dense1, dense2] = [1, 2].map((i) => {
    const values = get(`bias${i}`);
    const table = inBlocks(get(`dense${i}`), values.length);
    return { table, bias: biasOf(values, table) };
  });
  return { length, scales, dense1, dense2, output: get("output"), bias: get("output_bias") };
}

/** A table by output, times the mixing weight of each output. */
function mixed(table, mix) {
  const size = table.length / mix.length;
  return Float64Array.from(table, (value, i) => value * mix[Math.floor(i / size)]);
}

const softplus = (x) => (x > 20 ? x : Math.log1p(Math.exp(x)));

/**
 * Filters of one width: tables by tap and base, a row of filters each. Banks are centred in the widest one. The gate's
 * hidden layer is in blocks of four units, a row of eight a filter: four of tanh, then four of sigmoid.
 */
function scale(get, { s, width, widest, count, units, length, knots }) {
  const bank = get(`motif.filters.${s}`);
  const size = width * 4 * count;
  const [taps, grow, shrink, excess] = [0, 1, 2, 3].map(() => new Float64Array(size));
  for (let f = 0; f < count; f++) {
    for (let j = 0; j < width; j++) {
      const at = (base) => bank[(f * 4 + base) * width + j];
      const mean = (at(0) + at(1) + at(2) + at(3)) / 4;
      for (let base = 0; base < 4; base++) {
        const to = (j * 4 + base) * count + f;
        taps[to] = at(base);
        grow[to] = Math.exp(at(base));
        shrink[to] = Math.exp(-at(base));
        excess[to] = Math.max(0, at(base) - mean);
      }
    }
  }
  const part = (name, n) => Float64Array.from(get(name).subarray(s * n, (s + 1) * n));
  const [tanh, sigmoid] = ["tanh", "sigmoid"].map((kind) => part(`motif.gate_${kind}.weight`, units * count));
  const blocks = Math.ceil(units / 4);
  const gate = new Float64Array(blocks * count * 8);
  const [gateBias, logit] = [new Float64Array(blocks * 8), new Float64Array(blocks * 4)];
  logit.set(part("motif.gate_logit.weight", units));
  [tanh, sigmoid].forEach((weights, half) => {
    const bias = part(`motif.gate_${half ? "sigmoid" : "tanh"}.bias`, units);
    for (let u = 0; u < units; u++) {
      const place = 4 * half + (u % 4);
      gateBias[(u >> 2) * 8 + place] = bias[u];
      for (let f = 0; f < count; f++) gate[((u >> 2) * count + f) * 8 + place] = weights[u * count + f];
    }
  });
  return {
    s, width, count, blocks, taps, grow, shrink, excess, gate, gateBias,
    left: ((widest - 1) >> 1) - ((widest - width) >> 1),
    bias: part("motif.bias", count),
    logit,
    logitBias: get("motif.gate_logit.bias")[s],
    weight: knots ? positionWeights(get("motif.log_position_weights").subarray(s * count * knots, (s + 1) * count * knots), { count, knots, length }) : null,
  };
}

/** exp of a linear spline through the knots, a row of filters a position. */
function positionWeights(logs, { count, knots, length }) {
  const out = new Float64Array(length * count);
  for (let p = 0; p < length; p++) {
    const place = knots === length ? p : length > 1 ? (p * (knots - 1)) / (length - 1) : 0;
    const low = Math.min(Math.floor(place), knots - 1);
    const [high, part] = [Math.min(low + 1, knots - 1), place - low];
    for (let f = 0; f < count; f++) out[p * count + f] = clampedExp(logs[f * knots + low] * (1 - part) + logs[f * knots + high] * part);
  }
  return out;
}
