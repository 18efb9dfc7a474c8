"""Scanning against a window-by-window twin in plain Python."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from motiflens.errors import InputError
from motiflens.motifs import scan as scan_module
from motiflens.motifs._kernels import LANES, TILE
from motiflens.motifs.motif import UNIFORM, Motif
from motiflens.motifs.scan import Hits, best_scores, concatenate, hits_table, scan, write_bed
from motiflens.motifs.scores import integer_scores, score_distribution
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.sequence.alphabet import encode, encode_letters
from motiflens.shapes import Strands

SKEWED = np.array([0.4, 0.1, 0.2, 0.3])


def random_motif(rng: np.random.Generator, width: int, name: str = "m") -> Motif:
    return Motif(name=name, probabilities=rng.dirichlet(np.full(4, 0.3), width).T)


def random_codes(rng: np.random.Generator, length: int, n_share: float = 0.0) -> np.ndarray:
    codes = rng.integers(0, 4, length).astype(np.uint8)
    codes[rng.random(length) < n_share] = 4
    return codes


def window_scores(codes: np.ndarray, scores: np.ndarray) -> list[tuple[int, int]]:
    """(start, score) of every window without N."""
    width = scores.shape[1]
    windows = [(start, codes[start : start + width].tolist()) for start in range(len(codes) - width + 1)]
    return [(i, sum(int(scores[base, j]) for j, base in enumerate(word))) for i, word in windows if 4 not in word]


def naive_scan(
    sequences: list[np.ndarray], motif: Motif, *, strands: Strands, background: np.ndarray
) -> list[tuple[int, int, int, int, float]]:
    """(sequence, start, strand, score, p) of every window on every strand."""
    rows = []
    forward = integer_scores(motif.probabilities, background)
    for strand in (1, -1) if strands == "both" else (1,):
        matrix = np.ascontiguousarray(forward[::strand, ::strand])
        distribution = score_distribution(matrix, background)
        for index, codes in enumerate(sequences):
            for start, score in window_scores(codes, matrix):
                rows.append((index, start, strand, score, distribution.p_values(np.array([score]))[0]))
    return rows


def rows_of(hits: Hits) -> set[tuple]:
    score = np.rint(hits.score * 100).astype(int)
    return set(zip(hits.motif, hits.sequence, hits.start, hits.strand, score, hits.p, strict=True))


def expected_rows(sequences: list, motifs: list[Motif], p: float, **options: object) -> set[tuple]:
    return {
        (index, *row)
        for index, motif in enumerate(motifs)
        for row in naive_scan(sequences, motif, **options)
        if row[-1] <= p
    }


@given(
    st.integers(0, 10**6),
    st.lists(st.integers(0, 90), min_size=1, max_size=5),
    st.lists(st.integers(1, 17), min_size=1, max_size=3),
    st.sampled_from([1e-4, 1e-2, 0.3, 1.0]),
    st.sampled_from(["both", "forward"]),
    st.sampled_from([UNIFORM, SKEWED]),
)
@settings(deadline=None, max_examples=80)
def test_hits_are_those_of_the_naive_twin(
    seed: int, lengths: list[int], widths: list[int], p: float, strands: Strands, background: np.ndarray
) -> None:
    rng = np.random.default_rng(seed)
    sequences = [random_codes(rng, length, n_share=rng.choice([0, 0.05])) for length in lengths]
    motifs = [random_motif(rng, width) for width in widths]
    hits = scan(sequences, motifs, strands=strands, p_threshold=p, background=background)
    assert rows_of(hits) == expected_rows(sequences, motifs, p, strands=strands, background=background)
    assert len(rows_of(hits)) == len(hits)
    order = np.lexsort((-hits.strand, hits.start, hits.sequence, hits.motif))
    np.testing.assert_array_equal(order, np.arange(len(hits)))
    np.testing.assert_array_equal(hits.end - hits.start, np.array(widths)[hits.motif])
    for index, motif in enumerate(motifs):
        assert hits.tests[index] == len(naive_scan(sequences, motif, strands=strands, background=background))


def vectorised_hits(codes: np.ndarray, motif: Motif, p: float) -> set[tuple]:
    forward = integer_scores(motif.probabilities, UNIFORM)
    rows = set()
    for strand in (1, -1):
        matrix = np.ascontiguousarray(
            np.vstack((forward[::strand, ::strand], np.full(motif.width, -(10**7), np.int32)))
        )
        totals = sum(matrix[codes[j : len(codes) - motif.width + 1 + j], j].astype(int) for j in range(motif.width))
        for start in np.flatnonzero(totals >= score_distribution(matrix[:4], UNIFORM).threshold(p)):
            rows.add((start, strand, totals[start]))
    return rows


def test_nothing_is_lost_where_tiles_and_threads_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    codes = random_codes(rng, 6 * TILE + 77)
    codes[TILE - 30 : TILE + 30] = 4
    codes[2 * TILE - 9 : 4 * TILE + 9] = 4  # whole tiles of N
    motifs = [random_motif(rng, width) for width in (5, 12, 31)]
    monkeypatch.setattr(scan_module, "_WINDOWS_A_TASK", 2 * TILE)
    hits = scan([codes], motifs, p_threshold=2e-3, background=UNIFORM)
    scores = np.rint(hits.score * 100).astype(int)
    for index, motif in enumerate(motifs):
        mine = hits.motif == index
        found = set(zip(hits.start[mine], hits.strand[mine], scores[mine], strict=True))
        assert found == vectorised_hits(codes, motif, 2e-3)
        assert len(found) > 50


def test_runs_of_n_cost_no_hits_and_make_none() -> None:
    motif = Motif(name="poly-A", probabilities=np.eye(4)[:, [0] * 8])
    codes = encode(["N" * 30 + "A" * 8 + "N" * 30, "A" * 7 + "N" + "A" * 7 + "N" * 53, "N" * 68])
    hits = scan(codes, [motif], background=UNIFORM)
    assert [(*row,) for row in zip(hits.sequence, hits.start, hits.end, hits.strand, strict=True)] == [(0, 30, 38, 1)]
    assert hits.tests.tolist() == [2]


def test_an_array_a_single_sequence_and_a_list_are_the_same_input() -> None:
    rng = np.random.default_rng(12)
    motif = random_motif(rng, 6)
    codes = random_codes(rng, 600)

    def found(sequences: object) -> set[tuple]:
        return rows_of(scan(sequences, [motif], p_threshold=0.01, background=SKEWED))

    assert found(codes) == found([codes]) == found(codes[None])
    assert (
        found(codes.reshape(6, 100)) == found(list(codes.reshape(6, 100))) == found(concatenate(codes.reshape(6, 100)))
    )
    assert len(found(codes)) >= len(found(codes.reshape(6, 100))) > 3


def test_no_window_spans_two_sequences() -> None:
    motif = Motif(name="m", probabilities=np.eye(4)[:, [0, 1, 2, 3, 0, 1, 2, 3]])
    halves = [encode_letters("ACGT"), encode_letters("ACGT")]
    # The word is its own reverse complement, so it is found on both strands.
    assert len(scan([np.concatenate(halves)], [motif], background=UNIFORM)) == 2
    assert len(scan(halves, [motif], background=UNIFORM)) == 0


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_q_values_are_benjamini_hochberg_over_all_windows(strands: Strands) -> None:
    rng = np.random.default_rng(8)
    sequences = [random_codes(rng, length, 0.01) for length in (900, 300, 11)]
    motifs = [random_motif(rng, 6), random_motif(rng, 9)]
    everything = scan(sequences, motifs, strands=strands, p_threshold=1.0)
    best = scan(sequences, motifs, strands=strands, p_threshold=0.01)
    for index in range(2):
        mine = everything.motif == index
        np.testing.assert_allclose(everything.q[mine], false_discovery_control(everything.p[mine]))
        kept = everything.take(mine & (everything.p <= 0.01))
        few = best.take(best.motif == index)
        assert (few.q >= kept.q - 1e-12).all()
        assert few.q.min() == pytest.approx(kept.q.min())


def test_benjamini_hochberg_of_nothing() -> None:
    assert benjamini_hochberg(np.empty(0), tests=10).shape == (0,)


def test_a_threshold_each_and_motifs_that_cannot_reach_theirs() -> None:
    rng = np.random.default_rng(2)
    tata = Motif(name="TATAAA", probabilities=np.eye(4)[:, [3, 0, 3, 0, 0, 0]])
    codes = random_codes(rng, 5000).reshape(10, 500)
    codes[:, 100:106] = encode_letters("TATAAA")
    strict = scan(codes, [tata, tata], background=UNIFORM)
    assert len(strict) == 0
    assert strict.unreachable.all()
    hits = scan(codes, [tata, tata], p_threshold=[0.25**6, 1e-4], background=UNIFORM)
    assert hits.unreachable.tolist() == [False, True]
    assert set(hits.motif) == {0}
    assert (hits.start == 100).sum() == 10


@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from(["both", "forward"]))
@settings(deadline=None, max_examples=40)
def test_best_scores_are_those_of_the_naive_twin(seed: int, width: int, strands: Strands) -> None:
    rng = np.random.default_rng(seed)
    sequences = [random_codes(rng, length, n_share=0.05) for length in rng.integers(0, 60, 6)]
    motif = random_motif(rng, width)
    best = best_scores(sequences, motif, strands=strands, background=SKEWED)
    rows = naive_scan(sequences, motif, strands=strands, background=SKEWED)
    for index in range(len(sequences)):
        mine = [(-score, -strand, start) for i, start, strand, score, _ in rows if i == index]
        score, strand, start = min(mine, default=(np.inf, -1, -1))
        assert (best.score[index], best.strand[index], best.start[index]) == (
            pytest.approx(-score / 100),
            -strand,
            start,
        )


def test_table_and_bed(tmp_path: Path) -> None:
    motif = Motif(name="GC-box", probabilities=np.eye(4)[:, [2, 2, 2, 1, 2, 2]])
    codes = encode(["A" * 20, "AAGGGCGGAACCGCCCAAAA"])
    table = hits_table(scan(codes, [motif], p_threshold=1e-3, background=UNIFORM), ["one", "two"], [motif])
    assert list(table) == ["sequence_id", "start", "end", "strand", "motif", "score", "p", "q"]
    assert table.iloc[:, :5].to_numpy().tolist() == [["two", 2, 8, "+", "GC-box"], ["two", 10, 16, "-", "GC-box"]]
    assert table["p"].tolist() == pytest.approx([0.25**6] * 2)
    assert table["q"].tolist() == pytest.approx([0.25**6 * 60 / 2] * 2)
    write_bed(table, tmp_path / "hits.bed")
    assert (tmp_path / "hits.bed").read_text() == "two\t2\t8\tGC-box\t36\t+\ntwo\t10\t16\tGC-box\t36\t-\n"


def test_bad_input_is_named() -> None:
    motif = random_motif(np.random.default_rng(0), 4)
    with pytest.raises(InputError, match=r"sequence 2 has code 255 at column 3"):
        scan([np.zeros(5, np.uint8), np.array([0, 1, 255], np.uint8)], [motif])
    with pytest.raises(InputError, match="no motifs"):
        scan([np.zeros(5, np.uint8)], [])
    with pytest.raises(InputError, match="'void' has no columns"):
        best_scores([np.zeros(5, np.uint8)], Motif(name="void", probabilities=np.empty((4, 0))))


@pytest.mark.skipif(LANES == 16, reason="this processor has the 16-byte shuffles in use already")
def test_narrow_shuffles_find_the_same() -> None:
    script = """
import numpy as np, sys
from motiflens.motifs import _kernels, motif, scan, scores
rng = np.random.default_rng(4)
motifs = [motif.Motif(name="m", probabilities=rng.dirichlet(np.full(4, 0.3), width).T) for width in (4, 9, 16)]
hits = scan.scan([rng.integers(0, 4, 20_000).astype(np.uint8)], motifs, p_threshold=3e-3)
print(_kernels.LANES, len(hits), int(hits.start.sum()), int(hits.strand.sum()), hits.score.sum().round(2))
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], env=os.environ | extra, capture_output=True, text=True, check=True
        )
        for extra in ({}, {"NUMBA_CPU_NAME": "generic"})
    ]
    (wide, *found), (narrow, *same) = (run.stdout.split() for run in runs)
    assert (wide, narrow) == ("64", "16")
    assert found == same
