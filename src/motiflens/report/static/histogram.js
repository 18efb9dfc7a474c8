// Small bar charts.

import { svg } from "./dom.js";

/**
 * Where the sites lie: bars for the class, a line for the others (both in % of their own sequences' sites).
 * positions: {start, bin, counts, others}; `axis` adds the position numbers.
 */
export function positionHistogram(positions, { width, height, axis = false, className, label }) {
  const share = (counts) => {
    const sum = counts.reduce((a, b) => a + b, 0) || 1;
    return counts.map((n) => n / sum);
  };
  const [own, others] = [share(positions.counts), share(positions.others ?? positions.counts.map(() => 0))];
  const top = Math.max(...own, ...others, 1e-9);
  const [plot, step] = [height - (axis ? 20 : 1), width / own.length];
  const y = (value) => (plot - (value / top) * (plot - 2)).toFixed(2);
  const bars = own.map((v, i) => (v ? `M${(i * step + 0.4).toFixed(2)} ${plot}V${y(v)}h${Math.max(step - 0.8, 0.6).toFixed(2)}V${plot}Z` : "")).join("");
  const line = others.map((v, i) => `${i ? "L" : "M"}${(i * step).toFixed(2)} ${y(v)}H${((i + 1) * step).toFixed(2)}`).join("");
  const marks = axis ? [0, 0.25, 0.5, 0.75].map((f) => Math.round(f * own.length)) : [];
  const bounds = [...new Set([...marks, own.length - 1])];
  return svg(
    "svg",
    { class: "histogram", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("path", { class: `bar ${className}`, d: bars }),
    svg("path", { class: "others", d: line }),
    svg("path", { class: "axis", d: `M0 ${plot}H${width}` }),
    ...(axis
      ? bounds.map((i) =>
          svg("text", { class: "tick", x: (i + 0.5) * step, y: height - 5, "text-anchor": i === 0 ? "start" : i === own.length - 1 ? "end" : "middle" },
            String(positions.start + i * positions.bin + 1)),
        )
      : []),
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
