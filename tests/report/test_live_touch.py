"""The live view on a phone, by touch alone: all that mouse and keyboard do."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from test_report_live import Trial

from motiflens.explain.mutagenesis import mutagenesis_naive
from motiflens.model.predict import predict_values
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import encode

pytestmark = pytest.mark.browser


class Phone(Trial):
    """The live view under a finger: touch events as the screen sends them."""

    def __init__(self, chromium: Any, run: Run) -> None:
        super().__init__(chromium, run, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
        self.protocol = self.page.context.new_cdp_session(self.page)

    def tap(self, name: str) -> None:
        self.part(name).tap()

    def key(self, name: str) -> None:
        self.page.locator(f"[data-key={name}]").tap()

    def cell(self, letter: int, row: float) -> tuple[float, float]:
        """Where a letter's cell is on the screen, in row 0 to 3 of the single changes; -1 is above them."""
        self.page.evaluate("document.querySelector('#try-keys').scrollIntoView({ block: 'end' })")
        cells = self.page.locator("#try-editor .cells").bounding_box()
        assert cells is not None
        width = cells["width"] / len(self.page.evaluate("motiflens.view().draft.columns()"))
        return cells["x"] + (letter + 0.5) * width, cells["y"] + cells["height"] * (row + 0.5) / 4

    def move(self, start: tuple[float, float], *to: tuple[float, float]) -> None:
        """Put a finger down, move it from place to place, and lift it."""
        path = [start]
        for end in to:
            path += [tuple(a + (b - a) * i / 6 for a, b in zip(path[-1], end, strict=True)) for i in range(1, 6)]
            path.append(end)
        for i, (x, y) in enumerate(path):
            kind = "touchMove" if i else "touchStart"
            self.protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        self.protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def visible(self) -> int:
        """A letter in the middle of the picture."""
        return int(
            self.page.evaluate(
                "(() => { const { view } = motiflens.view(), { scroller } = view;"
                " return Math.floor((scroller.scrollLeft + scroller.clientWidth / 2) / view.columnWidth); })()"
            )
        )


@pytest.fixture
def phone(chromium: Any, binary_run: Run) -> Iterator[Phone]:
    phone = Phone(chromium, binary_run)
    yield phone
    assert phone.trouble == []
    phone.context.close()


def test_letters_are_changed_inserted_and_deleted(phone: Phone) -> None:
    before = phone.original()
    at = phone.visible()
    phone.page.touchscreen.tap(*phone.cell(at, -1))
    assert phone.page.evaluate("motiflens.view().cursor") == at
    other = "A" if before[at] != "A" else "C"
    phone.key(other)
    assert phone.letters() == before[:at] + other + before[at + 1 :]
    phone.key("Insert")
    phone.key("G")
    phone.key("Insert")
    phone.key("Delete")
    assert phone.letters() == before[:at] + other + "G" + before[at + 2 :]
    expected = predict_values(phone.model, encode([phone.letters()]))[0]
    np.testing.assert_allclose(phone.shown(), expected, atol=6e-4)
    readout = phone.page.locator("#try .readout").inner_text()
    assert f"position {at + 3} deleted. promoter: " in readout  # beside the picture: the scores are out of sight
    for name, expected_letters in (("undo", 3), ("redo", 2)):
        for _ in range(expected_letters):
            phone.tap(name)
    assert phone.letters() == before[:at] + other + "G" + before[at + 1 :]
    phone.tap("reset")
    assert phone.letters() == before
    phone.tap("turn")
    assert phone.letters() == before[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_a_cell_and_the_strongest_change_answer_a_tap(phone: Phone) -> None:
    before, at = phone.original(), phone.visible()
    row = ("ACGT".index(before[at]) + 1) % 4
    phone.page.touchscreen.tap(*phone.cell(at, row))
    assert phone.letters() == before[:at] + "ACGT"[row] + before[at + 1 :]
    phone.tap("reset")
    phone.tap("down")
    deltas = mutagenesis_naive(phone.model, encode([before])).deltas[0]
    base, place = np.unravel_index(deltas.argmin(), deltas.shape)
    assert phone.letters() == before[:place] + "ACGT"[base] + before[place + 1 :]


def test_a_motif_is_put_by_a_tap_and_by_a_finger(phone: Phone) -> None:
    motif = json.loads(phone.page.locator("#live").text_content())["motifs"][0]["letters"]
    at = phone.visible()
    phone.page.touchscreen.tap(*phone.cell(at, -1))
    phone.page.locator(".motif-chip").first.tap()
    assert phone.letters()[at : at + len(motif)] == motif
    phone.tap("reset")
    to = phone.visible()
    x, y = phone.cell(to, -1)
    chip = phone.page.locator(".motif-chip").first.bounding_box()
    assert chip is not None
    assert chip["y"] > 0  # both can be seen at once
    start = chip["x"] + 20, chip["y"] + 20
    phone.move(start, (start[0] + 5, start[1] + 50), (x, start[1] + 55), (x, y))
    assert phone.letters()[to : to + len(motif)] == motif
    assert phone.count(".motif-ghost") == 0


def test_swipes_scroll_the_picture_and_the_page_and_change_nothing(phone: Phone) -> None:
    before = phone.letters()
    x, y = phone.cell(phone.visible(), 1)
    picture = "document.querySelector('#try-editor').scrollLeft"
    left, top = phone.page.evaluate(f"[{picture}, scrollY]")
    phone.move((x, y), (x + (150 if left > 150 else -150), y))
    phone.page.wait_for_function(f"() => Math.abs({picture} - {left}) > 60")
    phone.move((x, y), (x, y + 200))
    phone.page.wait_for_function(f"() => scrollY < {top} - 60")
    assert phone.letters() == before


def test_a_sequence_is_pasted_and_explained_towards_another_class(phone: Phone) -> None:
    phone.tap("paste")
    phone.part("text").fill("ACGTTGACATTTT\n")
    phone.tap("use")
    assert phone.page.evaluate("motiflens.view().draft.letters") == "ACGTTGACATTTT"
    phone.part("target").select_option(index=0)
    assert "background" in phone.part("headline").inner_text()
    phone.tap("random")
    assert phone.part("name").inner_text() == "random"
