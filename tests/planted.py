"""Small labelled data with motifs planted in them, in memory and on disk, and a quick recipe; holds no tests."""

from pathlib import Path

import numpy as np

from motiflens.data.dataset import Dataset
from motiflens.sequence.alphabet import decode, encode, reverse_complement

MOTIFS = ("TGACTCA", "CCGGAAG", "GATAAGA")

#: As --config: an additive model that trains in a second, without pilots.
QUICK_TOML = """
[fit]
strands = "both"

[fit.network]
widths = [7]
filters = 8
position_weights = "none"
kmer = 4

[fit.training]
epochs = 4
learning_rate = 0.02
sparsity = 0.2
"""


def planted(n: int = 300, length: int = 40, *, classes: int = 2, seed: int = 0, both: bool = False) -> Dataset:
    """Random sequences; every class but the first carries its motif in seven of eight records."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, length)).astype(np.uint8)
    labels = np.arange(n) % classes
    for row in range(n):
        if labels[row] and rng.random() < 7 / 8:
            site = encode([MOTIFS[labels[row] - 1]])[0]
            start = rng.integers(length - len(site) + 1)
            turned = both and rng.random() < 0.5
            codes[row, start : start + len(site)] = reverse_complement(site) if turned else site
    names = ("background", "AP1", "ETS", "GATA")[:classes]
    return Dataset(codes=codes, labels=labels, classes=names, ids=np.array([f"s{i}" for i in range(n)]))


def write_classes(folder: Path, dataset: Dataset) -> list[str]:
    """A FASTA file a class; the CLASS=FILE arguments, of two classes the positive first."""
    arguments = []
    for number, name in enumerate(dataset.classes):
        rows = np.flatnonzero(dataset.labels == number)
        path = folder / f"{name}.fa"
        path.write_text("".join(f">{dataset.ids[i]}\n{decode(dataset.codes[i])}\n" for i in rows))
        arguments.append(f"{name}={path}")
    return arguments[::-1] if len(arguments) == 2 else arguments
