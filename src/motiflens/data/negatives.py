"""Shuffled negatives for data of one class."""

from dataclasses import replace

import numpy as np

from motiflens.data.dataset import AnyDataset, Dataset, joined_masks
from motiflens.errors import InputError

SHUFFLED = "shuffled"
_PREFIX = f"{SHUFFLED}_"
_ATTEMPTS = 10


def add_shuffled_negatives(dataset: Dataset, *, seed: int) -> Dataset:
    """Return a data set of one class with a dinucleotide shuffle of each sequence added as `classes[0]`, "shuffled".

    A shuffle has the group of its sequence, so that the two stay on one side of a split. A sequence whose shuffles all
    equal a positive (a run of one letter, say) gets no negative; `notes` has their number. Raises InputError when the
    class itself is named "shuffled".
    """
    from motiflens.sequence.shuffle import dinucleotide_shuffle  # numba: only when negatives are needed

    (positive,) = dataset.classes
    if positive == SHUFFLED:
        raise InputError(f"class {SHUFFLED!r}: a class alone gets shuffled negatives of that name; rename it")
    positives = {row.tobytes() for row in dataset.codes}
    shuffles = np.empty_like(dataset.codes)
    same = np.arange(len(dataset))
    for attempt in range(_ATTEMPTS):
        shuffles[same] = dinucleotide_shuffle(dataset.codes[same], seed=seed + attempt)
        same = np.array([row for row in same if shuffles[row].tobytes() in positives], np.int64)
        if not len(same):
            break
    kept = np.setdiff1d(np.arange(len(dataset)), same)
    notes = [
        "The negatives are dinucleotide shuffles of the positives: they match the composition but are easier to tell "
        "from real sequences than other genomic DNA is, so every score here is optimistic."
    ]
    if len(same):
        notes.append(f"{len(same)} sequences have no shuffle that differs from every positive; they got no negative.")
    group = dataset.ids if dataset.group is None else dataset.group
    return replace(
        dataset,
        codes=np.concatenate([dataset.codes, shuffles[kept]]),
        soft_masked=joined_masks([dataset.soft_masked, None], [dataset.codes, shuffles[kept]]),
        labels=np.repeat(np.array([1, 0], np.int64), [len(dataset), len(kept)]),
        classes=(SHUFFLED, positive),
        ids=np.concatenate([dataset.ids, np.char.add(_PREFIX, dataset.ids[kept])]),
        group=np.concatenate([group, group[kept]]),
        notes=(*dataset.notes, *notes),
    )


def shuffled_from(dataset: AnyDataset) -> list[str]:
    """Return, for each record, the id of the sequence that `add_shuffled_negatives` made it of; empty for others."""
    shuffled = np.zeros(len(dataset), bool)
    if isinstance(dataset, Dataset) and SHUFFLED in dataset.classes:
        shuffled = dataset.labels == dataset.classes.index(SHUFFLED)
    return [
        str(name).removeprefix(_PREFIX) if made and str(name).startswith(_PREFIX) else ""
        for name, made in zip(dataset.ids, shuffled, strict=True)
    ]


def ids_on_genome(dataset: AnyDataset) -> list[str]:
    """Return the ids of records, in which their place on a genome may stand; shuffled negatives have none."""
    return ["" if source else str(name) for name, source in zip(dataset.ids, shuffled_from(dataset), strict=True)]
