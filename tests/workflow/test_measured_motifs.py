"""Motifs of numbers, from sequences and a model to entries whose figures can be recomputed from the tables."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import torch
from scipy.stats import mannwhitneyu
from torch import nn

from motiflens.errors import InputError
from motiflens.model.wrap import wrap
from motiflens.motifs.database import Database
from motiflens.motifs.scan import Hits
from motiflens.report.effects_view import effects_view
from motiflens.report.measured_evidence import measured_evidence, recompute
from motiflens.report.motif_table import motif_table
from motiflens.report.motif_view import motif_rows
from motiflens.report.wording import WORDS as SAID
from motiflens.run.schema.motifs import MotifRecord
from motiflens.sequence.alphabet import encode, reverse_complement
from motiflens.workflow.find_motifs import Found
from motiflens.workflow.measured_entry import Halves
from motiflens.workflow.measured_input import MeasuredInput, contrasts_of
from motiflens.workflow.measured_motifs import EVERYWHERE, find_measured_motifs
from motiflens.workflow.measured_places import with_places
from motiflens.workflow.placed import Placed

WORDS = ("TGACTCAT", "GGCATTCC")
EFFECTS = np.array([[1.5, 1.2], [-1.0, 1.0]])  # of each word on each number
LENGTH = 60


class Truth(nn.Module):
    """What the words add to both numbers, on either strand."""

    def __init__(self) -> None:
        super().__init__()
        letters = [one for word in WORDS for one in (encode([word])[0], reverse_complement(encode([word])[0]))]
        self.register_buffer("filters", torch.stack([torch.eye(4)[one.astype(int)].T for one in letters]))
        self.register_buffer("effects", torch.tensor(EFFECTS, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hits = (nn.functional.conv1d(x, self.filters) - 7.0).clamp(min=0).sum(2)
        return hits.reshape(len(x), 2, 2).sum(2) @ self.effects


class First(Truth):
    """What they add to the first."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x)[:, :1]


class Thousandths(Truth):
    """The same in a unit a thousand times as large."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) / 1000


@pytest.fixture(scope="module")
def data() -> MeasuredInput:
    rng = np.random.default_rng(11)
    codes = rng.integers(0, 4, (1200, LENGTH)).astype(np.uint8)
    holds = rng.random((1200, 2)) < 0.25
    for word, start, column in zip(WORDS, (5, 35), (0, 1), strict=True):
        for row in np.flatnonzero(holds[:, column]):
            at = start + int(rng.integers(12))
            letters = encode([word])[0]
            codes[row, at : at + 8] = letters if rng.random() < 0.5 else reverse_complement(letters)
    values = holds @ EFFECTS + rng.normal(size=(1200, 2))
    values[::30, 1] = np.nan
    return MeasuredInput(
        codes=codes,
        values=values,
        targets=("K562", "HepG2"),
        ids=np.array([f"s{i}" for i in range(1200)]),
        held_out=np.arange(1200) >= 1000,
        contributions={},
        contrasts=contrasts_of(("K562-HepG2",), ("K562", "HepG2")),
    )


@pytest.fixture(scope="module")
def found(data) -> Found:
    model = replace(wrap(Truth(), length=LENGTH, targets=data.targets), strands="both")
    nothing = Database(entries=(), columns=np.full((4, 1), 0.25))
    return find_measured_motifs(data, model, database=nothing, seed=0)


def of_word(record: MotifRecord, word: str):
    return next(one for one in record.motifs if one.consensus in word or reverse_complement_text(one.consensus) in word)


def reverse_complement_text(word: str) -> str:
    return word.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def test_each_motif_is_listed_once_with_its_effect_on_every_number(found):
    assert len(found.record.motifs) == 2
    for word, effects in zip(WORDS, EFFECTS, strict=True):
        entry = of_word(found.record, word)
        assert [one.target for one in entry.effects] == ["K562", "HepG2", "K562-HepG2"]
        truth = [*effects, effects[0] - effects[1]]
        for one, true in zip(entry.effects, truth, strict=True):
            assert one.given_others.low < true < one.given_others.high
            assert 0.6 < one.planted.mean / true < 1.05  # letters are drawn from the matrix: not each is the word
            assert one.low < true < one.high


def test_numbers_without_motifs_have_an_empty_list(data):
    """Noise: nothing is found, and what was tested on it stands aside."""
    noise = replace(data, values=np.random.default_rng(5).normal(size=data.values.shape), contrasts=())
    model = replace(wrap(Truth(), length=LENGTH, targets=data.targets), strands="both")
    nothing = Database(entries=(), columns=np.full((4, 1), 0.25))
    found = find_measured_motifs(noise, model, database=nothing, seed=0)
    assert not found.record.motifs
    assert not found.record.grammar
    assert len(found.measured) == len(data.values)


def test_no_status_depends_on_the_unit_of_a_number(data, found):
    """In thousandths of a unit every effect rounds to 0.00."""
    model = replace(wrap(Thousandths(), length=LENGTH, targets=data.targets), strands="both")
    nothing = Database(entries=(), columns=np.full((4, 1), 0.25))
    small = find_measured_motifs(replace(data, values=data.values / 1000), model, database=nothing, seed=0)
    assert [(m.consensus, m.status) for m in small.record.motifs] == [
        (m.consensus, m.status) for m in found.record.motifs
    ]


def test_sites_are_judged_in_the_upper_and_the_lower_half(data, found):
    """A word that raises a number: in the upper half few sites are by chance, in the lower half more are."""
    raising = next(m for m in found.record.motifs if m.direction == "for")
    hits = found.hits[found.hits["motif"] == raising.name]
    values = pd.Series(data.numbers[raising.target], index=data.ids)
    upper = hits["sequence_id"].map(values > values.median())
    lowest = [hits[side].sort_values("score")["q"].iloc[0] for side in (upper, ~upper)]
    assert lowest[0] < lowest[1]


def test_the_figures_can_be_recomputed_from_the_tables(found):
    measured, hits = (roundtrip(table) for table in (found.measured, found.hits))
    for entry in found.record.motifs:
        part = measured[measured["half"] == entry.tested_part]
        site = part["id"].isin(hits["sequence_id"][hits["motif"] == entry.name])
        for one in entry.effects:
            left = part[one.target] - part[f"{one.target} by composition"]
            inside, outside = left[site].dropna(), left[~site].dropna()
            own = one.target == entry.target
            side = ("greater" if entry.direction == "for" else "less") if own else "two-sided"
            p = mannwhitneyu(inside, outside, alternative=side, method="asymptotic").pvalue
            assert one.p == pytest.approx(p, rel=1e-6)
            assert one.effect == pytest.approx(inside.mean() - outside.mean())
            assert (one.n_with, one.n_without) == (len(inside), len(outside))


def test_the_code_on_a_card_gives_its_p(found, tmp_path, monkeypatch):
    found.measured.to_csv(tmp_path / "measured.tsv", sep="\t", index=False)
    found.hits.to_csv(tmp_path / "hits.tsv", sep="\t", index=False)
    monkeypatch.chdir(tmp_path)
    for entry in found.record.motifs:
        *steps, last = recompute(entry).split("; ")
        scope: dict[str, object] = {"pandas": pd, "scipy": scipy}
        exec("; ".join((*steps, f"p = {last}")), scope)
        assert scope["p"] == pytest.approx(entry.p, rel=1e-6)


@pytest.mark.parametrize("test", ["Fisher", "permutation"])
def test_the_code_on_the_card_of_labels_and_of_zeros_gives_its_p(data, test, tmp_path, monkeypatch):
    above = np.maximum(data.values[:, :1] - 0.5, 0.0)  # more than half are 0
    values = above if test == "permutation" else (above > 0).astype(float)
    label = replace(data, values=values, targets=("K562",), contrasts=())
    model = replace(wrap(First(), length=LENGTH, targets=("K562",)), strands="both")
    nothing = Database(entries=(), columns=np.full((4, 1), 0.25))
    found = find_measured_motifs(label, model, database=nothing, seed=0)
    found.measured.to_csv(tmp_path / "measured.tsv", sep="\t", index=False)
    found.hits.to_csv(tmp_path / "hits.tsv", sep="\t", index=False)
    monkeypatch.chdir(tmp_path)
    assert {entry.direction for entry in found.record.motifs} == {"for", "against"}
    for entry in found.record.motifs:
        assert entry.own_effect.test == test
        assert entry.counts.positives > 0
        *steps, last = recompute(entry).split("; ")
        scope: dict[str, object] = {"pandas": pd, "scipy": scipy}
        exec("; ".join((*steps, f"p = {last}")), scope)
        assert scope["p"] == pytest.approx(entry.p, rel=1e-6)


def roundtrip(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(
        io.StringIO(table.to_csv(sep="\t", index=False)), sep="\t", dtype={"id": str, "sequence_id": str}
    )


def test_the_record_survives_its_file_and_pairs_are_of_all_sequences(found):
    record = found.record
    assert MotifRecord.model_validate_json(record.model_dump_json()) == record
    assert {group.target for group in record.grammar} == {EVERYWHERE}
    assert record.grammar[0].pairs[0].sequences == 1200


def test_cards_table_and_heat_map_show_numbers(found):
    record = found.record
    for row, entry in zip(motif_rows(record, words=SAID["numbers"]), record.motifs, strict=True):
        assert row.says == ("▲ raises" if entry.direction == "for" else "▼ lowers")
        assert [one.name for one in row.evidence.measured.rows] == list(record.classes)
        assert row.group.startswith("sequences with higher" if entry.direction == "for" else "sequences with lower")
    assert measured_evidence(record.motifs[0], SAID["numbers"]).rows[0].own == (record.motifs[0].target == "K562")
    table = motif_table(record)
    assert list(table["direction"][:2]) == ["raises" if e.direction == "for" else "lowers" for e in record.motifs]
    assert table["K562:given_others"][0] == record.motifs[0].effects[0].given_others.mean
    view = effects_view(record)
    assert view.targets == list(record.classes)
    lowered = next(row for row in view.rows if row.name == of_word(record, WORDS[1]).name)
    assert [cell.raises for cell in lowered.cells] == [False, True, False]
    assert all(cell.clear for cell in lowered.cells)


def test_a_contrast_is_two_different_targets_with_a_minus():
    targets = ("K562", "HepG2", "a-b")
    one = contrasts_of(("a-b-K562",), targets)[0]
    assert (one.more, one.less) == ("a-b", "K562")
    for wrong in ("K562", "K562-K562", "K562-liver", "-K562"):
        with pytest.raises(InputError, match="contrast"):
            contrasts_of((wrong,), targets)


def test_a_place_where_sites_matter_most_is_confirmed_and_shown(found, data):
    rng = np.random.default_rng(2)
    start, fill = rng.integers(0, LENGTH - 8, 800), np.zeros(800)
    sequence = np.arange(800)
    hits = Hits(
        sequence=sequence, start=start, end=start + 8, strand=np.ones(800, np.int8), motif=np.zeros(800, np.int64),
        score=fill, p=fill, q=fill, tests=np.array([1]), unreachable=np.array([False]),
    )  # fmt: skip
    inside = np.zeros(1200, bool)
    inside[:800] = (start >= 20) & (start < 40)
    values = data.values.copy()
    values[:, 0] = 2.0 * inside + 0.5 * (np.arange(1200) < 800) + rng.normal(size=1200)
    first = rng.random(1200) < 0.5
    expected = {name: np.zeros(1200) for name in data.numbers}
    entry = of_word(found.record, WORDS[0]).model_copy(update={"target": "K562", "tested_part": "first", "place": None})
    placed = Placed(entry=entry, hits=hits, tested=first, group=0, index=0, parent=None)
    halves = Halves(first=first, unseen=data.held_out, expected=expected)
    measured = replace(data, values=values)
    (one,) = with_places([placed], measured, halves)
    place = one.entry.place
    there = first & np.isin(np.arange(1200), sequence[(start >= place.start) & (start + 8 <= place.end)])
    elsewhere = first & (np.arange(1200) < 800) & ~there
    left = values[:, 0]
    p = mannwhitneyu(left[there], left[elsewhere], alternative="greater", method="asymptotic").pvalue
    assert place.p == place.q == pytest.approx(p, rel=1e-6)
    assert (place.there.n, place.elsewhere.n) == (there.sum(), elsewhere.sum())
    assert place.difference.mean == pytest.approx(left[there].mean() - left[elsewhere].mean())
    shown = measured_evidence(one.entry, SAID["numbers"]).place
    assert shown.positions == f"{place.start + 1} to {place.end}"
    assert "in the first half" in shown.test
    record = found.record.model_copy(update={"motifs": (one.entry,), "set_aside": ()})
    assert motif_rows(record, words=SAID["numbers"])[0].place == f"most at {shown.positions}"
    assert motif_table(record)["place_start"][0] == place.start
    everywhere = replace(placed, entry=entry.model_copy(update={"position_window": (0, 40)}))
    assert with_places([everywhere], measured, halves) == [everywhere]
    flat = replace(data, values=np.column_stack((rng.normal(size=1200), values[:, 1])))
    assert with_places([placed], flat, halves)[0].entry.place is None
