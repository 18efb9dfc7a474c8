"""The parts behind the page: numbers in words, the examples chosen, the arrays packed."""

import base64
import math
import re
from collections.abc import Mapping
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.motifs.statistics import log_enrichment_tail
from motiflens.report.examples import choose_examples
from motiflens.report.logo import static_logo
from motiflens.report.motif_labels import motif_labels
from motiflens.report.motif_table import motif_table
from motiflens.report.motif_view import MotifRow, motif_rows, set_aside_groups
from motiflens.report.palette import DARK, LIGHT
from motiflens.report.payload import payload, sites
from motiflens.report.text import count, duration, interval, number, p_value, percent, shorten, typeset
from motiflens.report.view import date
from motiflens.report.wording import WORDS
from motiflens.run.folder import Run
from motiflens.run.schema.motifs import Counts, Enrichment, KnownMatch, MotifEntry, MotifRecord, PositionCounts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.2e-8, "1.2 × 10<sup>−8</sup>"),
        (9.99e-4, "1.0 × 10<sup>−3</sup>"),
        (0.0123, "0.012"),
        (0.41, "0.41"),
        (1, "1.00"),
        (0, "&lt; 10<sup>−300</sup>"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_p_values_read_well(value: float | None, text: str) -> None:
    assert p_value(value) == text


def test_numbers_read_well() -> None:
    assert [number(-0.5), number(None), number(float("inf")), number(0.98765)] == ["−0.500", "–", "–", "0.988"]
    assert [percent(61, 100), percent(4, 1000), percent(0, 9), percent(1, 0)] == ["61 %", "0.4 %", "0 %", "–"]
    assert [duration(0.84), duration(74.2), duration(750), duration(12240)] == ["0.8 s", "74 s", "12 min", "3.4 h"]
    assert interval((0.25, 0.5), 2) == "0.25 to 0.50"
    assert interval(None) == ""
    assert count(12345) == "12,345"
    assert typeset("-0.1 to 3 %, p-3 k-mer") == "−0.1 to 3\u00a0%, p-3 k-mer"
    assert date("2026-03-14T09:26:53+00:00") == "14 March 2026, 09:26 UTC"
    assert date("whenever") == "whenever"


@given(st.text(), st.integers(2, 40))
def test_a_shortened_name_fits(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= length
    assert short.isprintable()


def predictions_of(p: list[float], labels: list[bool], held_out: list[bool]) -> pd.DataFrame:
    ids = [f"s{i}" for i in range(len(p))]
    split = np.where(held_out, "test", "train")
    label = np.where(labels, "yes", "no")
    return pd.DataFrame({"split": split, "label": label, "p_no": 1 - np.array(p), "p_yes": p}, index=ids)


@settings(deadline=None)
@given(st.data(), st.integers(1, 12))
def test_examples_are_held_out_distinct_and_the_clearest_of_their_kind(data: st.DataObject, room: int) -> None:
    n = data.draw(st.integers(1, 60))
    shares = st.integers(0, 1000).map(lambda x: x / 1000)
    p, labels, held_out = (
        data.draw(st.lists(x, min_size=n, max_size=n)) for x in (shares, st.booleans(), st.booleans())
    )
    table = predictions_of(p, labels, held_out)
    chosen = choose_examples(table, ["no", "yes"], room)
    assert len(chosen) == len(set(chosen))
    pool = table[table["split"] == "test"] if any(held_out) else table
    for name in ("no", "yes"):
        of_class = pool[pool["label"] == name]
        mine = [i for i in chosen if table.at[i, "label"] == name]
        assert len(mine) == min(room, len(of_class))
        assert set(mine) <= set(of_class.index)
        wrong = of_class[of_class[f"p_{name}"] < 0.5][f"p_{name}"]
        if len(wrong) and int(0.3 * room):
            assert any(table.at[i, f"p_{name}"] == wrong.min() for i in mine)
        if len(of_class) and room > 1:
            best = of_class[f"p_{name}"].max()
            assert best < 0.5 or any(table.at[i, f"p_{name}"] == best for i in mine)


def test_packed_contributions_and_attention_come_back_to_half_a_step(splice_run: Run) -> None:
    rows = splice_run.attributions()
    packed = payload(splice_run, splice_run.motifs()).browser
    length, scales = packed.length, len(packed.scales)
    units = np.array(packed.contribution_units)
    values = np.frombuffer(base64.b64decode(packed.contributions), np.int8).reshape(-1, 4, length)
    maps = np.concatenate((rows.attention_total[:, None], rows.attention), 1)
    weights = np.frombuffer(base64.b64decode(packed.attention), np.uint8).reshape(-1, scales, length)
    assert len(packed.records) == packed.shown == len(weights)
    at = 0
    for i, record in enumerate(packed.records):
        of_id = np.flatnonzero(rows.ids == record.id)
        for target in record.targets:
            row = of_id[rows.target[of_id] == target][0]
            np.testing.assert_allclose(values[at] * units[at], rows.hypothetical[row], atol=0.51 * units[at])
            at += 1
        step = np.array(packed.attention_units).reshape(-1, scales)[i]
        np.testing.assert_allclose(weights[i] * step[:, None], maps[of_id[0]], atol=0.51 * step.max())
    assert at == len(values) == len(units)


def test_sites_are_the_best_hits_with_their_letters(splice_run: Run) -> None:
    hits, rows = splice_run.hits(), splice_run.attributions()
    tables = payload(splice_run, splice_run.motifs()).sites
    for entry, table in zip(splice_run.motifs().motifs, tables, strict=True):
        of_motif = hits[hits["motif"] == entry.name]
        assert table.total == len(of_motif) == len(table.id) == entry.total_sites
        assert table.score == sorted(table.score, reverse=True)
        known = 0
        for name, start, end, letters in zip(table.id, table.start, table.end, table.letters, strict=True):
            row = np.flatnonzero(rows.ids == name)
            codes = rows.codes[row[0], start:end] if len(row) else ()
            assert letters == "".join("ACGTN"[code] for code in codes)
            known += bool(letters)
        assert known


def test_a_motif_of_the_other_strand_is_lettered_along_it(splice_run: Run) -> None:
    rows = splice_run.attributions()
    hits = splice_run.hits()
    hits = hits[hits["sequence_id"].isin(rows.ids)].head(1).assign(strand="-")
    (table,) = sites(hits, [hits["motif"].iloc[0]], rows)
    codes = rows.codes[np.flatnonzero(rows.ids == table.id[0])[0], table.start[0] : table.end[0]]
    assert table.letters == ["".join("TGCAN"[code] for code in codes[::-1])]


COUNTS = Counts(positives_with=30, positives=60, negatives_with=5, negatives=100)
TESTED = Enrichment(positives_with=20, positives=30, negatives_with=2, negatives=50, odds=1, p=0, log10_p=-412.3, q=0.2)


def motif_entry(**changes: object) -> MotifEntry:
    entry = {
        "name": "motif_7",
        "consensus": "A",
        "target": "x",
        "direction": "for",
        "probabilities": [[1], [0], [0], [0]],
        "contributions": None,
        "cut": 3.2,
        "sites": 30,
        "total_sites": 1234,
        "strong_sites": 36,
        "seqlets": 0,
        "contribution_fraction": 0.0,
        "source": "contributions",
        "enrichment": TESTED,
        "counts": COUNTS,
        "tested_on": "held-out halves",
        "replicated": False,
        "position_window": None,
        "positions": PositionCounts(start=0, bin=1, counts=(), others=()),
        "per_sequence": {},
    }
    return MotifEntry.model_validate(entry | changes)


def row_of(classes: str = "xy", **changes: object) -> MotifRow:
    """The row of a motif in a record of its own."""
    given = {"explained_sequences": 0, "seqlets_called": 0, "seqlets_kept": 0, "clusters": 0, "note": ""}
    record = MotifRecord(
        classes=tuple(classes),
        background=(0.25, 0.25, 0.25, 0.25),
        strands="forward",
        discovery=given,
        motifs=(motif_entry(**changes),),
        set_aside=(),
        grammar=(),
    )
    return motif_rows(record, words=WORDS["classes"])[0]


def match(name: str, q: float, **more: object) -> KnownMatch:
    given = {"accession": f"MA_{name}", "collection": "CORE", "p": q, "offset": 0, "strand": "+", "overlap": 1}
    return KnownMatch.model_validate(given | {"name": name, "q": q, "probabilities": [[1], [0], [0], [0]]} | more)


def test_enrichment_is_shown_as_it_is() -> None:
    row = row_of("xyz")
    assert [(rate.share, rate.counts) for rate in row.rates] == [("50 %", "30 of 60"), ("5.0 %", "5 of 100")]
    found = row.evidence
    assert [(one.name, one.all, one.tested) for one in found.counts] == [
        ("x", "30 of 60", "20 of 30"),
        ("the others", "5 of 100", "2 of 50"),
    ]
    assert (row.group, row.others, found.fold, found.tested_fold, row.q) == (
        "x",
        "the others",
        "10.0 ×",
        "16.7 ×",
        "0.20",
    )
    assert found.p == "5.0 × 10<sup>−413</sup>"
    assert found.sites == "1,234 sites, 36 of them with q ≤ .05"
    assert "anywhere in the sequence, on the given strand, with a score of 3.20 bits or more" in found.site
    nowhere = COUNTS.model_copy(update={"negatives_with": 0})
    assert row_of(counts=nowhere).evidence.fold == "found nowhere else"


def test_a_motif_against_a_class_is_frequent_in_the_others() -> None:
    row = row_of(direction="against")
    assert [rate.share for rate in row.rates] == ["5.0 %", "50 %"]
    assert [(one.name, one.all) for one in row.evidence.counts] == [("x", "5 of 100"), ("y", "30 of 60")]
    assert (row.group, row.others, row.evidence.fold) == ("y", "y", "10.0 ×")


@pytest.mark.parametrize("odds", [1.0, 1.8294461339909642, 0.4])
def test_the_call_on_the_card_gives_p(odds: float) -> None:
    found = row_of(enrichment=TESTED.model_copy(update={"odds": odds})).evidence
    with_site, total = 22, 80
    if odds == 1:
        expected = scipy.stats.fisher_exact([[20, 10], [2, 48]], alternative="greater").pvalue
        assert "nothing" in found.composition
    else:
        expected = scipy.stats.nchypergeom_fisher(total, 30, with_site, odds).sf(19)
        assert f"{odds:.2f} times" in found.composition
    assert eval(found.recompute) == pytest.approx(expected, rel=1e-12)


def test_the_call_on_the_card_gives_the_smallest_p() -> None:
    test = {"positives_with": 275, "positives": 383, "negatives_with": 24, "negatives": 1209, "odds": 1.69}
    log_p = log_enrichment_tail(275, hits=299, positives=383, total=1592, odds=1.69)
    found = row_of(enrichment=TESTED.model_copy(update=test)).evidence
    assert eval(found.recompute) == pytest.approx(math.exp(log_p), rel=1e-6)
    assert 0 < eval(found.recompute) < 1e-140


def test_cards_recount_from_the_files_alone(splice_run: Run) -> None:
    """Counts from hits.tsv, p from the call on the card: what a reader would do."""
    hits, predictions, record = splice_run.hits(), splice_run.predictions(), splice_run.motifs()
    for entry, row in zip(record.motifs, motif_rows(record, words=WORDS["classes"]), strict=True):
        own = hits[hits["motif"] == entry.name]
        with_site = own.drop_duplicates("sequence_id")
        inside = with_site[with_site["class"] == entry.target]
        assert row.evidence.counts[0].all == f"{len(inside)} of {(predictions['label'] == entry.target).sum()}"
        tested = predictions[predictions["split"] == "test"]
        held = inside[inside["tested"] == "yes"]
        assert row.evidence.counts[0].tested == f"{len(held)} of {(tested['label'] == entry.target).sum()}"
        assert f"{(own['q'] <= 0.05).sum()} of them" in row.evidence.sites
        assert eval(row.evidence.recompute) == pytest.approx(entry.enrichment.p, rel=1e-6)


def test_only_significant_matches_are_called_similar() -> None:
    matches = (match("near", 0.01), match("far", 0.9))
    row = row_of(matches=matches)
    assert [shown.name for shown in row.matches] == ["near"]
    assert (row.label, row.title) == ("near", "near")
    assert "far" not in row.text
    row = row_of(matches=matches[1:])
    assert row.matches == []
    assert (row.label, row.title) == ("motif_7", "motif_7")
    assert row.nearest is not None
    assert row.nearest.name == "far"


def test_motifs_of_one_name_are_told_apart_and_families_are_short() -> None:
    twins = [motif_entry(name=name, matches=(match("CTCF", 0.001),)) for name in ("motif_1", "motif_2")]
    family = {"family": "ETS", "p": 1e-6}
    ets = motif_entry(name="motif_3", matches=(match("GABPA", 1e-4, **family), match("ELK4", 1e-4, **family)))
    labels = motif_labels([*twins, ets, motif_entry(name="motif_4")])
    assert list(labels.values()) == ["CTCF (motif_1)", "CTCF (motif_2)", "ETS family", "motif_4"]


def test_every_group_that_is_set_aside_has_its_heading(splice_run: Run) -> None:
    record = splice_run.motifs()
    groups = set_aside_groups(record, words=WORDS["classes"])
    assert [group.heading for group in groups] == [heading for heading, _ in WORDS["classes"].aside.values()]
    assert [row.name for group in groups for row in group.rows] == [entry.name for entry in record.set_aside]
    (echo,) = next(group for group in groups if group.heading.startswith("Echoes")).rows
    assert echo.parent == "motif_1"
    assert echo.parent_label == record.motifs[0].known_as.partition(":")[0]


def test_the_motif_table_is_a_file_too(splice_run: Run) -> None:
    table = pd.read_csv(splice_run.path / "motifs.tsv", sep="\t", keep_default_na=False)
    record = splice_run.motifs()
    assert table["motif"].tolist() == [entry.name for entry in (*record.motifs, *record.set_aside)]
    assert table["status"].tolist()[2:] == [entry.status for entry in record.set_aside]
    assert set(table["known_as"]) == {"SD0001", "SA0001", ""}
    first = record.motifs[0]
    for counts, columns in (
        (first.counts, ["in_class", "class_sequences", "in_others", "other_sequences"]),
        (first.enrichment, ["tested_in_class", "tested_class_sequences", "tested_in_others", "tested_other_sequences"]),
    ):
        assert table.loc[0, columns].tolist() == [
            counts.positives_with, counts.positives, counts.negatives_with, counts.negatives
        ]  # fmt: skip
    turned = first.model_copy(update={"direction": "against"})
    (row,) = motif_table(record.model_copy(update={"motifs": (turned,), "set_aside": ()})).to_dict("records")
    assert (row["direction"], row["in_class"], row["in_others"]) == (
        "opposes", first.counts.negatives_with, first.counts.positives_with
    )  # fmt: skip


def test_a_static_logo_is_as_tall_as_its_information() -> None:
    p = np.array([[1.0, 0.25], [0, 0.25], [0, 0.25], [0, 0.25]])
    svg = ElementTree.fromstring(static_logo(p, np.full(4, 0.25), label="a <logo>"))
    assert svg.get("aria-label") == "a <logo>"
    (path,) = [node for node in svg.iter() if "base" in node.get("class", "")]
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", path.get("d"))]
    assert max(heights) - min(heights) == pytest.approx(40, abs=0.2)  # two bits


@pytest.mark.parametrize("colours", [(LIGHT, LIGHT["surface"]), (DARK, DARK["surface"])])
def test_letters_are_told_apart_with_red_green_blindness(colours: tuple[Mapping[str, str], str]) -> None:
    """Deuteranopia by Machado et al. 2009, colour differences in CIELAB; WCAG's contrast of 3 for graphics."""
    palette, paper = colours
    simulated = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    )
    letters = [linear(palette[f"base-{base}"]) for base in "acgt"]
    seen = [lab(np.clip(simulated @ letter, 0, 1)) for letter in letters]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 30
    luminances = [letter @ LUMINANCE for letter in letters]
    white = linear(paper) @ LUMINANCE
    assert min((max(y, white) + 0.05) / (min(y, white) + 0.05) for y in luminances) >= 3


LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], LUMINANCE, [0.0193, 0.1192, 0.9505]]) @ rgb / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
