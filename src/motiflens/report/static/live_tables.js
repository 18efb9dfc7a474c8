// Dense layers of three sequences at once: tables with a row an input, in blocks of four units, so that each weight is read
// once for the three and their sums stay in the processor's registers.

export const AT_ONCE = 3;
const BLOCK = 4;

/** A table of rows end to end as blocks; units are filled up with zeros. */
export function inBlocks(values, width) {
  const rows = values.length / width;
  const units = Math.ceil(width / BLOCK) * BLOCK;
  const out = new values.constructor(rows * units);
  for (let row = 0; row < rows; row++) for (let u = 0; u < width; u++) out[((u - (u % BLOCK)) * rows + row * BLOCK) + (u % BLOCK)] = values[row * width + u];
  return { rows, units, values: out };
}

/** The biases of a table's units, filled up with zeros, three times. */
export function biasOf(values, { units }) {
  const out = new Float64Array(AT_ONCE * units);
  for (let which = 0; which < AT_ONCE; which++) out.set(values, which * units);
  return out;
}

/** Adds the first `count` of `rows` of a table, each times its three factors, to sums, three times a value a unit. */
export function addRows(sums, { rows: height, units, values }, { rows, factors, count }) {
  for (let first = 0; first < units; first += BLOCK) {
    let [a0, a1, a2, a3] = [sums[first], sums[first + 1], sums[first + 2], sums[first + 3]];
    let [b0, b1, b2, b3] = [sums[units + first], sums[units + first + 1], sums[units + first + 2], sums[units + first + 3]];
    let [c0, c1, c2, c3] = [sums[2 * units + first], sums[2 * units + first + 1], sums[2 * units + first + 2], sums[2 * units + first + 3]];
    for (let i = 0; i < count; i++) {
      const at = first * height + rows[i] * BLOCK;
      const x = factors[3 * i];
      const y = factors[3 * i + 1];
      const z = factors[3 * i + 2];
      let w = values[at];
      a0 += w * x;
      b0 += w * y;
      c0 += w * z;
      w = values[at + 1];
      a1 += w * x;
      b1 += w * y;
      c1 += w * z;
      w = values[at + 2];
      a2 += w * x;
      b2 += w * y;
      c2 += w * z;
      w = values[at + 3];
      a3 += w * x;
      b3 += w * y;
      c3 += w * z;
    }
    sums[first] = a0;
    sums[first + 1] = a1;
    sums[first + 2] = a2;
    sums[first + 3] = a3;
    sums[units + first] = b0;
    sums[units + first + 1] = b1;
    sums[units + first + 2] = b2;
    sums[units + first + 3] = b3;
    sums[2 * units + first] = c0;
    sums[2 * units + first + 1] = c1;
    sums[2 * units + first + 2] = c2;
    sums[2 * units + first + 3] = c3;
  }
  return sums;
}
