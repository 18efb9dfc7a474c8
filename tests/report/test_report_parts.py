"""The parts behind the page: numbers in words, the examples chosen, the arrays packed."""

import base64

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.report.motif_view import motif_rows, motif_table
from motiflens.report.payload import choose_examples, payload, sites
from motiflens.report.text import count, duration, interval, number, p_value, percent, shorten, typeset
from motiflens.report.view import date
from motiflens.run.folder import Run
from motiflens.run.schema.motifs import Enrichment, KnownMatch, MotifEntry, PositionCounts


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
        np.testing.assert_allclose(weights[i] * step[:, None], rows.attention[of_id[0]], atol=0.51 * step.max())
    assert at == len(values) == len(units)


def test_sites_are_the_best_hits_with_their_letters(splice_run: Run) -> None:
    hits, rows = splice_run.hits(), splice_run.attributions()
    tables = payload(splice_run, splice_run.motifs()).sites
    for entry, table in zip(splice_run.motifs().motifs, tables, strict=True):
        of_motif = hits[hits["motif"] == entry.name]
        assert table.total == len(of_motif) == len(table.id)
        assert table.score == sorted(table.score, reverse=True)
        for name, start, end, letters in zip(table.id, table.start, table.end, table.letters, strict=True):
            codes = rows.codes[np.flatnonzero(rows.ids == name)[0], start:end]
            assert letters == "".join("ACGTN"[code] for code in codes)


def test_a_motif_of_the_other_strand_is_lettered_along_it(splice_run: Run) -> None:
    hits = splice_run.hits().head(1).assign(strand="-")
    rows = splice_run.attributions()
    (table,) = sites(hits, [hits["motif"].iloc[0]], rows)
    codes = rows.codes[np.flatnonzero(rows.ids == table.id[0])[0], table.start[0] : table.end[0]]
    assert table.letters == ["".join("TGCAN"[code] for code in codes[::-1])]


TESTED = Enrichment(positives_with=30, positives=60, negatives_with=5, negatives=100, p=0, q=0.2)


def motif_entry(**changes: object) -> MotifEntry:
    entry = {
        "name": "m",
        "consensus": "A",
        "target": "x",
        "direction": "for",
        "probabilities": [[1], [0], [0], [0]],
        "contributions": None,
        "sites": 30,
        "seqlets": 0,
        "contribution_fraction": 0.0,
        "sources": ["contributions"],
        "enrichment": TESTED,
        "tested_on": "held-out halves",
        "replicated_in": 2,
        "position_window": None,
        "positions": PositionCounts(start=0, bin=1, counts=(), others=()),
        "per_sequence": {},
    }
    return MotifEntry.model_validate(entry | changes)


def match(name: str, q: float) -> KnownMatch:
    given = {"accession": f"MA_{name}", "collection": "CORE", "p": q, "offset": 0, "strand": "+", "overlap": 1}
    return KnownMatch.model_validate(given | {"name": name, "q": q, "probabilities": [[1], [0], [0], [0]]})


def test_enrichment_is_shown_as_it_is() -> None:
    (row,) = motif_rows([motif_entry()], ["x", "y", "z"])
    assert [(rate.share, rate.counts) for rate in row.rates] == [("50 %", "30 of 60"), ("5.0 %", "5 of 100")]
    assert (row.group, row.others, row.fold, row.q) == ("x", "the others", "10.0 ×", "0.20")
    nowhere = TESTED.model_copy(update={"negatives_with": 0})
    assert motif_rows([motif_entry(enrichment=nowhere)], ["x"])[0].fold == "found nowhere else"


def test_a_motif_against_a_class_is_frequent_in_the_others() -> None:
    (row,) = motif_rows([motif_entry(direction="against")], ["x", "y"])
    assert [rate.share for rate in row.rates] == ["5.0 %", "50 %"]
    assert (row.group, row.others, row.fold) == ("y", "y", "10.0 ×")


def test_only_significant_matches_are_called_similar() -> None:
    matches = (match("near", 0.01), match("far", 0.9))
    (row,) = motif_rows([motif_entry(matches=matches)], ["x", "y"])
    assert [shown.name for shown in row.matches] == ["near"]
    assert "far" not in row.text
    (row,) = motif_rows([motif_entry(matches=matches[1:])], ["x", "y"])
    assert row.matches == []
    assert row.nearest is not None
    assert row.nearest.name == "far"


def test_a_motif_without_contributions_is_marked() -> None:
    assert motif_rows([motif_entry(sources=["kmers"])], ["x", "y"])[0].kmers_only
    assert not motif_rows([motif_entry(sources=["kmers", "contributions"])], ["x", "y"])[0].kmers_only


def test_the_motif_table_is_a_file_too(splice_run: Run) -> None:
    table = pd.read_csv(splice_run.path / "motifs.tsv", sep="\t", keep_default_na=False)
    record = splice_run.motifs()
    assert table["motif"].tolist() == [entry.name for entry in record.motifs]
    assert table["known_as"].tolist() == ["SD0001", "SA0001"]
    first = record.motifs[0].enrichment
    assert table.loc[0, "in_class":"other_sequences"].tolist() == [
        first.positives_with, first.positives, first.negatives_with, first.negatives
    ]  # fmt: skip
    turned = record.motifs[0].model_copy(update={"direction": "against"})
    (row,) = motif_table(record.model_copy(update={"motifs": (turned,)})).to_dict("records")
    assert (row["direction"], row["in_class"], row["in_others"]) == (
        "opposes", first.negatives_with, first.positives_with
    )  # fmt: skip
