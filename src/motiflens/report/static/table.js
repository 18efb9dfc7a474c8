// Sorting and filtering of a table whose records are one <tbody> each.

/**
 * Sortable headers are <th> with a <button data-key="...">; a record's value is the tbody's data-<key>, compared as
 * a number where both are numbers. The third press restores the first order.
 */
export function makeSortable(table) {
  const records = [...table.tBodies];
  const buttons = [...table.tHead.querySelectorAll("button[data-key]")];
  const compare = (key, sign) => (a, b) => {
    const [x, y] = [a.dataset[key] ?? "", b.dataset[key] ?? ""];
    if (x === "" || y === "") return (x === "") - (y === ""); // what is missing comes last, either way
    const [m, n] = [Number(x), Number(y)];
    return sign * (Number.isNaN(m) || Number.isNaN(n) ? x.localeCompare(y, "en") : m - n);
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const header = button.closest("th");
      const first = button.dataset.first ?? "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      const next = { none: first, [first]: second, [second]: "none" }[header.getAttribute("aria-sort") ?? "none"];
      for (const other of buttons) other.closest("th").setAttribute("aria-sort", "none");
      header.setAttribute("aria-sort", next);
      const ordered = next === "none" ? records : [...records].sort(compare(button.dataset.key, next === "ascending" ? 1 : -1));
      table.append(...ordered);
    });
  }
}

/** Shows the records for which `keep(tbody)` holds; returns how many. */
export function filterRecords(table, keep) {
  let shown = 0;
  for (const body of table.tBodies) {
    body.hidden = !keep(body);
    shown += body.hidden ? 0 : 1;
  }
  return shown;
}
