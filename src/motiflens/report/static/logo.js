// Sequence logos as SVG. A matrix is four rows (A, C, G, T), each with one number a column.

import { data } from "./context.js";
import { signed, svg, ticks } from "./dom.js";

export const BASES = "ACGT";

// Outlines in a unit square, y downwards; arcs are "A rx ry large sweep x y".
const GLYPHS = data.glyphs;

/** Path data of a letter that fills the rectangle. */
export function letterPath(base, x, y, width, height) {
  const px = (value) => (x + value * width).toFixed(2);
  const py = (value) => (y + value * height).toFixed(2);
  return GLYPHS[base]
    .map(([command, ...v]) => {
      if (command === "Z") return "Z";
      if (command !== "A") return `${command}${px(v[0])} ${py(v[1])}`;
      return `A${(v[0] * width).toFixed(2)} ${(v[1] * height).toFixed(2)} 0 ${v[2]} ${v[3]} ${px(v[4])} ${py(v[5])}`;
    })
    .join("");
}

/** The matrix as the other strand shows it. */
export function reverseComplement(matrix) {
  return [...matrix].reverse().map((row) => [...row].reverse());
}

/** Letter heights in bits: each column's relative entropy against the background, shared by probability. */
export function informationHeights(probabilities, background = [0.25, 0.25, 0.25, 0.25]) {
  const bits = probabilities[0].map((_, column) =>
    probabilities.reduce((sum, row, base) => sum + (row[column] > 0 ? row[column] * Math.log2(row[column] / background[base]) : 0), 0),
  );
  return probabilities.map((row) => row.map((p, column) => p * Math.max(bits[column], 0)));
}

/** Lowest and highest point of the stacks, 0 included. */
export function stackRange(heights) {
  const sums = heights[0].map((_, column) => heights.map((row) => row[column]));
  const total = (values, sign) => values.reduce((sum, v) => sum + (v * sign > 0 ? v : 0), 0);
  return [Math.min(0, ...sums.map((v) => total(v, -1))), Math.max(0, ...sums.map((v) => total(v, 1)))];
}

/** The letters of a logo as SVG paths, one a base; small letters lie next to the axis. */
export function letterPaths(heights, { columnWidth, height, range, x = 0, y = 0 }) {
  const [low, high] = range;
  const at = (value) => y + ((high - value) / (high - low)) * height;
  const data = ["", "", "", ""];
  for (let column = 0; column < heights[0].length; column++) {
    for (const sign of [1, -1]) {
      const order = [0, 1, 2, 3].filter((base) => heights[base][column] * sign > 0);
      order.sort((a, b) => Math.abs(heights[a][column]) - Math.abs(heights[b][column]));
      let from = 0;
      for (const base of order) {
        const to = from + heights[base][column];
        const [top, bottom] = [at(Math.max(from, to)), at(Math.min(from, to))];
        if (bottom - top > 0.15) {
          data[base] += letterPath(BASES[base], x + (column + 0.04) * columnWidth, top, columnWidth * 0.92, bottom - top);
        }
        from = to;
      }
    }
  }
  return data.flatMap((d, base) => (d ? [svg("path", { d, class: `base-${BASES[base].toLowerCase()}`, "fill-rule": "evenodd" })] : []));
}

/** A value axis at the left; returns its nodes. */
export function valueAxis({ x, y, height, range, unit, count = 3, sign = false }) {
  const [low, high] = range;
  const at = (value) => y + ((high - value) / (high - low)) * height;
  const marks = ticks(low, high, count);
  const digits = Math.max(0, ...marks.map((value) => (String(Math.abs(value)).split(".")[1] ?? "").length));
  const words = marks.map((value) => (sign ? signed(value, digits) : value.toFixed(digits)));
  const beside = x - Math.max(34, 15 + 6 * Math.max(...words.map((word) => word.length))); // of the longest
  return [
    svg("path", { class: "axis", d: `M${x} ${y}V${y + height}` + marks.map((v) => `M${x - 4} ${at(v)}H${x}`).join("") }),
    ...marks.map((value, i) => svg("text", { class: "tick", x: x - 7, y: at(value) + 3.5, "text-anchor": "end" }, words[i])),
    ...(unit ? [svg("text", { class: "tick", x: beside, y: y + height / 2, "text-anchor": "middle", transform: `rotate(-90 ${beside} ${y + height / 2})` }, unit)] : []),
  ];
}

/**
 * A whole logo. range: lowest and highest value; unit: draws an axis where given; numbers: position labels under
 * the columns; offset and columns: place the logo in a wider frame (to align several).
 */
export function logo(heights, { columnWidth = 20, height = 100, range, unit = "", numbers = false, label, offset = 0, columns }) {
  const [low, high] = range ?? stackRange(heights);
  const span = low < high ? [low, high] : [0, 1];
  const width = heights[0].length;
  const left = unit ? 46 : 1;
  const top = unit ? 6 : 1;
  const bottom = numbers ? 18 : unit ? 6 : 1;
  const x = left + offset * columnWidth;
  const zero = top + (span[1] / (span[1] - span[0])) * height;
  const all = left + (columns ?? width + offset) * columnWidth + 1;
  const total = top + height + bottom;
  return svg(
    "svg",
    { class: "logo", width: all, height: total, viewBox: `0 0 ${all} ${total}`, role: "img", "aria-label": label },
    ...(unit ? valueAxis({ x: left, y: top, height, range: span, unit, sign: span[0] < 0 }) : []),
    svg("path", { class: "axis", d: `M${x} ${zero}h${width * columnWidth}` }),
    ...letterPaths(heights, { columnWidth, height, range: span, x, y: top }),
    ...(numbers
      ? Array.from({ length: width }, (_, i) =>
          svg("text", { class: "tick", x: x + (i + 0.5) * columnWidth, y: top + height + 13, "text-anchor": "middle" }, String(i + 1)),
        )
      : []),
  );
}
