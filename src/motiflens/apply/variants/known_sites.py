"""The motifs whose changes are reported: the supported ones of a run, or those of a motif file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from motiflens.apply.variants.motif_changes import KnownSite, cut_of
from motiflens.motifs.motif import Motif
from motiflens.motifs.parse import read_collection
from motiflens.run.schema.motifs import MotifRecord


def sites_of_run(record: MotifRecord, *, weak_p_value: float) -> tuple[KnownSite, ...]:
    """Return the supported motifs of a run, each with the cut that its sites were counted by.

    A match with a p-value of at most `weak_p_value` is a weak site.
    """
    background = np.array(record.background)
    found = []
    for entry in record.motifs:
        family = entry.known_as.partition(":")[0]
        motif = Motif(name=entry.name, probabilities=entry.probabilities)
        found.append(
            KnownSite(
                name=f"{entry.name}({family})" if family else entry.name,
                motif=motif,
                cut=entry.cut,
                weak=cut_of(motif, background, p_value=weak_p_value),
                target=entry.target,
                raises=entry.direction == "for",
            )
        )
    return tuple(found)


def sites_of_file(
    path: str | Path, background: Float64[np.ndarray, "4"], *, p_value: float, notify: Callable[[str], None]
) -> tuple[KnownSite, ...]:
    """Return the motifs of a file; a site is a match with a p-value of at most `p_value`.

    Raises:
        InputError: the file cannot be read.
    """
    collection = read_collection(path)
    for note in collection.notes:
        notify(f"warning: {note}")
    names = [motif.name for motif in collection.motifs]
    return tuple(
        KnownSite(
            name=motif.name if names.count(motif.name) == 1 else f"{motif.accession}_{motif.name}",
            motif=motif,
            cut=cut_of(motif, background, p_value=p_value),
        )
        for motif in collection.motifs
    )
