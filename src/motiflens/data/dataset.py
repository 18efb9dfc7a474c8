"""The labelled data set that all other packages work on."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Shaped

from motiflens.shapes import Codes, Labels


@dataclass(frozen=True, kw_only=True)
class Source:
    """One input file: its path as given, sha256 of its bytes, and its number of records."""

    path: str
    sha256: str
    records: int


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Labelled sequences of one length.

    Attributes:
        codes: Sequences, A, C, G, T = 0..3 and N = 4.
        labels: Indices into `classes`.
        classes: Class names; of two the second is positive, the one of the sigmoid's logit.
        ids: Unique names of the records.
        split: "train", "val" or "test" where the data fix it, "" elsewhere.
        group: Groups that stay on one side of a split, "" for none.
        sources: The files that the records are from.
        ambiguous_letters: Number of letters that were read as N.
        notes: Facts that a reader of the report must know, such as shuffled negatives.
    """

    codes: Codes
    labels: Labels
    classes: tuple[str, ...]
    ids: Shaped[np.ndarray, " n"]
    split: Shaped[np.ndarray, " n"] | None = None
    group: Shaped[np.ndarray, " n"] | None = None
    sources: tuple[Source, ...] = ()
    ambiguous_letters: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def length(self) -> int:
        """Length of every sequence in bp."""
        return int(self.codes.shape[1])

    def take(self, rows: Shaped[np.ndarray, " rows"]) -> "Dataset":
        """Return the records at `rows`, indices or a mask, in that order."""
        return replace(
            self,
            codes=self.codes[rows],
            labels=self.labels[rows],
            ids=self.ids[rows],
            split=None if self.split is None else self.split[rows],
            group=None if self.group is None else self.group[rows],
        )
