"""The page as text: self-contained, safe against any name, small, the verdict first; and the figures beside it."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from make_example import PROMOTER, SPLICE, simulate, splice
from make_run import bare_info, make_run

from motiflens.cli.summary import run_summary
from motiflens.motifs.motif import Motif
from motiflens.report.assets import csp_hash
from motiflens.report.glossary import GLOSSARY
from motiflens.report.page import build_report, embedded_json
from motiflens.report.palette import LIGHT
from motiflens.report.view import verdict
from motiflens.run.folder import Run, RunWriter
from motiflens.run.schema.info import Source
from motiflens.run.schema.metrics import BayesOptimal, Curves, Scores, Verdict
from motiflens.run.schema.motifs import MotifEntry

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}$x_"


class Outline(HTMLParser):
    """Elements with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        if tag in ("script", "style") and self.cdata_elem:
            self.raw.append((attributes.get("id") or tag, data))
        else:
            self.words.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.elements if name in attrs]

    def count(self, tag: str) -> int:
        return sum(found == tag for found, _ in self.elements)


@pytest.fixture(scope="module")
def page(splice_run: Run) -> str:
    return (splice_run.path / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


def test_biology_comes_first_and_every_section_is_there(outline: Outline) -> None:
    sections = [attrs.get("id") for tag, attrs in outline.elements if tag == "section"]
    assert sections == [
        "overview", "motifs", "set-aside", "grammar", "sequences", "try", "metrics", "data-checks", "provenance",
        "glossary"
    ]  # fmt: skip


def test_nothing_is_loaded_from_anywhere(page: str, outline: Outline) -> None:
    loading = outline.attributes("src") + outline.attributes("href") + outline.attributes("xlink:href")
    assert all(value.startswith(("#", "data:")) for value in loading), loading
    assert not re.search(r"@import|url\((?!#)", page)


def test_the_policy_allows_just_the_scripts_and_styles_of_the_page(outline: Outline) -> None:
    policy = next(a["content"] for _, a in outline.elements if a.get("http-equiv") == "Content-Security-Policy") or ""
    assert {"default-src 'none'", "base-uri 'none'", "form-action 'none'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    code = [text for name, text in outline.raw if name in ("script", "style")]
    assert len(code) == 3
    assert sorted(re.findall(r"'sha256-[^']+'", policy)) == sorted(map(csp_hash, code))
    assert outline.attributes("style") == []
    assert not [name for _, attrs in outline.elements for name in attrs if name.startswith("on")]


def test_ids_are_unique_and_what_they_are_used_for_exists(outline: Outline) -> None:
    ids = outline.attributes("id")
    assert len(ids) == len(set(ids))
    used = [x[1:] for x in outline.attributes("href") if x.startswith("#")]
    used += outline.attributes("aria-controls") + outline.attributes("aria-labelledby")
    assert set(outline.attributes("data-term")) <= set(GLOSSARY)
    used += re.findall(r"url\(#([^)]+)\)", " ".join(outline.attributes("clip-path")))
    assert set(used) <= set(ids)


def test_any_name_is_shown_as_text(tmp_path: Path) -> None:
    example = simulate((f"a{EVIL}", f"b{EVIL}", "_c"), SPLICE, n=150)
    example = replace(example, ids=example.ids.astype("<U200"))
    evil = make_run(tmp_path / "evil", example)
    record = evil.motifs()

    def renamed(entry: MotifEntry) -> MotifEntry:
        matches = tuple(match.model_copy(update={"name": EVIL, "accession": EVIL}) for match in entry.matches)
        changes = {"name": entry.name + EVIL, "consensus": EVIL, "reason": EVIL, "matches": matches}
        return entry.model_copy(update=changes)

    lists = {name: tuple(map(renamed, getattr(record, name))) for name in ("motifs", "set_aside")}
    metrics = evil.metrics().model_copy(update={"verdict": Verdict(headline=EVIL, level="poor", points=(EVIL,))})
    evil.update(motifs=record.model_copy(update=lists), metrics=metrics)
    source = Source(path=EVIL, sha256=EVIL, records=1)
    evil.info = evil.info.model_copy(update={"warnings": (EVIL,), "command": EVIL, "notes": (EVIL,), "data": (source,)})
    outline = Outline(build_report(evil))
    assert outline.count("script") == 5
    assert outline.count("img") == 0
    assert "49" not in "".join(word for word in outline.words if "alert" in word)
    data = json.loads(next(text for name, text in outline.raw if name == "data"))
    assert data["classes"] == list(example.classes)
    assert data["motifs"][0]["consensus"] == EVIL
    assert {record["id"] for record in data["browser"]["records"]} <= set(example.ids)
    assert sum(EVIL in word for word in outline.words) > 10


def test_json_in_a_script_keeps_every_character() -> None:
    value = {"k": "</script>\u2028<!--&"}
    text = str(embedded_json(json.dumps(value, ensure_ascii=False)))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == value


def test_the_demo_stays_under_three_megabytes(tmp_path: Path) -> None:
    example = replace(splice(3000), planted=SPLICE * 5)
    text = build_report(make_run(tmp_path / "demo", example))
    assert len(text.encode()) < 3_000_000
    assert text.count('class="summary"') == 10


def test_long_sequences_are_thinned_to_fit(tmp_path: Path) -> None:
    example = simulate(("no", "yes"), (), n=400, length=1500)
    text = build_report(make_run(tmp_path / "long", example, with_motifs=False))
    assert len(text.encode()) < 3_000_000


def test_the_same_run_gives_the_same_bytes(binary_run: Run) -> None:
    assert build_report(binary_run) == (binary_run.path / "report.html").read_text("utf-8")


def test_without_motifs_the_page_says_why(motifless_run: Run) -> None:
    words = " ".join(Outline(build_report(motifless_run)).words)
    assert "No motif was found" in words
    assert "the attributions are flat" in words


def test_motifs_shared_by_classes_are_no_lack_of_motifs(splice_run: Run, tmp_path: Path) -> None:
    run = Run.load(shutil.copytree(splice_run.path, tmp_path / "run"))
    run.update(motifs=run.motifs().model_copy(update={"motifs": (), "grammar": ()}))
    words = " ".join(Outline(build_report(run)).words)
    assert "No motif was confirmed for one class alone." in words
    assert "1 shared by classes; 7 patterns set aside" in words
    assert "No motif was found for one class alone" in words
    assert "in one class over each of the others" in words
    assert run_summary(run)[-3] == "Motifs: none is supported; 1 shared by classes; 7 more candidates set aside."


def test_a_run_without_scores_has_a_report(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "imported") as writer:
        run = writer.seal(bare_info())
    words = " ".join(Outline(build_report(run)).words)
    assert "was not evaluated" in words
    assert "without a motif search" in words


def test_a_small_run_has_a_report_too(tmp_path: Path) -> None:
    """One epoch, no validation, an ensemble, scores that do not exist."""
    run = make_run(tmp_path / "run", simulate(("no", "yes"), (), n=30, length=12), with_motifs=False)
    empty = {"test": Scores(n=0), "baselines": {}, "comparisons": {"gc_content": None}, "curves": Curves(roc={}, pr={})}
    metrics = run.metrics().model_copy(update=empty)
    history = run.history().iloc[[0, 0]].assign(val_loss=float("nan"), val_accuracy=float("nan"), member=[0, 1])
    run.update(metrics=metrics, history=history)
    assert "What to doubt" in build_report(run)


def test_the_best_possible_rule_of_simulated_data_is_shown(binary_run: Run, tmp_path: Path) -> None:
    run = make_run(tmp_path / "simulated", simulate(("no", "yes"), (), n=60))
    metrics = run.metrics()
    test = metrics.test.model_copy(update={"accuracy": 0.77, "auroc": 0.92})
    best = BayesOptimal(accuracy=0.838, auroc=0.91)
    run.update(metrics=metrics.model_copy(update={"test": test, "bayes_optimal": best}))
    words = " ".join("".join(Outline(build_report(run)).words).split())
    assert "accuracy 0.838 ; this model 0.770, 0.068 below".replace(" ;", ";") in words
    assert "AUROC 0.910; this model 0.920, 0.010 above" in words
    assert "best possible rule" not in "".join(Outline(build_report(binary_run)).words).split("Glossary")[0]


def test_figures_are_files_of_their_own_and_parts_of_the_page(splice_run: Run, page: str) -> None:
    folder = splice_run.path / "figures"
    names = {
        "baselines",
        "confusion",
        "roc",
        "pr",
        "calibration",
        "scores",
        "loss",
        "accuracy",
        "by-position",
        "heat-map",
    }
    of_motifs = {f"motif_{i}.{what}" for i in (1, 2) for what in ("logo", "positions")}
    drawn = names | of_motifs
    assert {file.name for file in folder.iterdir()} == {f"{name}.{kind}" for name in drawn for kind in ("svg", "png")}
    for name in drawn:
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert ElementTree.parse(folder / f"{name}.svg").getroot().tag.endswith("svg")
    for name in names:
        assert f'id="figure-{name}"' in page


def test_figures_in_the_page_take_their_colours_from_the_theme(page: str) -> None:
    inlined = re.findall(r'<svg[^>]*class="figure".*?</svg>', page, re.S)
    assert len(inlined) == 10
    for figure in inlined:
        assert "var(--" in figure
        assert not re.search(r'="#[0-9a-f]{6}"', figure)
        assert re.search(r'aria-label="[^"]{20,}', figure)
    assert f"--ink:{LIGHT['ink']}" in page


def test_the_data_checks_are_told(binary_run: Run) -> None:
    assert "GC content alone tells the classes apart" in build_report(binary_run)


@pytest.mark.parametrize("word", ["AAAAAA", "GCGC"])
def test_shuffled_negatives_are_doubted_and_the_way_to_better_ones_told(
    word: str, binary_run: Run, tmp_path: Path
) -> None:
    assert "The negatives are shuffled" not in build_report(binary_run)
    run = make_run(tmp_path / "run", simulate(("shuffled", "peak"), PROMOTER, n=200))
    record = run.motifs()
    motifs = [
        entry.model_copy(update={"probabilities": 0.9 * Motif.from_consensus(word).probabilities + 0.025})
        for entry, word in zip(record.motifs, (word, "CCAATC"), strict=True)
    ]
    run.update(motifs=record.model_copy(update={"motifs": tuple(motifs), "shuffles": "shuffled"}))
    page = build_report(run)
    note = page[page.index("The negatives are shuffled sequences") :]
    note = note[: note.index("</div>")]
    assert "--bed PEAKS.bed --genome GENOME.fa" in note
    assert note.count("<li>") == 1
    assert "SA0001" in note
    assert "made of few different letters" in note


def test_what_the_verdict_says_of_shuffles_is_not_repeated(binary_run: Run) -> None:
    run, metrics = Run.load(binary_run.path), binary_run.metrics()
    warnings = (
        "9 of the sequences in a have the same letter counts: a is shuffles of the other",
        "3 are copies (first: shuffled_s1)",
    )
    run.info = run.info.model_copy(update={"warnings": warnings})
    assert verdict(run, metrics).warnings == list(warnings)
    doubt = "The negatives are shuffled sequences, not real DNA."
    found = Verdict(headline="", level="caution", points=(doubt,), doubts=(doubt,))
    assert verdict(run, metrics.model_copy(update={"verdict": found})).warnings == ["3 are copies (first: shuffled_s1)"]


def test_the_note_on_names_is_shown(binary_run: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(binary_run.path, tmp_path / "run")
    run = Run.load(folder)
    run.update(motifs=run.motifs().model_copy(update={"naming_note": "JASPAR has no bacteria"}))
    assert "JASPAR has no bacteria" in build_report(run)
