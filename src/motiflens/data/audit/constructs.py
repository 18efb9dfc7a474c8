"""What libraries of constructs have in common: constant flanks, and elements that are there in both orientations."""

import re

import numpy as np
import pandas as pd
from jaxtyping import Int64

from motiflens.data.audit.duplicates import Duplicates
from motiflens.data.audit.finding import Finding, about
from motiflens.data.dataset import TargetDataset
from motiflens.groups.duplicates import strand_copies
from motiflens.sequence.alphabet import N, decode
from motiflens.shapes import Codes

_CONSTANT = 0.98  # share of the sequences with one letter at a place
_SHORTEST_FLANK = 4
_SHOWN = 20
_ORIENTATION = re.compile(
    r"(?i)[\s_.:|-]*(forward|reversed?|fwd|rev|fw|rv|rc|plus|minus|sense|antisense|[fr]|\(?[+-]\)?)[\s_.:|]*$"
)


def construct_findings(dataset: TargetDataset, duplicates: Duplicates) -> list[Finding | None]:
    """Return the findings about constant flanks and twins."""
    left, right = flanks(dataset.codes)
    return [_constant_flanks(dataset, left, right), _twins(dataset, duplicates, (left, right))]


def flanks(codes: Codes) -> tuple[str, str]:
    """Return the letters that almost all sequences begin with, and end with; N around a sequence is no part of it."""
    valid = codes < N
    first, last = valid.argmax(axis=1), codes.shape[1] - valid[:, ::-1].argmax(axis=1)
    left = _constant(codes, first, step=1)
    return left, _constant(codes, last - 1, step=-1)[::-1]


def twins(dataset: TargetDataset, ends: tuple[int, int]) -> Int64[np.ndarray, " n"]:
    """Return the element of each record: the two orientations of one have one number, found by sequence or by id.

    `ends` are the lengths of constant flanks, which are not turned with the element.
    """
    inner = dataset.codes[:, ends[0] : dataset.length - ends[1]]
    by_sequence = strand_copies(np.ascontiguousarray(inner))
    plain = pd.factorize(np.array([_ORIENTATION.sub("", str(name)) for name in dataset.ids], dtype=object))[0]
    sizes = np.bincount(plain)
    # A suffix that is not on pairs is no orientation: element_r, or a number that ends in a strand.
    return plain.astype(np.int64) if (sizes == 2).sum() > 0 and sizes.max() == 2 else by_sequence


def _constant(codes: Codes, place: Int64[np.ndarray, " n"], *, step: int) -> str:
    letters = []
    rows = np.arange(len(codes))
    for _ in range(codes.shape[1] // 2):
        inside = (place >= 0) & (place < codes.shape[1])
        counts = np.bincount(codes[rows[inside], place[inside]], minlength=5)
        if counts[:4].max() < _CONSTANT * len(codes):
            break
        letters.append(int(counts[:4].argmax()))
        place = place + step
    return decode(np.array(letters, np.uint8))


def _constant_flanks(dataset: TargetDataset, left: str, right: str) -> Finding | None:
    if max(len(left), len(right)) < _SHORTEST_FLANK:
        return None
    ends = [f"{shown(flank)} ({len(flank)} bp, {end})" for flank, end in ((left, "left"), (right, "right")) if flank]
    share = (len(left) + len(right)) / dataset.length
    return Finding(
        name="constant_flanks",
        severity="note",
        text=f"almost all sequences share the flanks {' and '.join(ends)}: {share:.0%} of the letters, which tell "
        "nothing apart",
        remedy="cut them off, which saves that share of the time, unless sites that reach into them matter",
        figures={"left": float(len(left)), "right": float(len(right)), "share": share},
    )


def shown(flank: str) -> str:
    """Return a flank as a message shows it."""
    return flank if len(flank) <= _SHOWN else f"{flank[:_SHOWN]}..."


def _twins(dataset: TargetDataset, duplicates: Duplicates, ends: tuple[str, str]) -> Finding | None:
    element = twins(dataset, (len(ends[0]), len(ends[1])))
    paired = (np.bincount(element)[element] > 1) & ~_repeated(duplicates.equal)
    if not paired.any():
        return None
    across = np.zeros(len(dataset), bool)
    if duplicates.test.any():
        outside = np.unique(element[paired & ~duplicates.test])
        across = paired & duplicates.test & np.isin(element, outside)
    r = _correlation(dataset.values[:, 0], element, paired)
    alike = "" if r is None else f"; the two values of {dataset.targets[0]} correlate with {r:.2f}"
    leak = f"; {across.sum():,} of the test part have their twin among the training sequences" if across.any() else ""
    return about(
        dataset,
        across if across.any() else paired,
        name="both_orientations",
        severity="warning" if across.any() else "note",
        text=f"{paired.sum():,} records are an element in one of two orientations, by sequence or id{leak}{alike}",
        remedy="keep both on one side of the split (a split that is drawn by similarity does), or let --drop remove "
        "the training records"
        if across.any()
        else "a split that is drawn by similarity keeps them together",
        figures={"records": float(paired.sum())} | ({} if r is None else {"pearson": r}),
    )


def _repeated(groups: Int64[np.ndarray, " n"]) -> np.ndarray:
    """Return a mask of the records whose sequence occurs twice as it is: a copy is no twin."""
    return np.bincount(groups)[groups] > 1


def _correlation(values: np.ndarray, element: np.ndarray, paired: np.ndarray) -> float | None:
    """Return the correlation of the two values of an element, whichever comes first."""
    rows = pd.DataFrame({"element": element, "value": values})[paired].dropna()
    pairs = [group.to_numpy() for _, group in rows.groupby("element")["value"] if len(group) == 2]
    if len(pairs) < 10:
        return None
    both = np.array(pairs)
    both = np.concatenate([both, both[:, ::-1]])
    return float(np.corrcoef(both.T)[0, 1]) if np.ptp(both) else None
