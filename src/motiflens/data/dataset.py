"""The labelled data set that every later room works on."""

from dataclasses import dataclass, field, replace

import numpy as np

from motiflens.shapes import Codes, Labels


@dataclass(frozen=True, kw_only=True)
class Source:
    """One input file: its path as given, sha256 of its bytes, and how many records it held."""

    path: str
    sha256: str
    records: int


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Labelled sequences of one length.

    codes (n, length) uint8, A, C, G, T = 0..3 and N = 4; labels (n,) index into `classes`. For two classes the
    positive class is `classes[1]`, so that its logit is the sigmoid head's. `split` (n,) holds "train", "val" or
    "test" where the data fix it, "" elsewhere; `group` (n,) keeps members of one group on one side of a split,
    "" is no group.
    """

    codes: Codes
    labels: Labels
    classes: tuple[str, ...]
    ids: np.ndarray
    split: np.ndarray | None = None
    group: np.ndarray | None = None
    sources: tuple[Source, ...] = ()
    ambiguous_letters: int = 0
    notes: tuple[str, ...] = field(default=())  # what a reader of the report must know, e.g. shuffled negatives

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def length(self) -> int:
        """Length of every sequence in bp."""
        return int(self.codes.shape[1])

    def take(self, rows: np.ndarray) -> "Dataset":
        """The records at `rows` (indices or a mask), in that order."""
        return replace(
            self,
            codes=self.codes[rows],
            labels=self.labels[rows],
            ids=self.ids[rows],
            split=None if self.split is None else self.split[rows],
            group=None if self.group is None else self.group[rows],
        )
