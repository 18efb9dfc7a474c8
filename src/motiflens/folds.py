"""Folds for scikit-learn's `cv=` that keep near duplicates together."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np
from sklearn.model_selection import BaseCrossValidator, GroupKFold, StratifiedGroupKFold

from motiflens.data.memory import sequence_texts
from motiflens.errors import InputError
from motiflens.groups.duplicates import join_groups
from motiflens.groups.near_duplicates import DuplicateIndex
from motiflens.sequence.alphabet import encode


class NearDuplicateKFold(BaseCrossValidator):
    """Folds in which no sequence has a near duplicate in another fold; classes in proportion.

    For sequences of one length, as `MotifClassifier` takes them:

        cross_val_score(classifier, sequences, labels, cv=NearDuplicateKFold(5))

    Copies in different folds make memorising look like skill. `groups`, where given (a chromosome, a gene), are kept
    together too.

    Args:
        n_splits: Number of folds, two at least.
        strands: With "both", the reverse complement of a sequence is its copy.
        seed: Of the order of the groups.
    """

    def __init__(self, n_splits: int = 5, *, strands: Literal["both", "forward"] = "both", seed: int = 0) -> None:
        self.n_splits, self.strands, self.seed = n_splits, strands, seed

    def split(
        self, X: Iterable[Any], y: Iterable[Any] | None = None, groups: Iterable[Any] | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows to train on and the rows to test on, of each fold.

        Raises InputError for letters that are no DNA, mixed lengths, and fewer groups of sequences than folds.
        """
        found = self.groups(X, groups)
        if not isinstance(self.n_splits, int | np.integer) or self.n_splits < 2:
            raise InputError(f"n_splits={self.n_splits!r}: give a whole number of 2 or more")
        if (count := len(np.unique(found))) < self.n_splits:
            raise InputError(
                f"n_splits={self.n_splits}: there are {count} groups of sequences without near duplicates among each "
                "other; give fewer folds"
            )
        rows = np.zeros((len(found), 1))
        if y is None:
            yield from GroupKFold(self.n_splits, shuffle=True, random_state=self.seed).split(rows, groups=found)
            return
        labels = np.unique(np.asarray(list(y)), return_inverse=True)[1]
        folds = StratifiedGroupKFold(self.n_splits, shuffle=True, random_state=self.seed)
        yield from folds.split(rows, labels, groups=found)

    def groups(self, sequences: Iterable[Any], groups: Iterable[Any] | None = None) -> np.ndarray:
        """Return the group of each sequence (n,): near duplicates, and members of one of `groups`, have one number."""
        found = DuplicateIndex(encode(sequence_texts(sequences)), strands=self.strands).groups()
        if groups is None:
            return found
        given = np.unique(np.asarray(list(groups)), return_inverse=True)[1]
        if len(given) != len(found):
            raise InputError(f"groups: {len(given)} for {len(found)} sequences; give one a sequence")
        return join_groups(found, given.astype(np.int64))

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds."""
        del X, y, groups
        return self.n_splits
