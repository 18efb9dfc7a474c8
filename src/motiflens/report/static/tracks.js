// Parts of a picture along a sequence, each as SVG nodes at a given place; columns are positions.

import { svg } from "./dom.js";

/** Bars of values >= 0, the highest as tall as the track. */
export function barTrack(values, { columnWidth, y, height, className = "attention" }) {
  const top = Math.max(...values, 1e-12);
  let d = "";
  values.forEach((value, i) => {
    const tall = (value / top) * height;
    if (tall > 0.2) d += `M${(i * columnWidth + 0.5).toFixed(2)} ${(y + height).toFixed(2)}v${-tall.toFixed(2)}h${(columnWidth - 1).toFixed(2)}V${y + height}Z`;
  });
  const base = `M0 ${y + height}H${values.length * columnWidth}`;
  return [svg("path", { class: "axis", d: base }), svg("path", { class: className, d })];
}

/** Four rows (A, C, G, T) of signed values as shades of two colours. */
export function heatTrack(rows, { columnWidth, y, rowHeight, steps = 8 }) {
  const top = Math.max(...rows.map((row) => Math.max(...row.map(Math.abs))), 1e-12);
  const shades = new Map();
  rows.forEach((row, base) =>
    row.forEach((value, i) => {
      const step = Math.round((Math.abs(value) / top) * steps);
      if (!step) return;
      const key = `${value > 0 ? "up" : "down"} ${step}`;
      const cell = `M${(i * columnWidth).toFixed(2)} ${y + base * rowHeight}h${columnWidth.toFixed(2)}v${rowHeight}h${-columnWidth.toFixed(2)}Z`;
      shades.set(key, (shades.get(key) ?? "") + cell);
    }),
  );
  return [...shades].map(([key, d]) => {
    const [direction, step] = key.split(" ");
    return svg("path", { class: `heat-${direction}`, d, "fill-opacity": (0.1 + (0.9 * step) / steps).toFixed(2) });
  });
}

/** The first lane in which each interval overlaps none before it. */
export function lanes(intervals) {
  const ends = [];
  return intervals.map(({ start, end }) => {
    let lane = ends.findIndex((last) => last <= start);
    if (lane < 0) lane = ends.length;
    ends[lane] = end;
    return lane;
  });
}

/** As much of a hit's name as its arrow holds: the name, its number, or nothing. */
function fitting({ label, motif }, width) {
  const options = [label, label.replace(/ \(.*\)$/, ""), label.replace(/ .*$/, ""), motif.replace(/^motif_/, "")];
  return options.find((text) => text.length * 6.4 + 10 < width) ?? "";
}

/** Hits as arrows that point along their strand, and in how many lanes; `colourOf(hit)` is a CSS class, `onpick(hit)` answers a click. */
export function hitTrack(hits, { columnWidth, y, laneHeight = 22, colourOf, onpick, describe }) {
  const sorted = [...hits].sort((a, b) => a.start - b.start || b.end - a.end);
  const lane = lanes(sorted);
  const nodes = sorted.map((hit, i) => {
    const [left, width] = [hit.start * columnWidth, (hit.end - hit.start) * columnWidth];
    const [top, tall, tip] = [y + lane[i] * laneHeight, laneHeight - 5, Math.min(7, width / 3)];
    const d =
      hit.strand === "-"
        ? `M${left + width} ${top}H${left + tip}L${left} ${top + tall / 2}L${left + tip} ${top + tall}H${left + width}Z`
        : `M${left} ${top}H${left + width - tip}L${left + width} ${top + tall / 2}L${left + width - tip} ${top + tall}H${left}Z`;
    return svg(
      "g",
      { class: `hit ${colourOf(hit)}`, tabindex: 0, role: "button", "aria-label": describe(hit),
        onclick: () => onpick(hit),
        onkeydown: (event) => {
          if (event.key === "Enter" || event.key === " ") { event.preventDefault(); onpick(hit); }
        } },
      svg("title", {}, describe(hit)),
      svg("path", { d }),
      svg("text", { x: left + width / 2, y: top + tall / 2 + 3.8, "text-anchor": "middle" }, fitting(hit, width)),
    );
  });
  return { nodes, lanes: Math.max(0, ...lane.map((l) => l + 1)) };
}

/** The letters of a sequence, one text element a base. */
export function letterTrack(letters, { columnWidth, y }) {
  const size = Math.min(14, columnWidth * 1.15);
  return [..."ACGTN"].flatMap((base) => {
    const at = [...letters].flatMap((letter, i) => (letter === base ? [((i + 0.5) * columnWidth).toFixed(2)] : []));
    const attributes = { class: `letters base-${base.toLowerCase()}`, x: at.join(" "), y, "font-size": size, "text-anchor": "middle" };
    return at.length ? [svg("text", attributes, base.repeat(at.length))] : [];
  });
}

/** Position numbers, counted from 1. */
export function ruler(length, { columnWidth, y }) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((s) => s * columnWidth >= 48) ?? 1000;
  const marks = [1, ...Array.from({ length: Math.floor(length / step) }, (_, i) => (i + 1) * step)].filter((p, i) => i === 0 || p > 1);
  return marks.flatMap((position) => {
    const x = (position - 0.5) * columnWidth;
    return [
      svg("path", { class: "axis", d: `M${x} ${y}v4` }),
      svg("text", { class: "tick", x, y: y + 15, "text-anchor": "middle" }, String(position)),
    ];
  });
}
