"""Sequences with a planted k-mer."""

import numpy as np

from motiflens.discovery.labelled import LabelledSequences
from motiflens.motifs.scan import concatenate
from motiflens.sequence.alphabet import encode, reverse_complement

UNIFORM = np.full(4, 0.25)


def planted(kmer, *, n=300, length=80, share=0.5, at=None, oriented=False, seed=0):
    """2n random sequences, the first n positive, `share` of which hold the k-mer; and where."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (2 * n, length)).astype(np.uint8)
    site = encode([kmer])[0]
    starts = np.full(2 * n, -1)
    for i in np.flatnonzero(rng.random(n) < share):
        starts[i] = rng.integers(0, length - len(site) + 1) if at is None else at
        codes[i, starts[i] : starts[i] + len(site)] = (
            reverse_complement(site) if not oriented and rng.random() < 0.5 else site
        )
    return codes, np.arange(2 * n) < n, starts


def labelled(codes, positive, *, strands="both"):
    """Labelled sequences whose composition explains nothing."""
    joined = concatenate(codes)
    return LabelledSequences(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=positive,
        expected=np.full(len(codes), positive.mean()),
        background=UNIFORM,
        strands=strands,
    )
