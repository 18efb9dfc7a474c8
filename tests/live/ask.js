// Reads a packed model, motifs and sequences from the file named first; writes what the module makes of them to the second.
import fs from "node:fs";
import { LiveModel, againstMean, encode, fitLength } from "./live_model.js";

const [from, to] = process.argv.slice(2);
const { packed, motifs, sequences, targets } = JSON.parse(fs.readFileSync(from));
const model = new LiveModel(packed, motifs);
const plain = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : Array.isArray(value) ? value.map(plain) : value);
const answers = sequences.map((letters, i) => {
  const { window, offset } = fitLength(encode(letters), model.length);
  const { logits, values, intervals } = model.predict(window);
  const target = targets?.[i] ?? model.defaultTarget(values);
  const { contributions, attention, total } = model.explain(target);
  const deltas = model.changes(target);
  return { offset, target, logits, values, intervals, explained: model.explained(logits, target), own: contributions !== null, contributions: contributions ?? againstMean(deltas, window), attention, total, deltas, hits: model.hits(window) };
});
fs.writeFileSync(to, JSON.stringify(answers.map((answer) => Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, plain(value)])))));
