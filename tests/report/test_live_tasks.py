"""What a new user wants from the live view, by the words on the page alone."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from test_report_live import Trial

from motiflens.run.folder import Run

pytestmark = pytest.mark.browser


class Newcomer(Trial):
    """Somebody who knows what the page says and nothing else."""

    def button(self, name: str) -> Any:
        return self.page.locator("#try").get_by_role("button", name=name)

    def choose(self, text: str) -> None:
        """Pick the sequence whose name and score hold a text."""
        picker = self.page.locator("#try label", has_text="Sequence").locator("select")
        picker.select_option(label=next(t for t in picker.locator("option").all_inner_texts() if text in t))

    def probability(self, of: str) -> float:
        row = self.part("scores").locator("> div", has_text=of).inner_text()
        return float(row.split("→")[1].split()[0])

    def sites(self, which: str) -> list[str]:
        """Names of the sites that the picture shows above a sequence, from the left."""
        group = {"original": 1, "edited": 2}[which]
        return [
            str(t)
            for t in self.page.locator(f"#try-editor svg > g:nth-of-type({group + 1}) .hit title").all_text_contents()
        ]


@pytest.fixture
def newcomer(chromium: Any, binary_run: Run) -> Iterator[Newcomer]:
    newcomer = Newcomer(chromium, binary_run)
    yield newcomer
    assert newcomer.trouble == []
    newcomer.context.close()


def best_and_worst(newcomer: Newcomer) -> tuple[str, str]:
    """The scores of the surest and of the least sure promoter, as the picker lists them."""
    texts = newcomer.page.locator("optgroup[label=promoter] option").all_inner_texts()
    scores = sorted(re.findall(r"\(([\d.]+)\)", " ".join(texts)), key=float)
    return scores[-1], scores[0]


def test_find_what_destroys_the_site(newcomer: Newcomer) -> None:
    newcomer.choose(f"({best_and_worst(newcomer)[0]})")
    before = newcomer.sites("original")
    assert before
    assert newcomer.probability("promoter") > 0.9
    for _ in range(12):
        newcomer.button("Lower most").click()
        if newcomer.probability("promoter") < 0.5:
            break
    assert newcomer.probability("promoter") < 0.5
    assert len(newcomer.sites("edited")) < len(before)
    edits = newcomer.page.get_by_role("list", name="Edits").locator("li").all_inner_texts()
    assert all(re.fullmatch(r"[ACGT]\d+[ACGT]", edit) for edit in edits)
    assert re.search(
        r"[ACGT] at \d+ becomes [ACGT]\. promoter: [\d.]+ in the original, [\d.]+ now", newcomer.text("#try .readout")
    )
    newcomer.button("Original").click()
    assert newcomer.sites("edited") == before


def test_make_a_weak_sequence_strong(newcomer: Newcomer) -> None:
    newcomer.choose(f"({best_and_worst(newcomer)[1]})")
    start = newcomer.probability("promoter")
    assert start < 0.7
    newcomer.page.locator("#try").get_by_role("group", name="Motifs to place").get_by_role("button").first.click()
    assert newcomer.page.get_by_role("list", name="Edits").locator("li").count() > 1
    newcomer.button("Undo").click()
    assert newcomer.probability("promoter") == start
    for _ in range(12):
        newcomer.button("Raise most").click()
    assert newcomer.probability("promoter") > 0.9


def test_show_a_class_why_the_decision_was_made(newcomer: Newcomer, tmp_path: Any) -> None:
    newcomer.choose(f"({best_and_worst(newcomer)[0]})")
    # The letter that says most is under the cursor and in sight, with its value, and a site stands above it.
    at, left, width, column = newcomer.page.evaluate(
        "(() => { const v = motiflens.view(), s = v.view.scroller;"
        " return [v.cursor, s.scrollLeft, s.clientWidth, v.view.columnWidth]; })()"
    )
    assert left <= (at + 0.5) * column <= left + width
    newcomer.page.focus("#try-editor")
    newcomer.page.keyboard.press("ArrowRight")
    newcomer.page.keyboard.press("ArrowLeft")
    assert re.search(rf"^[ACGT] {at + 1}\s+contribution \+[\d.]+", newcomer.text("#try .readout"))
    assert newcomer.sites("original")
    picture = newcomer.download("[data-try=svg]", tmp_path)
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    newcomer.button("Lower most").click()
    for name in ("Copy FASTA", "Copy edits", "Copy link"):
        newcomer.button(name).click()
        newcomer.button("Copied").first.wait_for()
    newcomer.rest()
    address = newcomer.page.evaluate("location.href")
    assert "edited=" in address
    newcomer.page.goto("about:blank")
    newcomer.page.goto(address)
    newcomer.page.wait_for_selector("#try-editor .cells")
    assert newcomer.page.get_by_role("list", name="Edits").locator("li").count() == 1
