// What a reader takes out of the page: drawings as SVG and PNG, tables as TSV, texts to the clipboard.

import { all, fileName } from "./context.js";
import { svg } from "./dom.js";
import { save, saveBlob } from "./download.js";

const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "opacity",
  "font-family", "font-size", "font-weight", "text-anchor", "visibility"];
const SCALE = 3; // pixels of the PNG to one of the page

/** A copy of an SVG whose look does not depend on the page. */
function standalone(original) {
  const copy = original.cloneNode(true);
  const [from, to] = [all("*", original), all("*", copy)];
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    for (const name of KEPT) to[i].setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style", "tabindex", "role", "id"]) if (to[i].tagName !== "clipPath" || name !== "id") to[i].removeAttribute(name);
  });
  for (const link of all("use, [clip-path]", copy)) link.removeAttribute("clip-path");
  return copy;
}

/** All drawings of an element as one SVG, placed as on the page. */
export function composed(holder) {
  const drawings = all("svg", holder).filter((node) => node.clientWidth && !node.closest("button"));
  const places = drawings.map((node) => {
    const box = node.getBoundingClientRect();
    const scrolled = node.closest(".scroller")?.scrollLeft ?? 0;
    return { node, x: box.left + scrolled, y: box.top, width: box.width, height: box.height };
  });
  const pad = 8;
  const [left, top] = [Math.min(...places.map((p) => p.x)) - pad, Math.min(...places.map((p) => p.y)) - pad];
  const width = Math.ceil(Math.max(...places.map((p) => p.x + p.width)) - left + pad);
  const height = Math.ceil(Math.max(...places.map((p) => p.y + p.height)) - top + pad);
  const paper = getComputedStyle(document.body).getPropertyValue("--surface").trim();
  const nested = places.map(({ node, x, y, width: w, height: h }) => {
    const copy = standalone(node);
    for (const [name, value] of Object.entries({ x: x - left, y: y - top, width: w, height: h })) copy.setAttribute(name, value);
    for (const name of ["class", "id", "role"]) copy.removeAttribute(name);
    return copy;
  });
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` }, svg("rect", { width, height, fill: paper }), ...nested);
}

const asText = (drawing) => new XMLSerializer().serializeToString(drawing);

function savePng(name, drawing) {
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [SCALE * drawing.getAttribute("width"), SCALE * drawing.getAttribute("height")];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => saveBlob(name, blob));
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asText(drawing))}`;
}

/** A table's cells, tabs between them; intervals and notes of a cell follow its value in brackets. */
export function tableText(table) {
  const cell = (node) => {
    const copy = node.cloneNode(true);
    for (const part of all(".interval, .consensus", copy)) part.textContent = ` (${part.textContent.trim()})`;
    for (const part of all(".takes, button.take", copy)) part.remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  };
  return [...table.rows].map((row) => [...row.cells].map(cell).join("\t")).join("\n") + "\n";
}

/** Puts a text on the clipboard, and says so on the button. */
export async function copyText(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea"); // where the clipboard is closed to files
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = label;
  }, 1200);
}

/** Answers all SVG, PNG, TSV and copy buttons of the page. */
export function startTaking() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.get-svg, button.get-png, button.get-table, button.copy");
    if (!button) return;
    if (button.matches(".copy")) {
      copyText(button, button.dataset.copy);
      return;
    }
    const { name } = button.dataset;
    if (button.matches(".get-table")) {
      save(fileName(name, "tsv"), tableText(button.closest(".panel, .split > div, section").querySelector("table")));
      return;
    }
    const drawing = composed(button.closest(".drawing") ?? button.closest(".sequence-side").querySelector(".drawing"));
    if (button.matches(".get-svg")) save(fileName(name, "svg"), asText(drawing), "image/svg+xml");
    else savePng(fileName(name, "png"), drawing);
  });
}
