"""Which records must not straddle a split: copies, near duplicates, members of one group or of one chromosome."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from motiflens.data.checks import file_names
from motiflens.data.config import SplitBy
from motiflens.data.dataset import AnyDataset
from motiflens.data.negatives import shuffled_from
from motiflens.data.strata import classes_of
from motiflens.errors import InputError
from motiflens.groups.duplicates import Groups, join_groups
from motiflens.groups.near_duplicates import DEFAULT, DuplicateIndex, Similarity
from motiflens.sequence.coordinates import parse_intervals

LARGEST = 0.3
"""Largest fraction of a class that a group of near duplicates may hold: a split needs parts of every class."""
_LADDER = (DEFAULT, Similarity(identity=0.9), Similarity(identity=0.95))


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """Group of each record, and the similarity from which near duplicates were joined; None where none were."""

    groups: Groups
    similarity: Similarity | None = None


def group_records(dataset: AnyDataset, index: DuplicateIndex, *, by: SplitBy = "similarity") -> Grouping:
    """Group records that must stay on one side of a split.

    Args:
        dataset: The records.
        index: Copies and near duplicates among them.
        by: `similarity` joins copies, near duplicates and the data's own groups; where near duplicates would put more
            than 30 % of a class into one group, only closer ones (90 %, then 95 % identical, then copies) are joined.
            `copies` joins copies and own groups, `group` own groups alone, `chromosome` records of one chromosome,
            read from ids like chr1:100-300(+).

    Raises:
        InputError: `chromosome` with an id that names none, or `group` without groups.
    """
    if by == "chromosome":
        return Grouping(groups=pd.factorize(chromosomes(dataset))[0].astype(np.int64))
    own = _own_groups(dataset)
    if by == "group":
        if own is None:
            raise InputError(f"{file_names(dataset.sources)}: has no column group to split by; add it to the table")
        return Grouping(groups=own)
    if by == "similarity":
        for similarity in _LADDER:
            groups = index.groups(similarity)
            if _largest_fraction(groups, dataset, index.copies) <= LARGEST:
                return Grouping(groups=_joined(groups, own), similarity=similarity)
    return Grouping(groups=_joined(index.copies, own))


def chromosomes(dataset: AnyDataset) -> np.ndarray:
    """Chromosome of each record (n,), from ids like chr1:100-300(+); of a shuffled negative its sequence's.

    Raises InputError, naming the first record whose id is none.
    """
    found = parse_intervals([source or name for name, source in zip(dataset.ids, shuffled_from(dataset), strict=True)])
    for name, interval in zip(dataset.ids, found, strict=True):
        if interval is None:
            raise InputError(
                f"{file_names(dataset.sources)}: record {str(name)!r} names no chromosome; to split by chromosome "
                "every id must read chromosome:start-end, with name:: before it and (+) or (-) after it or not"
            )
    return np.array([interval.chromosome for interval in found if interval])


def intervals(dataset: AnyDataset) -> pd.DataFrame | None:
    """chromosome, start and end (0-based half-open) of each record, from its id; None if fewer than 90 % have one.

    A record whose id does not has start and end -1.
    """
    found = parse_intervals(dataset.ids)
    if sum(interval is not None for interval in found) < 0.9 * len(found):
        return None
    return pd.DataFrame(
        {
            "chromosome": [interval.chromosome if interval else "" for interval in found],
            "start": np.array([interval.start if interval else -1 for interval in found]),
            "end": np.array([interval.end if interval else -1 for interval in found]),
        }
    )


def _own_groups(dataset: AnyDataset) -> Groups | None:
    if dataset.group is None:
        return None
    own = pd.factorize(dataset.group)[0].astype(np.int64)
    alone = dataset.group == ""
    own[alone] = own.max(initial=0) + 1 + np.arange(alone.sum())
    return own


def _joined(groups: Groups, own: Groups | None) -> Groups:
    return groups if own is None else join_groups(groups, own)


def _largest_fraction(groups: Groups, dataset: AnyDataset, copies: Groups) -> float:
    """Return the largest fraction of a class's different sequences that one group holds; numbers are one class."""
    _, first = np.unique(copies, return_index=True)
    labels = classes_of(dataset)[first]
    shares = [
        np.bincount(groups[first][labels == label]).max(initial=0) / max(int((labels == label).sum()), 1)
        for label in range(int(labels.max(initial=0)) + 1)
    ]
    return float(max(shares))
