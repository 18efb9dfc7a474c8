"""Labelled sequences with planted motifs, for the runs of make_run."""

from dataclasses import dataclass

import numpy as np

from motiflens.sequence.alphabet import encode


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A motif in every sequence of class `target`, around position `start`."""

    target: int
    start: int
    consensus: str  # lower case: half conserved; N: free


@dataclass(frozen=True, kw_only=True)
class Example:
    """Labelled sequences and where their motifs lie."""

    codes: np.ndarray
    labels: np.ndarray
    ids: np.ndarray
    classes: tuple[str, ...]
    planted: tuple[Planted, ...]


SPLICE = (
    Planted(target=0, start=27, consensus="aGGTaAGt"),
    Planted(target=1, start=14, consensus="ttttttcttttNcAGg"),
)
PROMOTER = (Planted(target=1, start=20, consensus="TATAaAa"), Planted(target=1, start=44, consensus="cCAATc"))


def simulate(
    classes: tuple[str, ...], planted: tuple[Planted, ...], *, n: int, length: int = 60, seed: int = 0
) -> Example:
    """n random sequences with the motifs of their class; about one sequence in eight lacks them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(classes), n)
    codes = rng.integers(0, 4, (n, length)).astype(np.uint8)
    for motif in planted:
        strength = np.array([0.0 if b == "N" else 0.9 if b.isupper() else 0.5 for b in motif.consensus])
        bases = encode([motif.consensus.replace("N", "A")])[0]
        window = slice(motif.start, motif.start + len(bases))
        present = (labels == motif.target) & (rng.random(n) < 0.88)
        planted_here = rng.random((n, len(bases))) < strength
        codes[:, window] = np.where(planted_here & present[:, None], bases, codes[:, window])
    codes[0, 5] = 4
    ids = np.array([f"{classes[label]}-{i:04d}" for i, label in enumerate(labels)])
    return Example(codes=codes, labels=labels, ids=ids, classes=classes, planted=planted)


def splice(n: int = 600) -> Example:
    return simulate(("EI", "IE", "N"), SPLICE, n=n)


def binary(n: int = 400) -> Example:
    return simulate(("background", "promoter"), PROMOTER, n=n)


def tiny() -> Example:
    return simulate(("no", "yes"), (Planted(target=1, start=4, consensus="TATa"),), n=60, length=14)
