"""The live view of a network without contributions of its own: the score at once, what single changes give later."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import reported
from test_report_live import Trial

from motiflens.explain.mutagenesis import mutagenesis_naive
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits, predict_values
from motiflens.model.presets import build_network
from motiflens.model.store import load_model, save_model
from motiflens.report.widget import standalone, widget
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import decode, encode

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def peaks_run(tmp_path_factory: pytest.TempPathFactory, binary_run: Run) -> Run:
    """The run of two classes with another network, on both strands."""
    path = tmp_path_factory.mktemp("runs") / "peaks"
    shutil.copytree(binary_run.path, path)
    run = Run.load(path)
    output = load_model(run.model_folder).output
    torch.manual_seed(0)
    config = ClassicConfig(filters=8, dense=(16, 8))
    network = build_network(config, length=run.info.length, n_outputs=output.n_outputs).eval()
    network.output.weight.data *= 100
    save_model(run.model_folder, Model(members=[network], config=config, output=output, strands="both"))
    return reported(run)


@pytest.fixture
def trial(chromium: Any, peaks_run: Run) -> Iterator[Trial]:
    trial = Trial(chromium, peaks_run)
    yield trial
    assert trial.trouble == []
    trial.context.close()


def contributions(trial: Trial, letters: str, target: str) -> np.ndarray:
    """What each letter adds against the mean of the four bases, from one forward pass a substitution."""
    codes = encode([letters])
    values = mutagenesis_naive(trial.model, codes, target=target).hypothetical[0]
    return np.where(codes == np.arange(4)[:, None], values, 0).sum(0)


def drawn(trial: Trial, name: str) -> list[float]:
    return list(trial.page.evaluate(f"Array.from(motiflens.view().view.{name}.contributions)"))


def test_scripts_get_what_python_says(trial: Trial) -> None:
    rng, model = np.random.default_rng(0), trial.model
    codes = rng.integers(0, 5, (10, model.length)).astype(np.uint8)
    asked = "async s => ({ ...(await motiflens.predict(s)), ...(await motiflens.explain(s)) })"
    answers = [trial.page.evaluate(asked, decode(row)) for row in codes]
    np.testing.assert_allclose([a["logits"] for a in answers], predict_logits(model, codes), atol=1e-5)
    effects = mutagenesis_naive(model, codes)
    np.testing.assert_allclose([a["deltas"] for a in answers], effects.deltas, atol=1e-5)
    expected = [contributions(trial, decode(row), effects.target[0]) for row in codes]
    np.testing.assert_allclose([a["contributions"] for a in answers], expected, atol=1e-5)


def test_contributions_follow_every_way_of_editing(trial: Trial) -> None:
    assert "from the effects of all single changes" in trial.text("#try .intro")
    target = trial.page.locator("[data-try=target] option:checked").inner_text()
    original = trial.original()
    np.testing.assert_allclose(drawn(trial, "original"), contributions(trial, original, target), atol=1e-5)
    trial.press("Home", "N", "Shift+G", "End", "Delete", "ArrowLeft", "T")
    edited = trial.letters()
    assert len(edited) == trial.model.length
    np.testing.assert_allclose(drawn(trial, "edited"), contributions(trial, edited, target), atol=1e-5)
    np.testing.assert_allclose(drawn(trial, "original"), contributions(trial, original, target), atol=1e-5)
    np.testing.assert_allclose(trial.shown(), predict_values(trial.model, encode([edited]))[0], atol=6e-4)


def test_the_score_does_not_wait_for_them(trial: Trial) -> None:
    """In the same turn of the page as the key: the scores are new, the contributions those before."""
    before = drawn(trial, "edited")
    trial.press("Home")
    key = """() => {
      const key = motiflens.view().draft.letters[0] === "A" ? "c" : "a";
      document.querySelector("#try-editor").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      const { contributions, prediction } = motiflens.view().view.edited;
      return { contributions: Array.from(contributions), values: Array.from(prediction.values) };
    }"""
    at_once = trial.page.evaluate(key)
    assert at_once["contributions"] == before
    np.testing.assert_allclose(at_once["values"], predict_values(trial.model, encode([trial.letters()]))[0], atol=1e-6)
    assert drawn(trial, "edited") != before


def test_the_strongest_change_is_the_largest(trial: Trial) -> None:
    trial.part("up").click()
    original = trial.original()
    target = trial.page.locator("[data-try=target] option:checked").inner_text()
    deltas = mutagenesis_naive(trial.model, encode([original]), target=target).deltas[0]
    base, at = np.unravel_index(deltas.argmax(), deltas.shape)
    assert trial.letters() == original[:at] + "ACGT"[base] + original[at + 1 :]


def test_another_target_and_a_shorter_sequence(trial: Trial) -> None:
    trial.part("paste").click()
    trial.part("text").fill("ACGTTGCAATGGCC")
    trial.part("use").click()
    trial.part("target").select_option(index=0)
    target = trial.page.locator("[data-try=target] option:checked").inner_text()
    trial.rest()
    spare = trial.model.length - 14
    window = "N" * -(-spare // 2) + "ACGTTGCAATGGCC" + "N" * (spare // 2)
    expected = contributions(trial, window, target)[-(-spare // 2) :][:14]
    np.testing.assert_allclose(drawn(trial, "edited"), expected, atol=1e-5)


def test_a_notebook_shows_it_too(chromium: Any, peaks_run: Run, tmp_path: Path) -> None:
    (tmp_path / "live.html").write_text(standalone(widget(peaks_run), title="peaks"), "utf-8")
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto((tmp_path / "live.html").as_uri())
    page.locator("#try-editor .cells").wait_for()
    page.locator("[data-try=down]").click()
    page.locator("[data-try=said]", has_text="in the original").wait_for(state="attached")
    assert page.locator("[data-try=edits] li:not(.faint)").count() == 1
    assert "from the effects of all single changes" in page.locator(".intro").first.inner_text()
    assert trouble == []
    page.close()
