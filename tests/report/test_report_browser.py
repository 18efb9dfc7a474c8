"""The page in a real browser: silent, offline, and every part reacts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from make_example import tiny
from make_run import make_run

from motiflens.motifs.motif import Motif
from motiflens.motifs.parse import read_motifs
from motiflens.report.page import write_report
from motiflens.run.folder import Run

pytestmark = pytest.mark.browser


class Visit:
    """A report opened in a browser, with all that it said, asked for and did wrong."""

    def __init__(self, chromium: Any, run: Run, **options: Any) -> None:
        self.context = chromium.new_context(
            **({"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options)
        )
        self.page = self.context.new_page()
        self.trouble: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.trouble.append(message.text))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.context.route("**/*", self._route)
        self.page.goto((run.path / "report.html").as_uri())

    def _route(self, route: Any) -> None:
        self.requests.append(route.request.url)
        route.continue_() if route.request.url.startswith("file://") else route.abort()

    def rest(self) -> None:
        """Wait until the live view has drawn, said and put into the address all that follows a change."""
        self.page.wait_for_function("() => motiflens.view().rested === null")

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def order(self) -> list[str]:
        return self.page.eval_on_selector_all(
            "#motif-table tbody:not([hidden]) .expand", "all => all.map(x => x.innerText.trim())"
        )

    def download(self, selector: str, folder: Path) -> str:
        with self.page.expect_download() as waiting:
            self.page.locator(selector).first.click()
        target = folder / waiting.value.suggested_filename
        waiting.value.save_as(target)
        return target.read_text("utf-8")


@pytest.fixture
def visit(chromium: Any, splice_run: Run) -> Iterator[Visit]:
    """The report of three classes; whatever a test does, the page stays silent and asks for nothing."""
    visit = Visit(chromium, splice_run)
    yield visit
    assert visit.trouble == []
    assert visit.requests == [(splice_run.path / "report.html").as_uri()]
    visit.context.close()


@pytest.mark.parametrize("which", ["splice_run", "binary_run", "motifless_run", "measured_run"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_report_opens_silently_without_a_request(
    chromium: Any, request: pytest.FixtureRequest, which: str, scheme: str
) -> None:
    run = request.getfixturevalue(which)
    visit = Visit(chromium, run, color_scheme=scheme, viewport={"width": 400, "height": 800})
    assert visit.trouble == []
    assert visit.requests == [(run.path / "report.html").as_uri()]
    widths = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]  # a phone does not scroll sideways
    assert visit.page.locator("#overview .verdict").is_visible()
    assert visit.count("#sequence-picture svg.sequence") == 1
    visit.context.close()


def test_positions_on_the_genome_are_said_where_they_are_known(chromium: Any, tmp_path: Path) -> None:
    """By its id a sequence runs from the 101st base on, or, reversed, from the 114th back."""
    example = tiny()
    names = [f"chr{i}:100-114({'+-'[i % 2]})" for i in range(len(example.ids))]
    run = make_run(tmp_path / "placed", replace(example, ids=np.array(names)), with_motifs=False)
    write_report(run)
    visit = Visit(chromium, run)
    for strand, number in (("+", 103), ("-", 112)):
        visit.page.locator("#sequence-search").fill(f"({strand})")
        name = visit.text("#sequence-id")
        box = visit.page.locator("#sequence-picture svg.sequence").bounding_box()
        assert box is not None
        visit.page.locator("#sequence-picture svg.sequence").hover(position={"x": box["width"] * 2.5 / 14, "y": 60})
        said = visit.text("#sequence-picture .readout")
        assert re.match(rf"[ACGT] 3\s+{name.split(':')[0]}:{number}\s+contribution", said)
    assert visit.trouble == []
    visit.context.close()


def test_logos_are_drawn_in_bits(visit: Visit, splice_run: Run) -> None:
    entries = splice_run.motifs()
    assert visit.count("#motif-table .row-logo svg path") > 4
    visit.page.locator(".expand").first.click()
    box = visit.page.locator(".big-logo svg").first
    assert "Logo of SD0001" in (box.get_attribute("aria-label") or "")
    # An independent height: the information of the sharpest column over the 2 bits of the axis.
    motif = Motif(name="m", probabilities=entries.motifs[0].probabilities)
    information = motif.information(np.array(entries.background)).max()
    boxes = visit.page.eval_on_selector_all(
        ".big-logo svg path[class^=base]", "all => all.map(p => [p.getBBox().y, p.getBBox().y + p.getBBox().height])"
    )
    drawn = max(low for _, low in boxes) - min(high for high, _ in boxes)
    assert drawn / 110 * 2 == pytest.approx(information, abs=0.03)


def test_a_card_opens_closes_and_shows_the_other_strand(visit: Visit) -> None:
    button = visit.page.locator(".expand").first
    assert not visit.page.locator("#card-1").is_visible()
    button.press("Enter")
    assert visit.page.locator("#card-1").is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    flip, logo = visit.page.locator("#card-1 .flip"), visit.page.locator("#card-1 .big-logo")
    forward = logo.inner_html()
    flip.click()
    reverse = logo.inner_html()
    assert reverse != forward
    assert "reverse complement" in reverse
    assert flip.get_attribute("aria-pressed") == "true"
    flip.click()
    assert logo.inner_html() == forward
    visit.page.locator("#card-1 .kind").click()
    assert "logit" in logo.inner_html()
    for part in (".positions svg", ".per-sequence svg"):
        assert visit.count(f"#card-1 {part}") == 1
    visit.page.locator("#card-1 .align").first.click()
    assert visit.count("#card-1 .alignment svg") == 2
    button.click()
    assert not visit.page.locator("#card-1").is_visible()


def test_the_table_sorts_and_comes_back(visit: Visit, splice_run: Run) -> None:
    first = visit.order()
    assert first == [entry.known_as.partition(":")[0] for entry in splice_run.motifs().motifs]
    header = visit.page.locator("#motif-table thead button[data-key=name]")
    header.click()
    assert visit.order() == sorted(first)
    header.click()
    assert visit.order() == sorted(first, reverse=True)
    assert visit.page.locator("th[aria-sort=descending]").count() == 1
    header.click()
    assert visit.order() == first
    visit.page.locator("#motif-table thead button[data-key=q]").click()
    keys = visit.page.eval_on_selector_all("#motif-table tbody", "all => all.map(x => Number(x.dataset.q))")
    assert keys == sorted(keys)


def test_the_table_is_searched_and_filtered(visit: Visit) -> None:
    visit.page.fill("#motif-search", "sa0001")
    assert visit.order() == ["SA0001"]
    assert visit.text("#motif-count") == "1 of 2 shown"
    visit.page.fill("#motif-search", "")
    visit.page.select_option("#motif-class", "EI")
    assert visit.order() == ["SD0001"]


def test_downloads_hold_the_motifs_and_the_sites(visit: Visit, splice_run: Run, tmp_path: Path) -> None:
    visit.download("#get-all-meme", tmp_path)
    read = read_motifs(next(tmp_path.glob("*.meme")))
    for motif, entry in zip(read, splice_run.motifs().motifs, strict=True):
        assert motif.name == entry.name
        np.testing.assert_allclose(motif.probabilities, entry.probabilities, atol=1e-3)
    visit.page.locator(".expand").first.click()
    first = splice_run.motifs().motifs[0].name
    hits = splice_run.hits()
    hits = hits[hits["motif"] == first]
    rows = [line.split("\t") for line in visit.download("#card-1 .get-tsv", tmp_path).splitlines()]
    assert rows[0][:8] == list(hits.columns[:8])
    expected = sorted(zip(hits["sequence_id"], hits["start"].astype(str), hits["end"].astype(str), strict=True))
    assert sorted((row[0], row[1], row[2]) for row in rows[1:]) == expected
    bed = [line.split("\t") for line in visit.download("#card-1 .get-bed", tmp_path).splitlines()]
    assert sorted((row[0], row[1], row[2]) for row in bed) == expected
    assert all(0 <= int(row[4]) <= 1000 and row[5] in "+-" for row in bed)
    fasta = visit.download("#card-1 .get-fasta", tmp_path)
    known = set(splice_run.attributions().ids)  # the run holds the letters of explained sequences alone
    assert fasta.count(">") == hits["sequence_id"].isin(known).sum() > 0
    assert {line for line in fasta.splitlines() if line[0] != ">"} == {row[8] for row in rows[1:]} - {""}


def test_keys_walk_through_the_sequences(visit: Visit) -> None:
    ids = visit.page.eval_on_selector_all("#sequence-list .id", "all => all.map(x => x.textContent)")
    current = visit.page.locator("#sequence-id")
    assert current.inner_text() == ids[0]
    visit.page.focus("#sequence-list")
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("j")
    assert current.inner_text() == ids[2]
    visit.page.keyboard.press("k")
    assert current.inner_text() == ids[1]
    visit.page.keyboard.press("End")
    assert current.inner_text() == ids[-1]
    assert visit.page.locator("#sequence-list [aria-selected=true] .id").inner_text() == ids[-1]
    visit.page.locator("#sequences .sequence-side").scroll_into_view_if_needed()
    visit.page.locator("#sequence-hypothetical").focus()
    visit.page.keyboard.press("k")  # anywhere in the section
    assert current.inner_text() == ids[-2]


def test_sequences_are_filtered_and_searched(visit: Visit, splice_run: Run) -> None:
    predictions = splice_run.predictions()
    held_out = predictions[predictions["split"] == "test"]
    called = held_out[["p_EI", "p_IE", "p_N"]].idxmax(axis=1).str.removeprefix("p_")
    wrong = held_out[(called != held_out["label"]) & (held_out["label"] == "N")]
    visit.page.select_option("#sequence-class", "N")
    visit.page.select_option("#sequence-outcome", "wrong")
    shown = visit.page.eval_on_selector_all("#sequence-list .id", "all => all.map(x => x.textContent)")
    assert sorted(shown) == sorted(wrong["id"])
    visit.page.select_option("#sequence-outcome", "")
    visit.page.fill("#sequence-search", "no such sequence")
    assert visit.page.locator("#no-sequence").is_visible()
    visit.page.fill("#sequence-search", shown[0].lower())
    assert visit.text("#sequence-id") == shown[0]


def test_a_sequence_shows_its_letters_hits_and_attention(visit: Visit, splice_run: Run) -> None:
    visit.page.locator(".expand").first.click()
    visit.page.locator("#card-1 .find").click()
    name = visit.text("#sequence-id")
    hits = splice_run.hits()
    hits = hits[hits["sequence_id"] == name]
    assert visit.count(".sequence .hit") == len(hits) > 0
    drawn = visit.page.eval_on_selector_all(".sequence .hit title", "all => all.map(x => x.textContent)")
    row = hits.iloc[0]
    assert any(f"positions {row['start'] + 1} to {row['end']}," in text for text in drawn)
    assert visit.count(".sequence .attention") == 5  # all widths, and each
    before = visit.page.locator(".sequence").inner_html()
    visit.page.click("#sequence-hypothetical")
    assert visit.count(".sequence .heat-up") > 0
    visit.page.click("#sequence-hypothetical")
    assert visit.page.locator(".sequence").inner_html() == before
    visit.page.select_option("#sequence-target", "N")
    assert visit.page.locator(".sequence").inner_html() != before
    visit.page.locator(".sequence .hit").first.press("Enter")
    assert visit.page.locator("#card-1").is_visible()


def test_pointing_at_a_position_tells_its_contribution(visit: Visit, splice_run: Run) -> None:
    rows = splice_run.attributions()
    name, target = visit.text("#sequence-id"), visit.page.input_value("#sequence-target")
    row = next(i for i in range(len(rows)) if rows.ids[i] == name and rows.target[i] == target)
    visit.page.locator("svg.sequence").scroll_into_view_if_needed()
    box = visit.page.locator("svg.sequence").bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] * 29.5 / 60, box["y"] + 60)
    text = visit.text(".readout")
    assert "ACGTN"[rows.codes[row, 29]] + " 30" in text
    value = float(re.search(r"contribution ([−+]?[\d.]+)", text)[1].replace("−", "-"))
    assert value == pytest.approx(rows.observed[row, 29], abs=float(np.abs(rows.hypothetical[row]).max()) / 250 + 0.001)


def test_the_theme_follows_the_system_until_it_is_chosen(visit: Visit) -> None:
    def background() -> str:
        return visit.page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = background()
    visit.page.emulate_media(color_scheme="dark")
    dark = background()
    assert dark != light
    visit.page.click("#theme")
    assert background() == light
    assert "dark" in (visit.page.get_attribute("#theme", "aria-label") or "")
    visit.page.click("#theme")
    assert background() == dark
    figure = visit.page.evaluate("getComputedStyle(document.querySelector('#figure-roc text')).fill")
    visit.page.click("#theme")
    assert visit.page.evaluate("getComputedStyle(document.querySelector('#figure-roc text')).fill") != figure


def test_printing_opens_every_card_and_stays_light(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark")
    pdf = visit.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert visit.page.locator(".card:visible").count() == 2
    assert visit.page.locator("details[open]").count() == visit.count("details")
    visit.page.emulate_media(media="print", color_scheme="dark")
    assert not visit.page.locator("#sequence-list").is_visible()
    ink = visit.page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(23, 32, 42)"


def test_words_are_explained_to_mouse_and_keyboard(visit: Visit) -> None:
    term = visit.page.locator("#overview button.term").first
    term.hover()
    assert "random member of the class" in visit.text("#term-tip")
    visit.page.keyboard.press("Escape")
    assert not visit.page.locator("#term-tip").is_visible()
    visit.page.locator("#theme").focus()
    visit.page.mouse.move(0, 0)
    term.focus()
    assert visit.page.locator("#term-tip").is_visible()


def test_the_navigation_says_where_the_reader_is(visit: Visit) -> None:
    visit.page.click("nav.sections a[href='#metrics']")
    visit.page.wait_for_selector("nav.sections a[href='#metrics'][aria-current]")
    assert visit.count("nav.sections a[aria-current]") == 1


def test_nothing_moves_while_the_page_is_drawn(chromium: Any, splice_run: Run) -> None:
    visit = Visit(chromium, splice_run)
    shift = visit.page.evaluate(
        "new Promise(done => { let sum = 0;"
        "new PerformanceObserver(list => list.getEntries().forEach(e => { sum += e.value; }))"
        ".observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 300); })"
    )
    assert shift < 0.01
    visit.context.close()


def test_the_first_screen_shows_named_motifs_with_logos(chromium: Any, splice_run: Run) -> None:
    visit = Visit(chromium, splice_run, viewport={"width": 1440, "height": 900})
    tiles = visit.page.locator(".motif-tile")
    assert tiles.count() == 2
    for i, name in enumerate(visit.order()):
        box = tiles.nth(i).bounding_box()
        assert box["y"] + box["height"] < 900
        assert name in tiles.nth(i).inner_text()
        assert tiles.nth(i).locator("svg.logo path").count() > 2
    assert visit.page.locator("#overview .headline").bounding_box()["y"] < 900
    tiles.first.click()
    visit.page.locator("#card-1").wait_for(state="visible")  # opens once the address has changed
    visit.context.close()


def test_an_address_opens_a_motif_a_sequence_or_a_folded_part(chromium: Any, splice_run: Run) -> None:
    visit = Visit(chromium, splice_run)
    address = (splice_run.path / "report.html").as_uri()
    last = splice_run.motifs().set_aside[-1].name
    for fragment, selector in (("motif_2", "#card-2"), (last, f"#{last}")):
        visit.page.goto("about:blank")
        visit.page.goto(f"{address}#{fragment}")
        assert visit.page.locator(selector).is_visible()
    ids = visit.page.eval_on_selector_all("#sequence-list .id", "all => all.map(x => x.textContent)")
    name = ids[len(ids) // 2]
    visit.page.evaluate("name => { location.hash = `#sequence=${encodeURIComponent(name)}`; }", name)
    visit.page.locator("#sequence-id", has_text=name).wait_for()
    assert visit.page.locator("#sequence-link").get_attribute("href") == f"#sequence={name}"
    visit.context.close()


def test_drawings_and_tables_can_be_taken_out(visit: Visit, tmp_path: Path) -> None:
    visit.page.locator(".expand").first.click()
    for selector in ("#card-1 .lettered", "#card-1 .positions", ".figures figure", ".sequence-side"):
        scope = visit.page.locator(selector).first
        if selector.endswith("positions"):
            scope = scope.locator("xpath=..")
        scope.scroll_into_view_if_needed()
        with visit.page.expect_download() as waiting:
            scope.locator(".get-svg").first.click(force=True)
        waiting.value.save_as(tmp_path / "drawing.svg")
        root = ElementTree.parse(tmp_path / "drawing.svg").getroot()
        assert float(root.get("width")) > 100
        text = (tmp_path / "drawing.svg").read_text()
        assert "var(" not in text
        assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 1
        with visit.page.expect_download() as waiting:
            scope.locator(".get-png").first.click(force=True)
        waiting.value.save_as(tmp_path / "drawing.png")
        assert (tmp_path / "drawing.png").read_bytes().startswith(b"\x89PNG")
    table = visit.download(".compared .get-table", tmp_path).splitlines()
    assert table[0].split("\t")[:2] == ["Method", "AUROC"]
    assert len(table) == 5
    motifs = visit.download("#get-motif-table", tmp_path)
    assert motifs.splitlines()[0].startswith("motif\tknown_as\tconsensus")


def test_consensus_and_matrix_are_copied(chromium: Any, splice_run: Run) -> None:
    visit = Visit(chromium, splice_run, permissions=["clipboard-read", "clipboard-write"])
    visit.page.locator(".expand").first.click()
    entry = splice_run.motifs().motifs[0]
    visit.page.locator("#card-1 .copy").first.click()
    visit.page.locator("#card-1 .copy", has_text="Copied").wait_for()
    assert visit.page.evaluate("navigator.clipboard.readText()") == entry.consensus
    visit.page.locator("#card-1 .copy-matrix").click()
    visit.page.locator("#card-1 .copy-matrix", has_text="Copied").wait_for()
    copied = [line.split("\t") for line in visit.page.evaluate("navigator.clipboard.readText()").strip().split("\n")]
    np.testing.assert_allclose(np.array(copied, float), entry.probabilities, atol=1e-4)
    visit.context.close()


def test_letters_have_two_palettes(visit: Visit) -> None:
    def colour() -> str:
        return visit.page.evaluate("getComputedStyle(document.querySelector('.row-logo .base-g')).fill")

    first = colour()
    visit.page.click("#letters")
    classic = colour()
    assert classic != first
    visit.page.emulate_media(color_scheme="dark")
    assert colour() not in (first, classic)
    visit.page.click("#letters")
    visit.page.emulate_media(color_scheme="light")
    assert colour() == first


def test_without_scripts_there_are_logos_and_open_cards(chromium: Any, splice_run: Run) -> None:
    visit = Visit(chromium, splice_run, java_script_enabled=False)
    assert visit.page.locator("noscript p").count() == 1
    assert visit.page.locator(".motif-tile svg.logo").first.is_visible()
    assert visit.page.locator(".row-logo svg.logo").first.is_visible()
    assert visit.page.locator("#card-1 .recompute code").is_visible()
    assert not visit.page.locator("#letters").is_visible()
    visit.context.close()


def test_a_script_in_a_name_is_text(chromium: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    from make_example import binary
    from make_run import make_run

    from motiflens.report.page import write_report

    example = binary(120)
    name = "<script>document.title='owned'</script><img src=x>"
    ids = np.array([f"{name}{i}" for i in range(len(example.ids))])
    run = make_run(tmp_path / "run", replace(example, ids=ids))
    write_report(run)
    visit = Visit(chromium, run)
    assert visit.text("#sequence-id").startswith(name)
    assert f"First: {name}0" in visit.text("#data-checks")
    assert visit.page.title() == "run · motiflens report"
    assert visit.count("img") == 0
    assert visit.trouble == []
    visit.context.close()


def test_sequences_with_numbers_are_shown_and_filtered(chromium: Any, measured_run: Run) -> None:
    visit = Visit(chromium, measured_run)
    table = measured_run.predictions()
    table = table[(table["split"] == "test")].set_index("id")
    error = table["pred_K562"] - table["y_K562"]
    visit.page.select_option("#sequence-outcome", "high")
    shown = visit.page.eval_on_selector_all("#sequence-list .id", "all => all.map(x => x.textContent)")
    assert shown
    assert set(shown) <= set(error[error > np.sqrt((error**2).mean()) - 1e-3].index)
    row = visit.text("#sequence-list [role=option]")
    measured = float(f"{table.at[shown[0], 'y_K562']:.3g}")
    assert f"measured {measured:g}".replace("-", "\u2212") in row
    assert visit.page.eval_on_selector_all("#sequence-target option", "all => all.map(x => x.value)") == list(
        measured_run.classes
    )
    assert visit.count("#sequence-probabilities circle.bar") == 2
    assert "raise the value" in visit.text("#sequence-picture .readout")
    assert visit.trouble == []
    visit.context.close()
