// Small bar charts.

import { svg, ticks } from "./dom.js";

/**
 * Where the sites lie: bars for the sequences where the motif is frequent, a line for the rest, both as the share of
 * their own sequences (`sizes`). positions: {start, bin, counts, others}; `axis` adds numbers.
 */
export function positionHistogram(positions, sizes, { width, height, axis = false, className, label }) {
  const share = (counts, size) => counts.map((n) => n / (size || counts.reduce((a, b) => a + b, 0) || 1));
  const own = share(positions.counts, sizes[0]);
  const others = share(positions.others ?? positions.counts.map(() => 0), sizes[1]);
  const top = Math.max(...own, ...others, 1e-9);
  const [head, foot, left] = axis ? [8, 20, 38] : [1, 1, 0];
  const [plot, step] = [height - foot, (width - left) / own.length];
  const y = (value) => (plot - (value / top) * (plot - head)).toFixed(2);
  const x = (i) => (left + i * step).toFixed(2);
  const bars = own.map((v, i) => (v ? `M${x(i + 0.04)} ${plot}V${y(v)}H${x(i + 0.96)}V${plot}Z` : "")).join("");
  const line = others.map((v, i) => `${i ? "L" : "M"}${x(i)} ${y(v)}H${x(i + 1)}`).join("");
  const last = own.length - 1;
  const bins = axis ? [...new Set([0, 0.25, 0.5, 0.75, 1].map((f) => Math.round(f * last)))] : [];
  const heights = axis ? ticks(0, top, 3) : [];
  return svg(
    "svg",
    { class: "histogram", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("path", { class: `bar ${className}`, d: bars }),
    svg("path", { class: "others", d: line }),
    svg("path", { class: "axis", d: `M${left} ${plot}H${width}` + heights.map((v) => `M${left - 4} ${y(v)}h4`).join("") }),
    ...heights.map((v) => svg("text", { class: "tick", x: left - 7, y: Number(y(v)) + 4, "text-anchor": "end" }, `${Number((100 * v).toPrecision(3))} %`)),
    ...bins.map((i) => svg("text", { class: "tick", x: x(i + 0.5), y: height - 5, "text-anchor": i === last ? "end" : "middle" }, String(positions.start + i * positions.bin + 1))),
  );
}

/** Bars with their label, share and count; groups: [{label, value}]. */
export function categoryBars(groups, { width, rowHeight = 24, className, label }) {
  const sum = groups.reduce((total, group) => total + group.value, 0) || 1;
  const [left, right] = [34, 104];
  return svg(
    "svg",
    { class: "histogram", width, height: groups.length * rowHeight, viewBox: `0 0 ${width} ${groups.length * rowHeight}`, role: "img", "aria-label": label },
    ...groups.flatMap(({ label: name, value }, i) => {
      const middle = (i + 0.5) * rowHeight;
      return [
        svg("text", { class: "tick strong", x: left - 8, y: middle + 4, "text-anchor": "end" }, name),
        svg("rect", { class: "trough", x: left, y: middle - 6, width: width - left - right, height: 12, rx: 2 }),
        svg("rect", { class: `bar ${className}`, x: left, y: middle - 6, width: ((width - left - right) * value) / sum, height: 12, rx: 2 }),
        svg("text", { class: "tick", x: width - right + 8, y: middle + 4 }, `${((100 * value) / sum).toFixed(0)} %  (${value.toLocaleString("en")})`),
      ];
    }),
  );
}
