import make_run
import pytest

from motiflens.report.grammar_view import grammar
from motiflens.report.page import build_report


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run.make_run(tmp_path_factory.mktemp("grammar") / "run", make_run.binary())


def test_the_page_tells_pair_distance_and_interaction(run):
    page = build_report(run)
    section = page[page.index('<section id="grammar"') : page.index("</section>", page.index('<section id="grammar"'))]
    for words in ("17 bp", "88 pairs, 3.4 by chance", "120 of 200", "105 by chance", "more than the sum", "0.60"):
        assert words in section
    assert section.count('class="best"') == 1
    assert section.count("<tr>") == 2, "the pair that does not stand out is not listed"


def test_effects_of_a_motif_carry_interval_and_number(run):
    page = build_report(run)
    assert "Planting it in shuffled sequences" in page
    assert "+1.42" in page
    assert "logit (1.30 to 1.55, 200 sequences)" in page
    assert "−1.10" in page
    assert "150 sites" in page


def test_a_run_of_before_has_no_grammar_and_one_without_pairs_says_so(run):
    record = run.motifs()
    assert grammar({k: v for k, v in record.items() if k != "grammar"}) is None
    assert grammar(record | {"motifs": []}) is None
    alone = grammar(record | {"grammar": [{"target": "promoter", "pairs": []}]})
    assert alone is not None
    assert alone["rows"] == []
    assert alone["tried"] == "0"


def test_the_picture_shows_the_peak_wherever_it_lies(run):
    record = run.motifs()
    pair = record["grammar"][1]["pairs"][0]
    counts = [0] * 300
    counts[250] = 40
    far = pair | {"spacing": pair["spacing"] | {"gap": [250, 250], "counts": counts, "expected": [0.1] * 300}}
    told = grammar(record | {"grammar": [{"target": "promoter", "pairs": [far]}]})
    assert told is not None
    bars = told["rows"][0]["spacing"]["bars"]
    assert bars["first"] <= 250 <= bars["last"]
    assert [bar["best"] for bar in bars["bars"]] == [True]
    assert bars["bars"][0]["height"] == told["height"]
