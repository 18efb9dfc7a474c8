// Files made in the browser: motifs in MEME's format, sites as TSV, FASTA and BED.

const word = (text) => text.replace(/\s/g, "_");

/** Offers `text` as a file called `name`. */
export function save(name, text, type = "text/plain") {
  saveBlob(name, new Blob([text], { type }));
}

/** Offers a blob as a file called `name`. */
export function saveBlob(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Motifs {name, probabilities, sites} as a MEME file; `strands` is "both" or "forward". */
export function toMeme(motifs, background, strands = "both") {
  const frequencies = [..."ACGT"].map((base, i) => `${base} ${background[i].toFixed(4)}`).join(" ");
  const blocks = motifs.map(({ name, probabilities, sites }) => {
    const width = probabilities[0].length;
    const rows = Array.from({ length: width }, (_, i) => {
      const sum = probabilities.reduce((total, row) => total + row[i], 0);
      return probabilities.map((row) => (row[i] / sum).toFixed(6)).join(" ");
    });
    const size = `alength= 4 w= ${width}${sites ? ` nsites= ${sites}` : ""}`;
    return `MOTIF ${word(name)}\nletter-probability matrix: ${size}\n${rows.join("\n")}\n`;
  });
  return `MEME version 4\n\nALPHABET= ACGT\n\nstrands: ${strands === "both" ? "+ -" : "+"}\n\nBackground letter frequencies\n${frequencies}\n\n${blocks.join("\n")}`;
}

const cell = (value) => (value === null || value === undefined ? "" : String(value).replace(/[\t\r\n]/g, " "));

/** Sites {id, start, end, strand, score, p, q, letters} (0-based, half-open) with a header line. */
export function toTsv(sites, motif) {
  const columns = ["sequence_id", "start", "end", "strand", "motif", "score", "p", "q", "site"];
  const rows = sites.map((s) => [s.id, s.start, s.end, s.strand, motif, s.score, s.p, s.q, s.letters].map(cell).join("\t"));
  return [columns.join("\t"), ...rows, ""].join("\n");
}

/** The sites' letters, 5' to 3' on their own strand; sites whose letters are not known are left out. */
export function toFasta(sites) {
  return sites
    .filter((s) => s.letters)
    .map((s) => `>${word(s.id)}:${s.start}-${s.end}(${s.strand})\n${s.letters}\n`)
    .join("");
}

/** BED6; the score is -10 log10 p, at most 1000. */
export function toBed(sites, motif) {
  const score = (p) => (p > 0 ? Math.min(1000, Math.round(-10 * Math.log10(p))) : p === 0 ? 1000 : 0);
  return sites.map((s) => [word(s.id), s.start, s.end, word(motif), score(s.p), s.strand].join("\t") + "\n").join("");
}
