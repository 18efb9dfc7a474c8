import numpy as np
import pytest

from motiflens.discovery.labelled import label_sequences
from motiflens.discovery.prefilter import core_enrichment
from motiflens.motifs.database import load_database
from motiflens.motifs.motif import Motif
from motiflens.motifs.scores import integer_scores


def planted(motif: Motif, *, seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (600, 80)).astype(np.uint8)
    positive = np.arange(600) < 300
    for row in np.flatnonzero(positive & (rng.random(600) < share)):
        at = rng.integers(0, 80 - motif.width)
        site = (rng.random(motif.width) > motif.probabilities.cumsum(0)).sum(0).clip(0, 3)
        codes[row, at : at + motif.width] = site if rng.random() < 0.5 else 3 - site[::-1]
    return codes, positive


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_z_is_that_of_a_count_kmer_by_kmer(strands):
    motif = next(e.motif for e in load_database(taxa=("vertebrates",)).entries if e.motif.width == 12)
    codes, positive = planted(motif, seed=1, share=0.3)
    data = label_sequences(codes[::5, :40], positive[::5], strands=strands)
    residual, variance = data.positive - data.expected, data.expected * (1 - data.expected)
    scores = integer_scores(motif.probabilities, data.background)
    information = (motif.probabilities * scores).sum(0)
    start = max(range(motif.width - 7), key=lambda i: information[i : i + 8].sum())
    core = scores[:, start : start + 8]
    highest = core.max(0).sum()
    up, spread = np.zeros(65), np.zeros(65)
    sequences = data.codes.reshape(len(data), -1)
    held: list[set[tuple[int, ...]]] = []
    for row in sequences.tolist():
        kmers = {tuple(row[i : i + 8]) for i in range(len(row) - 7)}
        held.append(kmers | {tuple(3 - x for x in kmer[::-1]) for kmer in kmers} if strands == "both" else kmers)
    for kmer in set().union(*held):
        score = sum(core[letter, j] for j, letter in enumerate(kmer))
        if score >= 0:
            place = int(score / (highest / 64))
            rows = [i for i, kmers in enumerate(held) if kmer in kmers]
            up[place] += residual[rows].sum()
            spread[place] += variance[rows].sum()
    totals, variances = up[::-1].cumsum(), 1.0 + spread[::-1].cumsum()
    expected = max(0.0, (totals / np.sqrt(variances)).max())
    assert core_enrichment([motif], data, variance_floor=1.0)[0] == pytest.approx(expected, rel=1e-3)


def test_the_planted_motif_comes_out_near_the_top_of_a_thousand():
    motifs = [entry.motif for entry in load_database(taxa=("vertebrates",)).entries]
    for number in (10, 400):
        codes, positive = planted(motifs[number], seed=number, share=0.12)
        z = core_enrichment(motifs, label_sequences(codes, positive, strands="both"), variance_floor=1.0)
        assert (z > z[number]).sum() < 100


def test_a_motif_shorter_than_the_core_is_looked_at_too():
    columns = np.full((4, 5), 0.01)
    columns[[0, 1, 2, 3, 0], range(5)] = 0.97
    motif = Motif(name="short", probabilities=columns / columns.sum(0), sites=10)
    codes, positive = planted(motif, seed=2, share=0.5)
    flat = Motif(name="flat", probabilities=np.full((4, 6), 0.25), sites=10)
    short, none = core_enrichment(
        [motif, flat], label_sequences(codes, positive, strands="forward"), variance_floor=1.0
    )
    assert short > 5
    assert none < 3
