"""Names against a naive Tomtom, and against what is known of real motifs."""

import csv
import gzip
from collections import defaultdict
from dataclasses import replace
from itertools import product
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from motiflens.motifs import match as match_module
from motiflens.motifs.database import Database, Entry, load_database
from motiflens.motifs.formats import read_motifs
from motiflens.motifs.match import match_motifs
from motiflens.motifs.motif import Motif
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.sequence.alphabet import encode_letters


@pytest.fixture(scope="module")
def jaspar() -> Database:
    return load_database()


def random_motif(rng: np.random.Generator, width: int, *, spread: float = 0.3) -> Motif:
    return Motif(name="query", probabilities=rng.dirichlet(np.full(4, spread), width).T)


def small_database(rng: np.random.Generator, widths: list[int]) -> Database:
    motifs = [replace(random_motif(rng, width), name=f"known_{i}") for i, width in enumerate(widths)]
    return Database(
        entries=tuple(Entry(motif=motif, collection="test") for motif in motifs),
        columns=np.concatenate([motif.probabilities for motif in motifs], axis=1),
    )


def naive_weights(columns: np.ndarray, composition: np.ndarray) -> np.ndarray:
    """The weights of maximum entropy under which columns have a composition: the minimum of their dual."""
    found = minimize(
        lambda tilt: logsumexp(tilt @ columns[:3]) - tilt @ composition[:3], np.zeros(3), method="BFGS", tol=1e-12
    )
    return softmax(found.x @ columns[:3])


class NaiveTomtom:
    """Column by column, offset by offset, in dictionaries."""

    def __init__(self, query: Motif, database: Database) -> None:
        self.query = [list(column) for column in query.probabilities.T]
        self.uninformative = (query.information() < match_module.UNINFORMATIVE).tolist()
        self.chance = [list(c) for c in database.columns.T] + [list(c[::-1]) for c in database.columns.T]
        similarities = [[self.similarity(q, c) for c in self.chance] for q in self.query]
        self.medians = [float(np.median(row)) for row in similarities]
        shifted = [s - m for row, m in zip(similarities, self.medians, strict=True) for s in row]
        self.scale = match_module.STEPS / (max(shifted) - min(shifted))
        self.low, self.high = -(10**9), 10**9
        scores = [[self.score(i, c) for c in self.chance] for i in range(len(self.query))]
        self.low, self.high = min(map(min, scores)), max(map(max, scores))
        share = match_module.OWN_COMPOSITION
        own = query.probabilities[:, ~np.array(self.uninformative)].mean(axis=1)
        chance = np.array(self.chance).T
        weights = naive_weights(chance, (1 - share) * chance.mean(axis=1) + share * own)
        self.chances = []
        for row in scores:
            mass: dict[int, float] = defaultdict(float)
            for score, weight in zip(row, weights, strict=True):
                mass[score] += weight
            self.chances.append(mass)

    @staticmethod
    def similarity(a: list[float], b: list[float]) -> float:
        return -max(sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True))), match_module.TOLERANCE)

    @staticmethod
    def says_nothing(column: list[float]) -> bool:
        return 2 + sum(p * np.log2(p) for p in column if p > 0) < match_module.UNINFORMATIVE

    def score(self, i: int, column: list[float]) -> int:
        if self.uninformative[i]:
            return 0
        score = round((self.similarity(self.query[i], column) - self.medians[i]) * self.scale)
        return min(max(min(score, 0) if self.says_nothing(column) else score, self.low), self.high)

    def overlaps(self, width: int) -> list[tuple[int, range]]:
        w = len(self.query)
        return [(offset, range(max(0, offset), min(w, offset + width))) for offset in range(1 - width, w)]

    def best(self, target: Motif) -> tuple[int, set[tuple[int, str]]]:
        """The best score and every (offset, strand) that has it."""
        placed = defaultdict(set)
        for strand, motif in (("+", target), ("-", target.reverse_complement())):
            columns = [list(column) for column in motif.probabilities.T]
            for offset, aligned in self.overlaps(motif.width):
                placed[sum(self.score(i, columns[i - offset]) for i in aligned)].add((offset, strand))
        return max(placed), placed[max(placed)]

    def p_value(self, score: int, width: int) -> float:
        below = 1.0
        for _, aligned in self.overlaps(width):
            sums = {0: 1.0}
            for i in aligned:
                longer: dict[int, float] = defaultdict(float)
                for (total, chance), (step, share) in product(sums.items(), self.chances[i].items()):
                    longer[total + step] += chance * share
                sums = longer
            below *= sum(chance for total, chance in sums.items() if total < score)
        return 1 - below**2


@pytest.mark.parametrize("seed", range(6))
def test_matches_are_those_of_a_naive_tomtom(seed: int) -> None:
    rng = np.random.default_rng(seed)
    database = small_database(rng, [3, 5, 9, 1, 7, 12])
    query = random_motif(rng, int(rng.integers(5, 9)), spread=0.05)
    query.probabilities[:, 1] = [0.3, 0.25, 0.2, 0.25]  # a silent column
    naive = NaiveTomtom(query, database)
    matches = {match.name: match for match in match_motifs([query], database, top=6)[0]}
    assert len(matches) == 6
    p = []
    for entry in database.entries:
        score, places = naive.best(entry.motif)
        mine = matches[entry.motif.name]
        p.append(naive.p_value(score, entry.motif.width))
        assert mine.p == pytest.approx(p[-1], rel=1e-4, abs=1e-12)
        assert (mine.offset, mine.strand) in places
    q = benjamini_hochberg(np.array(p))
    assert [matches[f"known_{i}"].q for i in range(6)] == pytest.approx(q.tolist(), rel=1e-4)
    ranked = list(matches.values())
    assert [match.p for match in ranked] == sorted(match.p for match in ranked)


def test_offset_strand_and_overlap_lay_the_known_motif_under_the_query(jaspar: Database) -> None:
    rest = next(entry.motif for entry in jaspar.entries if entry.motif.name == "REST")
    for reverse, begin, end in product((False, True), (0, 3), (0, -4)):
        shown = rest.reverse_complement() if reverse else rest
        flank = np.full((4, 2), 0.25)
        part = shown.probabilities[:, begin : end or None]
        query = Motif(name="q", probabilities=np.concatenate((flank, part), axis=1))
        match = match_motifs([query], jaspar, top=1)[0][0]
        assert (match.name, match.strand) == ("REST", "-" if reverse else "+")
        assert match.offset == 2 - begin
        assert match.overlap == part.shape[1] + min(begin, 2)
        np.testing.assert_array_equal(match.probabilities, shown.probabilities)


def noisy(motif: Motif, rng: np.random.Generator) -> Motif:
    """As counted from 100 sites, without its outer columns, on either strand."""
    counts = np.stack([rng.multinomial(100, column / column.sum()) for column in motif.probabilities[:, 1:-1].T]).T
    counts = counts[::-1, ::-1] if rng.random() < 0.5 else counts
    return Motif(name=motif.name, probabilities=counts / 100)


def test_noisy_trimmed_and_reversed_motifs_find_themselves(jaspar: Database) -> None:
    rng = np.random.default_rng(7)
    names = ["CTCF", "REST", "TP53", "USF1", "GATA1::TAL1", "MEF2C", "ESR1", "SRF"]
    chosen = [next(entry.motif for entry in jaspar.entries if entry.motif.name == name) for name in names]
    found = match_motifs([noisy(motif, rng) for motif in chosen], jaspar, top=1)
    assert [matches[0].accession for matches in found] == [motif.accession for motif in chosen]
    assert {matches[0].strand for matches in found} == {"+", "-"}
    assert max(matches[0].q for matches in found) < 0.01


def test_another_collection_of_human_motifs_gets_the_same_families(jaspar: Database, shared: Path) -> None:
    human = {motif.name.split("_")[0]: motif for motif in read_motifs(shared / "data/motifs/HOCOMOCOv11_HUMAN.pfm.gz")}
    expected = {
        "ELK1": "ETS",
        "GABPA": "ETS",
        "GATA1": "GATA",
        "USF1": "bHLH-ZIP",
        "FOXA1": "FOX",
        "SP1": "SP/KLF",
        "REST": "REST",
        "TBP": "TATA-Box",
    }
    found = match_motifs([human[name] for name in expected], jaspar)
    for family, matches in zip(expected.values(), found, strict=True):
        assert family in {match.family for match in matches} | {match.name for match in matches}
    assert all(matches[0].q < 0.01 for matches in found)


def test_splice_sites_are_named(jaspar: Database, shared: Path) -> None:
    with gzip.open(shared / "data/splice-uci/splice.csv.gz", "rt") as file:
        rows = [(row["class"], encode_letters(row["sequence"].strip())) for row in csv.DictReader(file)]

    def counted(label: str, columns: slice) -> Motif:
        codes = np.stack([codes[columns] for name, codes in rows if name == label])
        counts = np.stack([(codes == base).sum(0) for base in range(4)])
        return Motif(name=label, probabilities=counts / counts.sum(0))

    donor, acceptor = counted("EI", slice(27, 36)), counted("IE", slice(15, 31))
    assert (donor.consensus, acceptor.consensus[-5:]) == ("MAGGTRAGT", "NCAGR")
    (first, *_), (second, *_) = match_motifs([donor, acceptor], jaspar)
    assert (first.name, first.accession, first.strand, first.offset) == ("splice donor", "SD0001.1", "+", 0)
    assert (second.name, second.strand, second.offset) == ("splice acceptor", "+", -2)
    assert first.q < 0.01
    assert second.q < 1e-9


def test_p_values_of_columns_drawn_at_random_are_uniform_or_above() -> None:
    rng = np.random.default_rng(11)
    database = small_database(rng, [int(width) for width in rng.integers(5, 14, 200)])
    drawn = [database.columns[:, rng.integers(0, database.columns.shape[1], width)] for width in (4, 6, 8, 11, 15) * 6]
    found = match_motifs([Motif(name="q", probabilities=columns) for columns in drawn], database, top=200)
    p = np.array([match.p for matches in found for match in matches])
    assert len(p) > 4000
    assert ((p >= 0) & (p <= 1)).all()
    assert 0.03 < (p <= 0.1).mean() < 0.12
    assert (p <= 0.01).mean() < 0.013
    assert (p <= 0.001).mean() < 0.002


@pytest.mark.parametrize("width", [4, 5, 6, 8])
def test_short_random_words_get_no_name(jaspar: Database, width: int) -> None:
    rng = np.random.default_rng(width)
    words = [Motif(name="q", probabilities=np.eye(4)[:, rng.integers(0, 4, width)] * 0.97 + 0.0075) for _ in range(12)]
    named = [matches[0].q <= 0.05 for matches in match_motifs(words, jaspar, top=1)]
    assert sum(named) <= 1


def test_motifs_of_little_information_have_no_match(jaspar: Database) -> None:
    vague = Motif(name="q", probabilities=np.tile([[0.4], [0.1], [0.1], [0.4]], 12))
    assert vague.information().sum() < match_module.MIN_BITS
    assert match_motifs([vague], jaspar) == [[]]


def element(name: str, consensus: str) -> Entry:
    return Entry(motif=Motif.from_consensus(consensus, name=name), collection="mine", element=True)


def test_elements_are_corrected_for_their_own_number_and_come_before_factors_as_similar(jaspar: Database) -> None:
    factors = [entry for entry in jaspar.entries if not entry.element]
    mixed = replace(jaspar, entries=(*factors, element("box", "TATAAAAG"), element("other", "GGGCGGGG")))
    query = Motif.from_consensus("TATAAAA", name="q")
    matches = match_motifs([query], mixed)[0]
    assert matches[0].name == "box"
    assert matches[0].q == pytest.approx(match_module.ELEMENT_TESTS * 2 * matches[0].p)
    assert all(match.q > 10 * matches[0].q for match in matches[1:])
    plain = replace(mixed.entries[-2], element=False)
    (found,) = match_motifs([query], replace(mixed, entries=(*factors, plain)), top=3000)
    assert next(match.q for match in found if match.name == "box") > 10 * matches[0].q


def test_an_element_needs_its_core_aligned(jaspar: Database) -> None:
    acceptor = replace(jaspar, entries=(element("acceptor", "YYYYYYYYNCAGG"),))
    tract, core = (Motif.from_consensus(word) for word in ("YYYYYYYY", "YYNCAG"))
    assert match_motifs([tract], acceptor) == [[]]
    assert match_motifs([core], acceptor)[0][0].q < 0.01
