import pytest
from make_example import binary
from make_run import make_run

from motiflens.report.grammar_view import grammar_view
from motiflens.report.page import build_report
from motiflens.run.schema.motifs import ClassGrammar


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("grammar") / "run", binary())


def test_the_page_tells_pair_distance_and_interaction(run):
    page = build_report(run)
    section = page[page.index('<section id="grammar"') : page.index("</section>", page.index('<section id="grammar"'))]
    for words in (
        "17 bp",
        "88 pairs, 3.4 expected by chance",
        "120 of 200",
        "105 expected by chance",
        "more than the sum",
        "the same sites as the cards",
        "0.60",
    ):
        assert words in section
    assert section.count('class="best"') == 1
    assert section.count("<tr>") == 2, "the pair that does not stand out is not listed"


def test_effects_of_a_motif_carry_interval_and_number(run):
    page = build_report(run)
    assert "at its usual place in 200 shuffled sequences" in page
    assert "+1.42" in page
    assert "1.30 to 1.55" in page
    assert "−1.10" in page
    assert "from 150 of its sites" in page


def test_without_motifs_there_is_no_grammar_and_without_pairs_it_says_so(run):
    record = run.motifs()
    assert grammar_view(record.model_copy(update={"motifs": ()})) is None
    alone = grammar_view(record.model_copy(update={"grammar": (ClassGrammar(target="promoter", pairs=()),)}))
    assert alone is not None
    assert alone.rows == []
    assert alone.tested == "0"


def test_the_picture_shows_the_peak_wherever_it_lies(run):
    record = run.motifs()
    pair = record.grammar[1].pairs[0]
    counts = [0] * 300
    counts[250] = 40
    spacing = pair.spacing.model_copy(update={"gap": (250, 250), "counts": counts, "expected": [0.1] * 300})
    far = ClassGrammar(target="promoter", pairs=(pair.model_copy(update={"spacing": spacing}),))
    view = grammar_view(record.model_copy(update={"grammar": (far,)}))
    assert view is not None
    histogram = view.rows[0].spacing.histogram
    assert histogram.first <= 250 <= histogram.last
    assert [bar.best for bar in histogram.bars] == [True]
    assert histogram.bars[0].height == view.height
