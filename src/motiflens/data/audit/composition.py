"""Shortcuts that separate the classes without motifs: length, N, GC, dinucleotides, fixed positions, shuffles."""

from typing import Any

import numpy as np
from jaxtyping import Float64, Shaped
from scipy.stats import rankdata

from motiflens.data.audit.finding import Finding, about
from motiflens.data.dataset import Dataset
from motiflens.data.negatives import SHUFFLED
from motiflens.data.shuffles import Partners, shuffle_partners, shuffles_among
from motiflens.sequence.alphabet import N, count_gc, count_valid
from motiflens.sequence.kmers import kmer_counts
from motiflens.shapes import Labels

NOTED, TELLING, LARGE = 0.6, 0.7, 0.8
"""AUROC of a single property from which it gets a note; a dinucleotide is reported; composition gets a warning."""
_POSITION = 0.1  # of the label's information, at one position
_EDGE = 3  # letters at either end, where adapters and cut sites are


def composition_findings(dataset: Dataset) -> list[Finding | None]:
    """Return the findings about length, N, composition, fixed positions and shuffles."""
    known = dataset.codes < N
    first, last = known.argmax(axis=1), dataset.length - known[:, ::-1].argmax(axis=1)
    return [
        _length(dataset, last - first),
        _ambiguous(dataset, (last - first) - known.sum(axis=1)),
        *_letters(dataset),
        _positions(dataset),
        *_shuffles(dataset),
    ]


def auroc_of_each(
    features: Shaped[np.ndarray, "n features"], labels: Labels, *, classes: int
) -> Float64[np.ndarray, " features"]:
    """Return the AUROC of each feature for the class that it separates best from the rest, in the better direction."""
    ranks = rankdata(features, axis=0)
    best = np.full(features.shape[1], 0.5)
    for label in range(classes):
        of_class = labels == label
        inside, outside = int(of_class.sum()), int((~of_class).sum())
        if inside and outside:
            area = (ranks[of_class].sum(axis=0) - inside * (inside + 1) / 2) / (inside * outside)
            best = np.maximum(best, np.maximum(area, 1 - area))
    return best


def _auroc(dataset: Dataset, values: np.ndarray) -> float:
    return float(auroc_of_each(values[:, None], dataset.labels, classes=len(dataset.classes))[0])


def _means(dataset: Dataset, values: np.ndarray, unit: str) -> str:
    each = [f"{name} {values[dataset.labels == i].mean():.4g}{unit}" for i, name in enumerate(dataset.classes)]
    return ", ".join(each)


def _length(dataset: Dataset, lengths: np.ndarray) -> Finding | None:
    auroc = _auroc(dataset, lengths)
    if auroc < NOTED:
        return None
    return Finding(
        name="length",
        severity="warning",
        text=f"the length alone tells the classes apart with AUROC {auroc:.2f} "
        f"(means: {_means(dataset, lengths, ' bp')})",
        remedy="cut all to the length of the shortest with --length",
        figures={"auroc": auroc},
    )


def _ambiguous(dataset: Dataset, unknown: np.ndarray) -> Finding | None:
    auroc = _auroc(dataset, unknown)
    if auroc < NOTED - 0.05:
        return None
    return about(
        dataset,
        unknown > 0,
        name="ambiguous_letters",
        severity="warning" if auroc >= NOTED else "note",
        text=f"the number of N alone tells the classes apart with AUROC {auroc:.2f} "
        f"(means: {_means(dataset, unknown, '')})",
        remedy="remove sequences with N, or take both classes from one source",
        figures={"auroc": auroc},
    )


def _letters(dataset: Dataset) -> list[Finding | None]:
    """Return findings about GC content, and about a dinucleotide that separates better than GC."""
    counts = kmer_counts(dataset.codes, [2], canonical=False)
    pairs = counts.matrix.toarray()
    pairs /= np.maximum(pairs.sum(axis=1, keepdims=True), 1)
    gc = 100.0 * count_gc(dataset.codes) / np.maximum(count_valid(dataset.codes), 1)
    aurocs = auroc_of_each(np.column_stack([gc, pairs]), dataset.labels, classes=len(dataset.classes))
    best = int(aurocs[1:].argmax())
    of_gc, of_pair = float(aurocs[0]), float(aurocs[1 + best])
    findings: list[Finding | None] = []
    if of_gc >= NOTED:
        means = _means(dataset, gc, " %")
        remedy = "match the negatives' GC (--bed with --negatives matched), unless the difference is what you look for"
        findings.append(_composition("gc_content", "GC content", of_gc, means=means, remedy=remedy))
    if of_pair >= TELLING and of_pair > of_gc + 0.05:
        means = _means(dataset, 100 * pairs[:, best], " %")
        name = f"the dinucleotide {counts.names[best]}"
        findings.append(_composition("dinucleotides", name, of_pair, means=means))
    return findings


def _composition(name: str, what: str, auroc: float, *, means: str, remedy: str = "") -> Finding:
    return Finding(
        name=name,
        severity="warning" if auroc >= LARGE else "note",
        text=f"{what} alone tells the classes apart with AUROC {auroc:.2f} (means: {means})",
        remedy=remedy,
        figures={"auroc": auroc},
    )


def information(dataset: Dataset) -> Float64[np.ndarray, " length"]:
    """Return the mutual information of label and letter at each position, as a fraction of the label's entropy."""
    n, classes = len(dataset), len(dataset.classes)
    of_class = [dataset.codes[dataset.labels == label] for label in range(classes)]
    counts = [[(codes == letter).sum(axis=0) for letter in range(5)] for codes in of_class]
    joint = np.moveaxis(np.array(counts), -1, 0) / n  # (length, classes, letters)
    total = _entropy(joint.sum(axis=2))
    gained = total + _entropy(joint.sum(axis=1)) - _entropy(joint.reshape(len(joint), -1))
    return gained / np.maximum(total, 1e-12)


def _entropy(p: np.ndarray) -> Any:
    return -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)


def _positions(dataset: Dataset) -> Finding | None:
    share = information(dataset)
    # A chance excess of G = 2 n MI has a mean of 4 (classes - 1): small data must clear more.
    chance = 2 * (len(dataset.classes) - 1) / (len(dataset) * max(_label_entropy(dataset), 1e-12))
    telling = np.flatnonzero(share >= max(_POSITION, 10 * chance))
    if not len(telling):
        return None
    best = int(share.argmax())
    at_edge = int(((telling < _EDGE) | (telling >= dataset.length - _EDGE)).sum())
    where = ", ".join(map(str, telling[:6].tolist())) + (", ..." if len(telling) > 6 else "")
    warn = bool(at_edge or share[best] > 0.9)
    return Finding(
        name="fixed_positions",
        severity="warning" if warn else "note",
        text=f"the base at {len(telling)} fixed positions (0-based: {where}) predicts the label: position "
        f"{best} alone gives {share[best]:.0%} of its information",
        remedy="at the ends of sequences this is mostly an adapter or a cut site: trim it"
        if warn
        else "on aligned data, such as splice sites and promoters, this is the signal; elsewhere look at it",
        figures={"position": float(best), "information": float(share[best])},
    )


def _label_entropy(dataset: Dataset) -> float:
    shares = np.bincount(dataset.labels, minlength=len(dataset.classes)) / max(len(dataset), 1)
    return float(_entropy(shares))


def _shuffles(dataset: Dataset) -> list[Finding | None]:
    """Return findings about classes that are shuffles of another class."""
    return [_shuffled(dataset, partners) for partners in shuffle_partners(dataset)]


def _shuffled(dataset: Dataset, partners: Partners) -> Finding:
    a, b = (dataset.classes[label] for label in partners.classes)
    shuffles = shuffles_among(dataset, partners)
    named = f", or name the class of shuffles {SHUFFLED}, and what tells any DNA from them is set aside"
    concerned = np.zeros(len(dataset), bool)
    concerned[partners.rows] = True
    which = "one class is shuffles of the other" if shuffles is None else f"{shuffles} is shuffles of the other"
    return about(
        dataset,
        concerned,
        name="shuffled_sequences",
        severity="warning",
        text=f"{concerned.sum():,} of the sequences in {a} have the same {partners.kind} counts as one in {b}: "
        f"{which}, which is easier to tell from real DNA than other genomic DNA is",
        remedy="take genomic negatives (--bed with --negatives matched)"
        f"{named if shuffles is None else ''}; doubt high scores",
    )
