"""Gapped k-mers against a count by hand."""

import numpy as np
import pytest
from planted_kmers import labelled, planted

from motiflens.discovery.config import GappedKmerConfig
from motiflens.discovery.gapped_kmers import drop_near_copies, enriched_gapped_kmers
from motiflens.sequence.alphabet import decode, encode


def test_kmers_are_counted_by_sequence_and_on_both_strands():
    codes, positive, _ = planted("ACGTTGCA", n=100, share=0.8)
    data = labelled(codes, positive)
    config = GappedKmerConfig(shapes=((5, (6,)),), dyads=(), max_kmers=20)
    residual, variance = positive - data.expected, np.full(len(codes), 0.25)
    found = enriched_gapped_kmers(
        data.codes, data.offsets, residual=residual, variance=variance, strands="both", config=config, workers=1
    )
    text = [decode(row) for row in codes]
    for kmer in found[:5]:
        codes_of_kmer = kmer.codes()
        pieces = [codes_of_kmer, np.where(codes_of_kmer[::-1] > 3, 4, 3 - codes_of_kmer[::-1])]
        holds = np.array([any(_holds(encode([t])[0], piece) for piece in pieces) for t in text])
        up, spread = residual[holds].sum(), variance[holds].sum()
        z = (up - 0.5) / np.sqrt(spread * (1 - spread / variance.sum()) + config.variance_floor)
        assert kmer.z == pytest.approx(z, rel=1e-3)


def _holds(row, piece):
    return any(all(c > 3 or row[p + i] == c for i, c in enumerate(piece)) for p in range(len(row) - len(piece) + 1))


def test_shifted_kmers_are_near_copies():
    codes, positive, _ = planted("ACGTTGCAAC", n=100, share=0.9)
    data = labelled(codes, positive)
    found = enriched_gapped_kmers(
        data.codes,
        data.offsets,
        residual=positive - data.expected,
        variance=np.full(len(codes), 0.25),
        strands="both",
        config=GappedKmerConfig(shapes=((6, (6,)),), dyads=()),
        workers=2,
    )
    strong = [kmer for kmer in found if kmer.z > 5]
    assert len(strong) > 3
    assert len(drop_near_copies(strong, 10, strands="both")) <= 2
