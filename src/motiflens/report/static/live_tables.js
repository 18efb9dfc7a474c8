// Tables of dense layers, a row an input, in blocks of eight units: sums of few rows stay in the processor's registers.

const BLOCK = 8;

/** A table of rows end to end as blocks; units are filled up with zeros. */
export function inBlocks(values, units) {
  const rows = values.length / units;
  const blocks = Math.ceil(units / BLOCK);
  const out = new values.constructor(blocks * rows * BLOCK);
  for (let row = 0; row < rows; row++) for (let u = 0; u < units; u++) out[(Math.floor(u / BLOCK) * rows + row) * BLOCK + (u % BLOCK)] = values[row * units + u];
  return { rows, values: out };
}

/** Values a unit, filled up with zeros as tables are. */
export function filledUp(values) {
  const out = new Float64Array(Math.ceil(values.length / BLOCK) * BLOCK);
  out.set(values);
  return out;
}

/** Adds the first `count` of `rows` of a table, each times its factor, to sums, a value a unit; returns them. */
export function addRows(sums, { rows: height, values }, { rows, factors, count }) {
  for (let first = 0; first < sums.length; first += BLOCK) {
    let [a, b, c, d] = [sums[first], sums[first + 1], sums[first + 2], sums[first + 3]];
    let [e, f, g, h] = [sums[first + 4], sums[first + 5], sums[first + 6], sums[first + 7]];
    for (let i = 0; i < count; i++) {
      const at = first * height + rows[i] * BLOCK;
      const factor = factors[i];
      a += values[at] * factor;
      b += values[at + 1] * factor;
      c += values[at + 2] * factor;
      d += values[at + 3] * factor;
      e += values[at + 4] * factor;
      f += values[at + 5] * factor;
      g += values[at + 6] * factor;
      h += values[at + 7] * factor;
    }
    sums[first] = a;
    sums[first + 1] = b;
    sums[first + 2] = c;
    sums[first + 3] = d;
    sums[first + 4] = e;
    sums[first + 5] = f;
    sums[first + 6] = g;
    sums[first + 7] = h;
  }
  return sums;
}
