// The live view in a report: its model, the run's sequences, and window.motiflens for scripts.

import { all, classColour, data, fileName, one, read } from "./context.js";
import { LiveModel, againstMean, encode, fitLength } from "./live_model.js";
import { save } from "./download.js";
import { startingPoints } from "./live_session.js";
import { TryView } from "./live_try.js";
import { composed, copyText } from "./take.js";

/** What scripts may ask: promises of {logits, probabilities} or {logits, values}, and of {deltas}. */
function offer(model) {
  const { names, task } = model.output;
  const read = (sequence) => fitLength(encode(sequence), model.length).window;
  const what = task === "regression" ? "values" : "probabilities";
  return {
    ready: Promise.resolve(true),
    names,
    model,
    async predict(sequence) {
      const { logits, values } = model.predict(read(sequence));
      return { logits: Array.from(logits), [what]: Array.from(values) };
    },
    async explain(sequence, target = null) {
      const window = read(sequence);
      const { values } = model.predict(window);
      const index = target === null ? model.defaultTarget(values) : names.indexOf(target);
      if (index < 0) throw new Error(`unknown target ${target}: the model knows ${names.join(", ")}`);
      const { contributions, attention, total } = model.explain(index);
      const changes = model.changes(index);
      return { target: names[index], deltas: changes.map((row) => Array.from(row)), contributions: Array.from(contributions ?? againstMean(changes, window)), attention: attention.map((own) => Array.from(own)), total: Array.from(total) };
    },
    async hits(sequence) {
      return model.hits(read(sequence));
    },
  };
}

/** Brings "Try it" to life; returns null where the page carries no model. */
export function startTrying(section) {
  const { model: packed, motifs } = read("live");
  if (!packed) {
    const reason = Promise.reject(new Error("this page carries no model"));
    reason.catch(() => {}); // only who waits for it hears of it
    window.motiflens = { ready: reason };
    return null;
  }
  window.motiflens = offer(new LiveModel(packed, motifs));
  const matrices = new Map(data.motifs.map((motif) => [motif.name, motif]));
  const colours = (name) => {
    const motif = matrices.get(name);
    return !motif || motif.direction === "against" ? "against" : classColour(motif.target);
  };
  let view = null;
  /** Made when it is first looked at: a page opens no later for it. */
  const opened = () => {
    view ??= new TryView(one("#try"), {
      model: new LiveModel(packed, motifs),
      motifs: motifs.map((motif) => ({ ...motif, probabilities: matrices.get(motif.name).probabilities })),
      records: startingPoints(section?.records ?? [], data),
      background: data.background,
      className: classColour,
      motifClass: colours,
      copy: copyText,
      saveSvg: (picture) => save(fileName("edited", "svg"), new XMLSerializer().serializeToString(composed(picture)), "image/svg+xml"),
      onstate: (state) => history.replaceState(null, "", `#${state}`),
    });
    return view;
  };
  window.motiflens.view = opened;
  const first = () => {
    if (view) return;
    if (section?.browser.current) opened().pick(section.browser.current.id);
    if (!view?.draft) opened().at("random").click();
  };
  new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && first(), { rootMargin: "400px" }).observe(one("#try"));
  all("#sequence-try").forEach((button) =>
    button.addEventListener("click", () => {
      opened().pick(section.browser.current.id);
      one("#try").scrollIntoView({ block: "start" });
    }),
  );
  return {
    follow(hash) {
      if (!hash.startsWith("try=") || !opened().restore(hash)) return false;
      one("#try").scrollIntoView({ block: "start" });
      return true;
    },
  };
}
