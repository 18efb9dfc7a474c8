"""How fast the live view of reports answers, and whether it holds what it shows: one JSON line a check.

    python benchmarks/live.py [RUN ...] [--kinds FOLDER] [--edits 200] [--sequences 1000] [--fuzz 100000]

--kinds fits small runs of ten kinds into FOLDER first (benchmarks/live_runs.py).

In headless Chromium, from file://. `speed`: milliseconds from a key to the picture with its layout, over --edits
random letters, and of all single changes; by the clock, and in time of the page's process, which other work on the
machine does not lengthen. `equality`: largest differences of logits, and relative ones of contributions, attention and
effects, from Python's on sequences of the run and random ones, some with N and in lower
case; and the motif hits that only one of the two has, by a search of every window, and by the run's hits.tsv. `fuzz`:
random edits, undo and redo;
after each the logits are compared with a computation that keeps nothing of the one before, after every 50th also
contributions and attention. `console`: what the page said meanwhile.
"""

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from live_runs import make_runs
from numpy.lib.stride_tricks import sliding_window_view
from playwright.sync_api import Page, sync_playwright
from results import Recorder, Row, add_out

from motiflens.explain.attention import attention_maps
from motiflens.explain.contributions import letter_contributions
from motiflens.explain.mutagenesis import Mutagenesis, mutagenesis
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits
from motiflens.model.store import load_model
from motiflens.motifs.motif import log_odds
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import decode
from motiflens.shapes import Codes

#: Motif, start, end and strand of a hit.
Site = tuple[str, int, int, str]

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
BATCH = 100

SPEED = """async (edits) => {
  const editor = document.querySelector("#try-editor"), keys = [], changes = [];
  const rest = () => new Promise((resolve) => setTimeout(resolve, 5));
  const view = document.querySelector("#try-editor svg");
  for (let i = 0; i < edits + 20; i++) {
    const letter = "acgt"[Math.floor(Math.random() * 4)];
    editor.dispatchEvent(new KeyboardEvent("keydown", { key: i % 9 ? "ArrowRight" : "Home", bubbles: true }));
    const start = performance.now();
    editor.dispatchEvent(new KeyboardEvent("keydown", { key: letter, bubbles: true }));
    view.getBoundingClientRect();
    const end = performance.now();
    if (i >= 20) keys.push(end - start);
    await rest();
  }
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    motiflens.view().session.changes();
    changes.push(performance.now() - start);
    await rest();
  }
  return { keys, changes };
}"""

KEYS = """(times) => {
  const editor = document.querySelector("#try-editor"), view = document.querySelector("#try-editor svg");
  for (let i = 0; i < times; i++) {
    editor.dispatchEvent(new KeyboardEvent("keydown", { key: i % 9 ? "ArrowRight" : "Home", bubbles: true }));
    editor.dispatchEvent(new KeyboardEvent("keydown", { key: "acgt"[(i * 7) % 4], bubbles: true }));
    view.getBoundingClientRect();
  }
}"""

CHANGES = """(times) => {
  for (let i = 0; i < times; i++) motiflens.view().session.changes();
}"""

ASK = """async (sequences) => {
  const out = [];
  for (const one of sequences) {
    const hits = await motiflens.hits(one);
    out.push({ ...(await motiflens.predict(one)), ...(await motiflens.explain(one)), hits });
  }
  return out;
}"""


def main() -> None:
    """Measure every run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument(
        "--kinds", type=Path, metavar="FOLDER", help="also small runs of every kind, fitted into FOLDER"
    )
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--fuzz", type=int, default=0)
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        for folder in [*options.runs, *(make_runs(options.kinds) if options.kinds else ())]:
            run = Run.load(folder)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            trouble = told_by(page)
            page.goto((run.path / "report.html").as_uri())
            page.evaluate("document.querySelector('#try').scrollIntoView()")
            model = load_model(run.model_folder)
            head = {"run": folder.name, "length": model.length, "strands": model.strands, "task": model.output.task}
            if not page.locator("[data-try=picture]").count():
                record(head | {"check": "no model in the page", "said": page.locator("#try .empty p").inner_text()})
                page.close()
                continue
            page.wait_for_selector("#try-editor .cells")
            megabytes = round((run.path / "report.html").stat().st_size / 1e6, 2)
            record(head | {"check": "speed", "report_mb": megabytes} | speed(page, options.edits))
            record(head | {"check": "equality"} | equality(page, model, run, options.sequences))
            if options.fuzz:
                record(head | {"check": "fuzz"} | fuzz(page, options.fuzz))
            record(head | {"check": "console", "messages": len(trouble), "first": trouble[:1]})
            page.close()
        browser.close()


def told_by(page: Page) -> list[str]:
    """A list that all the page says goes to."""
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    return trouble


def speed(page: Page, edits: int) -> Row:
    """Milliseconds of a key and of all single changes."""
    found = page.evaluate(SPEED, edits)
    keys, changes = np.array(found["keys"]), np.array(found["changes"])
    return {
        "edits": len(keys),
        "key_median_ms": round(float(np.median(keys)), 1),
        "key_p95_ms": round(float(np.quantile(keys, 0.95)), 1),
        "key_cpu_ms": cpu_ms(page, KEYS, edits),
        "changes_median_ms": round(float(np.median(changes)), 1),
        "changes_cpu_ms": cpu_ms(page, CHANGES, 20),
    }


def cpu_seconds(page: Page) -> float:
    """Processor time of the browser's pages so far."""
    session = page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return float(sum(one["cpuTime"] for one in found if one["type"] == "renderer"))


def cpu_ms(page: Page, script: str, times: int) -> float:
    """Processor time of a script that does something so many times, in ms of each."""
    before = cpu_seconds(page)
    page.evaluate(script, times)
    return round(1000 * (cpu_seconds(page) - before) / times, 1)


def equality(page: Page, model: Model, run: Run, most: int) -> Row:
    """Largest differences from Python."""
    rows = run.attributions()
    _, first = np.unique(rows.ids, return_index=True)
    chosen = np.random.default_rng(0).permutation(first)[:most]
    codes = rows.codes[chosen]
    rng = np.random.default_rng(1)
    more = rng.integers(0, 4, (most - len(codes), codes.shape[1]))
    codes = np.concatenate([codes, more]).astype(np.uint8)
    codes[::10][rng.random(codes[::10].shape) < 0.05] = 4
    codes[0, [0, -1]] = 4
    letters = [decode(row) if i % 7 else decode(row).lower() for i, row in enumerate(codes)]
    answers: list[dict[str, Any]] = []
    for start in range(0, len(letters), BATCH):
        answers += page.evaluate(ASK, letters[start : start + BATCH])
    effects = mutagenesis(model, codes)
    expected = {
        "contributions": _by_letter(model, codes, effects),
        "attention": attention_maps(model, codes).maps,
        "deltas": effects.deltas,
    }
    found: Row = {
        "sequences": len(codes),
        "logits": float(np.abs(np.array([a["logits"] for a in answers]) - predict_logits(model, codes)).max()),
        "other_targets": sum(a["target"] != name for a, name in zip(answers, effects.target, strict=True)),
    }
    for name, values in expected.items():
        error = np.abs(np.array([a[name] for a in answers]) - values).max() / np.abs(values).max()
        found[name] = float(f"{error:.2g}")
    unchanged = [
        str(rows.ids[row]) if np.array_equal(rows.codes[row], codes[i]) else "" for i, row in enumerate(chosen)
    ]
    return found | hits_row([{_site(hit) for hit in answer["hits"]} for answer in answers], codes, run, unchanged)


def _by_letter(model: Model, codes: Codes, effects: Mutagenesis) -> np.ndarray:
    """Contributions of the letters, of a network that has none of its own those by mutagenesis."""
    if model.has_contributions:
        return letter_contributions(model, codes, target=effects.target).values
    observed = codes[:, None] == np.arange(4)[:, None]
    return np.where(observed, effects.hypothetical, 0).sum(1)


def _site(hit: Mapping[Any, Any]) -> Site:
    return (hit["motif"], int(hit["start"]), int(hit["end"]), hit["strand"])


def hits_row(shown: list[set[Site]], codes: Codes, run: Run, ids: list[str]) -> Row:
    """How many hits the page has, and how many only it or Python has.

    `ids` are the names of sequences of the run, "" where letters were changed; those with a hit in hits.tsv are
    compared with it, too.
    """
    twin = hits_by_window(codes, run)
    kept: dict[str, set[Site]] = {}
    if run.has("hits.tsv"):
        supported = {entry.name for entry in run.motifs().motifs}
        table = run.hits()
        for hit in table[table.motif.isin(supported)].to_dict("records"):
            kept.setdefault(str(hit["sequence_id"]), set()).add(_site(hit))
    known = [(name, found) for name, found in zip(ids, shown, strict=False) if name in kept]
    return {
        "hits": sum(map(len, shown)),
        "hits_differ": sum(len(one ^ other) for one, other in zip(shown, twin, strict=True)),
        "hits_in_table": sum(len(kept[name]) for name, _ in known),
        "hits_differ_from_table": sum(len(kept[name] ^ found) for name, found in known),
    }


def hits_by_window(codes: Codes, run: Run) -> list[set[Site]]:
    """Hits of every supported motif by the score of every window; the better of overlapping ones."""
    found: list[set[Site]] = [set() for _ in codes]
    if not run.has("motifs.json"):
        return found
    record = run.motifs()
    for entry in record.motifs:
        scores = log_odds(entry.probabilities, np.array(record.background))
        width = scores.shape[1]
        start, end = entry.position_window or (0, codes.shape[1])
        windows = sliding_window_view(codes[:, start:end], width, axis=1)
        strands = {"+": scores} | ({"-": scores[::-1, ::-1]} if record.strands == "both" else {})
        for row, own in enumerate(windows):
            there = []
            for strand, matrix in strands.items():
                total = np.vstack([matrix, np.full(width, -np.inf)])[own, np.arange(width)].sum(1)
                there += [(-round(float(total[i]), 9), int(i), strand) for i in np.flatnonzero(total >= entry.cut)]
            taken: list[int] = []
            for _, at, strand in sorted(there):
                if all(abs(at - other) >= width for other in taken):
                    taken.append(at)
                    found[row].add((entry.name, start + at, start + at + width, strand))
    return found


FUZZ = """([steps, seed]) => {
  const view = motiflens.view(), { session } = view, { model } = motiflens;
  const fresh = (letters, how) => {
    for (const { pass } of model.passes) pass.codes.fill(255);
    const other = new session.constructor(model);
    other.target = session.target;
    return other[how](letters);
  };
  let state = seed;
  const random = (n) => (state = (state * 48271) % 2147483647) % n;
  const letters = (n) => Array.from({ length: 1 + random(n) }, () => "ACGTN"[random(20) ? random(4) : 4]).join("");
  let worst = 0, edits = 0;
  for (let i = 0; i < steps; i++) {
    const draft = session.draft, at = random(draft.letters.length);
    const before = draft.state;
    [
      () => draft.write(at, letters(1)), () => draft.write(at, letters(1)), () => draft.write(at, letters(12)),
      () => draft.insert(at, letters(4)), () => draft.remove(at, at + 1 + random(4)), () => draft.turn(),
      () => draft.undo(), () => draft.redo(), () => random(20) || draft.reset(),
    ][random(9)]();
    edits += draft.state !== before;
    if (draft.columns().filter(({ edited }) => edited >= 0).length !== draft.letters.length) throw new Error("columns");
    draft.edits();
    const how = i % 50 ? "look" : "explained";
    const shown = session[how](draft.letters);
    const alone = fresh(draft.letters, how);
    const differ = (a, b) => a.forEach((value, j) => {
      worst = Number.isFinite(value) ? Math.max(worst, Math.abs(value - b[j])) : Infinity;
    });
    differ(shown.prediction.logits, alone.prediction.logits);
    if (!(i % 50)) {
      differ(shown.contributions, alone.contributions);
      differ(shown.total, alone.total);
      view.update();
    }
  }
  return { worst, edits };
}"""


def fuzz(page: Page, steps: int) -> Row:
    """Largest difference between the edited state and a fresh computation."""
    worst, edits = 0.0, 0
    for seed in range(1, max(1, steps // 1000) + 1):
        found = page.evaluate(FUZZ, [min(steps, 1000), 7919 * seed])
        worst, edits = max(worst, found["worst"]), edits + found["edits"]
    return {"steps": max(1, steps // 1000) * min(steps, 1000), "edits": edits, "largest_difference": worst}


if __name__ == "__main__":
    main()
