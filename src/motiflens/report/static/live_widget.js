// The live view in a notebook.

import { all, classColour, data, fileName, one } from "./context.js";
import { LiveModel } from "./live_model.js";
import { save } from "./download.js";
import { startingPoints } from "./live_session.js";
import { TryView } from "./live_try.js";
import { composed, copyText } from "./take.js";

/** Starts the view in `root`, with what live/export.py packs. */
export function startWidget({ model, motifs }) {
  const matrices = new Map(data.motifs.map((motif) => [motif.name, motif]));
  const view = new TryView(one("#try"), {
    model: new LiveModel(model, motifs),
    motifs: motifs.map((motif) => ({ ...motif, probabilities: matrices.get(motif.name).probabilities })),
    records: startingPoints(data.browser?.records ?? [], data),
    background: data.background,
    className: classColour,
    motifClass: (name) => (matrices.get(name)?.direction === "for" ? classColour(matrices.get(name).target) : "against"),
    copy: copyText,
    saveSvg: (picture) => save(fileName("edited", "svg"), new XMLSerializer().serializeToString(composed(picture)), "image/svg+xml"),
    onstate: () => {},
  });
  for (const button of all("[data-try=copy-link]")) button.hidden = true; // a notebook has no address of its own
  if (view.records.length) view.pick(view.records[0].id);
  else one("[data-try=random]").click();
  return view;
}
