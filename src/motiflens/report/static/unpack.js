// The report's packed arrays back to numbers.

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Records with `contributions(target)` (four arrays, logits) and attention (arrays by scale) from the packed form. */
export function unpackBrowser({ length, scales, records, contributions, contribution_units, attention, attention_units }, classes) {
  const values = new Int8Array(bytes(contributions).buffer);
  const weights = bytes(attention);
  let row = 0;
  return records.map((record, i) => {
    const first = row;
    row += record.targets.length;
    const best = record.p.indexOf(Math.max(...record.p));
    return {
      ...record,
      predicted: record.y.length ? "" : classes[best],
      certainty: record.p[best],
      margin: marginOf(record.p),
      hits: record.hits.map(([motif, start, end, strand, q]) => ({ motif, start, end, strand, q })),
      contributions: (target) => {
        const at = first + Math.max(0, record.targets.indexOf(target));
        return [0, 1, 2, 3].map((base) => Array.from(values.subarray((4 * at + base) * length, (4 * at + base + 1) * length), (v) => v * contribution_units[at]));
      },
      attention: scales.map((name, s) => {
        const at = i * scales.length + s;
        const explains = record.explains?.[s] ?? true;
        return { name, explains, values: Array.from(weights.subarray(at * length, (at + 1) * length), (v) => v * attention_units[at]) };
      }),
    };
  });
}

/** How far the two highest probabilities lie apart. */
function marginOf(p) {
  const [first, second] = [...p].sort((a, b) => b - a);
  return first - second;
}

/** The sites of a motif as objects, from columns. */
export function unpackSites(table) {
  return table.id.map((id, i) => ({
    id,
    start: table.start[i],
    end: table.end[i],
    strand: table.strand[i],
    score: table.score[i],
    p: table.p[i],
    q: table.q[i],
    letters: table.letters[i],
  }));
}
