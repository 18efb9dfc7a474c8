"""The sequences that motifs are found in."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from motiflens.data.dataset import Dataset
from motiflens.data.shuffles import class_of_shuffles
from motiflens.shapes import Attribution, Codes, Labels
from motiflens.workflow.explain_dataset import Explained, sample_by_class


@dataclass(frozen=True, kw_only=True)
class MotifInput:
    """Sequences to find motifs in.

    `soft_masked` marks letters that the file has in lower case, where it has some.
    `contributions` holds, by target class, rows (m,) of the sequences and their contributions (m, 4, length).
    `held_out` marks the test set, where there is one: the model has not seen it. Motifs of the contributions are
    tested in it, and motifs are inserted into its shuffles. `shuffles` is the class that is shuffles of another.
    """

    codes: Codes
    labels: Labels
    classes: tuple[str, ...]
    ids: np.ndarray
    held_out: Bool[np.ndarray, " n"]
    contributions: dict[str, tuple[Int64[np.ndarray, " m"], Attribution]]
    soft_masked: Bool[np.ndarray, "n length"] | None = None
    shuffles: str | None = None


def motif_input(
    explained: Explained, dataset: Dataset, *, held_out: Int64[np.ndarray, " rows"], max_sequences: int, seed: int
) -> MotifInput:
    """Return the explained records and further ones, `max_sequences` in all; `held_out` are rows of the data set."""
    others = np.setdiff1d(np.arange(len(dataset)), explained.rows)
    further = max(max_sequences - len(explained.rows), 0)
    more = sample_by_class(dataset.labels, others, most=further, rng=np.random.default_rng(seed))
    rows = np.sort(np.concatenate([explained.rows, more]))
    where = np.searchsorted(rows, explained.rows)
    return MotifInput(
        codes=dataset.codes[rows],
        soft_masked=None if dataset.soft_masked is None else dataset.soft_masked[rows],
        labels=dataset.labels[rows],
        classes=dataset.classes,
        shuffles=class_of_shuffles(dataset),
        ids=dataset.ids[rows],
        held_out=np.isin(rows, held_out),
        contributions={target: (where, effects) for target, effects in explained.by_target.items()},
    )
