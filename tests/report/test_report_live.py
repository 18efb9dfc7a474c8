"""The live view in a real browser: it answers as Python does, to every way of editing, and stays silent and offline."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from test_report_browser import Visit

from motiflens.explain.mutagenesis import mutagenesis_naive
from motiflens.model.predict import predict_logits, predict_values
from motiflens.model.store import load_model
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import decode, encode

pytestmark = pytest.mark.browser


class Trial(Visit):
    """A visit to the live view."""

    def __init__(self, chromium: Any, run: Run, **options: Any) -> None:
        super().__init__(chromium, run, **options)
        self.model = load_model(run.model_folder)
        self.page.evaluate("document.querySelector('#try').scrollIntoView()")
        self.page.wait_for_selector("#try-editor .cells")

    def part(self, name: str) -> Any:
        return self.page.locator(f"[data-try={name}]")

    def original(self) -> str:
        """The sequence that is picked."""
        name = self.page.evaluate("document.querySelector('[data-try=pick]').value")
        records = json.loads(self.page.locator("#data").text_content())["browser"]["records"]
        return next(str(record["letters"]) for record in records if record["id"] == name)

    def letters(self) -> str:
        """The sequence as edited, from the address, which waits for a rest."""
        self.rest()
        parts = dict(parse_qsl(self.page.evaluate("location.hash.slice(1)")))
        return parts.get("edited", self.original())

    def press(self, *keys: str) -> None:
        self.page.focus("#try-editor")
        for key in keys:
            self.page.keyboard.press(key)

    def shown(self) -> list[float]:
        """The probabilities of the edited sequence."""
        return [float(text.split("→")[1].split()[0]) for text in self.part("scores").locator(".p").all_inner_texts()]


@pytest.fixture
def trial(chromium: Any, splice_run: Run) -> Iterator[Trial]:
    trial = Trial(chromium, splice_run)
    yield trial
    assert trial.trouble == []
    assert [url for url in trial.requests if not url.startswith("file://")] == []
    trial.context.close()


def test_scripts_get_what_python_says(trial: Trial) -> None:
    rng, model = np.random.default_rng(0), trial.model
    codes = rng.integers(0, 5, (20, model.length)).astype(np.uint8)
    letters = [decode(row) for row in codes]
    asked = "s => Promise.all([motiflens.ready, motiflens.predict(s), motiflens.explain(s)])"
    answers = [
        one | two for _, one, two in (trial.page.evaluate(asked, s) for s in [*letters[:19], letters[19].lower()])
    ]
    np.testing.assert_allclose([a["logits"] for a in answers], predict_logits(model, codes), atol=1e-5)
    np.testing.assert_allclose([a["probabilities"] for a in answers], predict_values(model, codes), atol=1e-6)
    effects = mutagenesis_naive(model, codes)
    assert [a["target"] for a in answers] == list(effects.target)
    np.testing.assert_allclose([a["deltas"] for a in answers], effects.deltas, atol=1e-5)


def test_every_way_of_editing_by_keyboard(trial: Trial) -> None:
    before = trial.shown()
    original = trial.original()
    other = "A" if original[0] != "A" else "C"
    trial.press("Home", other)
    assert trial.letters() == other + original[1:]
    trial.press("Home", "Shift+G", "End", "Delete")
    edited = trial.letters()
    assert edited == "G" + other + original[1:-1]
    expected = predict_values(trial.model, encode([edited]))[0]
    np.testing.assert_allclose(trial.shown(), expected, atol=6e-4)
    assert trial.part("edits").locator("li").count() == 3
    assert re.search(r"in the original, [\d.]+ now", trial.part("said").text_content())
    trial.press("Control+z", "Control+z", "Control+z")
    assert trial.letters() == original
    assert trial.shown() == before
    trial.press("Control+y")
    assert trial.letters() == other + original[1:]


def test_a_screen_reader_hears_the_change_in_score(trial: Trial) -> None:
    """By the accessibility tree, from the keyboard alone: the button is reached by Tab from the picker."""
    trial.page.focus("[data-try=pick]")
    for _ in range(30):
        trial.page.keyboard.press("Tab")
        if trial.page.evaluate("document.activeElement.dataset.try") == "down":
            break
    trial.page.keyboard.press("Enter")
    trial.rest()
    nodes = trial.page.context.new_cdp_session(trial.page).send("Accessibility.getFullAXTree")["nodes"]
    spoken = trial.part("said").text_content()
    assert re.fullmatch(
        r"[ACGT] at \d+ becomes [ACGT]\. EI: [\d.]+ in the original, [\d.]+ now, \u2212[\d.]+ logit", spoken
    )
    assert spoken in {node["name"]["value"] for node in nodes if "name" in node}
    live = [node for node in nodes if any(p["name"] == "live" for p in node.get("properties", ()))]
    assert {p["value"]["value"] for node in live for p in node["properties"] if p["name"] == "live"} >= {"polite"}
    editor = next(node for node in nodes if node.get("name", {}).get("value") == "Edited sequence")
    assert "move" in editor["description"]["value"]
    trial.press("ArrowLeft")
    assert re.fullmatch(r"[ACGT] at \d+, contribution [+\u2212]?[\d.]+", trial.part("said").text_content())


def test_the_look_begins_at_the_letter_that_says_most(trial: Trial) -> None:
    record = trial.page.evaluate("motiflens.view().view.edited.contributions")
    at = int(np.abs(record).argmax())
    assert trial.page.evaluate("motiflens.view().cursor") == at
    options = trial.part("pick").locator("option").all_inner_texts()
    assert sum(bool(re.fullmatch(r"\S+ \([01]\.\d\d\)", text)) for text in options) == len(options) - 1


def test_a_cell_makes_its_change_and_the_strongest_is_the_largest(trial: Trial) -> None:
    trial.part("up").click()
    edited = trial.letters()
    original = trial.original()
    target = trial.page.locator("[data-try=target] option:checked").inner_text()
    deltas = mutagenesis_naive(trial.model, encode([original]), target=target).deltas[0]
    base, at = np.unravel_index(deltas.argmax(), deltas.shape)
    assert edited == original[:at] + "ACGT"[base] + original[at + 1 :]
    trial.part("undo").click()
    trial.page.locator("#try-keys").scroll_into_view_if_needed()
    cells = trial.page.locator("#try-editor .cells").bounding_box()
    assert cells is not None
    width = cells["width"] / len(original)
    row = ("ACGT".index(original[3]) + 1) % 4
    trial.page.mouse.click(cells["x"] + 3.5 * width, cells["y"] + cells["height"] * (row + 0.5) / 4)
    assert trial.letters() == original[:3] + "ACGT"[row] + original[4:]


def test_a_motif_is_placed_by_key_and_by_dragging(trial: Trial) -> None:
    letters = json.loads(trial.page.locator("#live").text_content())["motifs"][0]["letters"]
    trial.press("Home", "ArrowRight", "ArrowRight")
    trial.page.locator(".motif-chip").first.focus()
    trial.page.keyboard.press("Enter")
    assert trial.letters()[2 : 2 + len(letters)] == letters
    trial.part("undo").click()
    trial.page.locator("#try-keys").scroll_into_view_if_needed()
    chip = trial.page.locator(".motif-chip").first.bounding_box()
    cells = trial.page.locator("#try-editor .cells").bounding_box()
    assert chip is not None
    assert cells is not None
    trial.page.mouse.move(chip["x"] + 20, chip["y"] + 20)
    trial.page.mouse.down()
    width = cells["width"] / trial.model.length
    trial.page.mouse.move(cells["x"] + 20.5 * width, cells["y"] - 60, steps=5)
    trial.page.mouse.up()
    assert trial.letters()[20 : 20 + len(letters)] == letters
    assert trial.count(".motif-ghost") == 0


def test_pasted_text_is_text_and_faults_are_named(trial: Trial) -> None:
    trial.part("paste").click()
    trial.part("text").fill(">x\nACG1")
    trial.part("use").click()
    assert "Line 2 has “1”" in trial.part("problem").inner_text()
    trial.part("text").fill("><img/src=x>\nACGTRYACGT\n>second\nTTTT\n")
    trial.part("use").click()
    assert trial.part("name").inner_text() == "<img/src=x>"
    assert trial.count("#try img") == 0
    assert f"10 bp; the model reads {trial.model.length}" in trial.part("length").inner_text()
    assert trial.part("pick").locator("option", has_text="second").count() == 1


def test_the_address_holds_the_edits(trial: Trial) -> None:
    trial.press("Delete", "Delete")
    edited = trial.letters()
    address = trial.page.evaluate("location.href")
    trial.page.goto("about:blank")
    trial.page.goto(address)
    trial.page.wait_for_selector("#try-editor .cells")
    assert trial.letters() == edited


def test_reverse_complement_and_other_targets(trial: Trial) -> None:
    trial.part("turn").click()
    np.testing.assert_allclose(trial.shown(), predict_values(trial.model, encode([trial.letters()]))[0], atol=6e-4)
    trial.part("target").select_option(index=2)
    assert trial.model.output.names[2] in trial.part("headline").inner_text()


def test_a_narrow_page_has_it_whole_and_draws_wide_enough_to_touch(chromium: Any, binary_run: Run) -> None:
    trial = Trial(chromium, binary_run, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    assert trial.page.evaluate("document.documentElement.scrollWidth") <= 390
    trial.page.locator("#try-keys").scroll_into_view_if_needed()
    cells = trial.page.locator("#try-editor .cells").bounding_box()
    assert cells is not None
    assert cells["width"] / trial.model.length >= 16
    trial.page.locator("[data-key=Delete]").tap()
    assert len(trial.letters()) == trial.model.length - 1
    assert trial.trouble == []
    trial.context.close()
