"""The data sets that all other packages work on: sequences with classes, or with rows of targets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
from jaxtyping import Bool, Float64, Shaped

from motiflens.shapes import Codes, Labels

#: Not typing.Self, which the check of shapes knows only where it sees whole classes.
_Set = TypeVar("_Set", bound="SequenceSet")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One input file: its path as given, sha256 of its bytes, and its number of records."""

    path: str
    sha256: str
    records: int


@dataclass(frozen=True, kw_only=True)
class SequenceSet:
    """Sequences of one length with what is known of each record, apart from what is to be predicted.

    Attributes:
        codes: Sequences, A, C, G, T = 0..3 and N = 4.
        ids: Unique names of the records.
        soft_masked: Which letters the file has in lower case, as repeats are marked; None where it marks none.
        split: "train", "val" or "test" where the data fix it, "" elsewhere.
        group: Groups that stay on one side of a split, "" for none.
        weights: How much each record counts in the loss, > 0; None where all count alike. Only ratios matter.
        sources: The files that the records are from.
        ambiguous_letters: Number of letters that were read as N.
        notes: Facts that a reader of the report must know, such as shuffled negatives.
    """

    codes: Codes
    ids: Shaped[np.ndarray, " n"]
    soft_masked: Bool[np.ndarray, "n length"] | None = None
    split: Shaped[np.ndarray, " n"] | None = None
    group: Shaped[np.ndarray, " n"] | None = None
    weights: Float64[np.ndarray, " n"] | None = None
    sources: tuple[Source, ...] = ()
    ambiguous_letters: int = 0
    notes: tuple[str, ...] = ()

    #: Fields with an entry for each record.
    _BY_RECORD: ClassVar[tuple[str, ...]] = ("codes", "ids", "soft_masked", "split", "group", "weights")

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def length(self) -> int:
        """Length of every sequence in bp."""
        return int(self.codes.shape[1])

    def take(self: _Set, rows: Shaped[np.ndarray, " rows"]) -> _Set:
        """Return the records at `rows`, indices or a mask, in that order."""
        given = ((name, getattr(self, name)) for name in self._BY_RECORD)
        taken: dict[str, Any] = {name: None if value is None else value[rows] for name, value in given}
        return replace(self, **taken)


@dataclass(frozen=True, kw_only=True)
class Dataset(SequenceSet):
    """Sequences with a class each.

    Attributes:
        labels: Indices into `classes`.
        classes: Class names; of two the second is positive, the one of the sigmoid's logit.
    """

    labels: Labels
    classes: tuple[str, ...]

    _BY_RECORD: ClassVar[tuple[str, ...]] = (*SequenceSet._BY_RECORD, "labels")


@dataclass(frozen=True, kw_only=True)
class TargetDataset(SequenceSet):
    """Sequences with a row of targets each: measured numbers, or labels that are there (1) or not (0).

    Attributes:
        values: In their own units; NaN where a target is missing. Of labels 0, 1 or NaN.
        targets: Names of the columns of `values`.
        kind: "numbers", or "labels".
        offset: Of counts: logarithm of the exposure (library size) of each record; None where all have the same.
        replicates: Measurements whose mean `values` are, NaN where one is missing; None where there are none.
        batch: Plate or batch of each record, "" where it has none.
    """

    values: Float64[np.ndarray, "n targets"]
    targets: tuple[str, ...]
    kind: Literal["numbers", "labels"] = "numbers"
    offset: Float64[np.ndarray, " n"] | None = None
    replicates: Float64[np.ndarray, "n targets replicates"] | None = None
    batch: Shaped[np.ndarray, " n"] | None = None

    _BY_RECORD: ClassVar[tuple[str, ...]] = (*SequenceSet._BY_RECORD, "values", "offset", "replicates", "batch")


def joined_masks(
    masks: Sequence[Bool[np.ndarray, "_ length"] | None], codes: Sequence[np.ndarray]
) -> Bool[np.ndarray, "total length"] | None:
    """Return the soft masks of several sets as one; None where no letter is masked."""
    if not any(mask is not None and mask.any() for mask in masks):
        return None
    pairs = zip(masks, codes, strict=True)
    return np.concatenate([np.zeros(part.shape, bool) if mask is None else mask for mask, part in pairs])


#: What a model can be fitted to.
AnyDataset = Dataset | TargetDataset
