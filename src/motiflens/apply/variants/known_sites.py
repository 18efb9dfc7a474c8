"""The motifs whose changes are reported: the supported ones of a run, or those of a motif file."""

from collections.abc import Callable
from pathlib import Path

from jaxtyping import Float64
from numpy import ndarray

from motiflens.apply.variants.motif_changes import KnownSite, cut_of
from motiflens.motifs.motif import Motif
from motiflens.motifs.parse import read_collection
from motiflens.run.schema.motifs import MotifRecord


def sites_of_run(record: MotifRecord) -> tuple[KnownSite, ...]:
    """Return the supported motifs of a run, each with the cut that its sites were counted by."""
    found = []
    for entry in record.motifs:
        family = entry.known_as.partition(":")[0]
        name = f"{entry.name}({family})" if family else entry.name
        motif = Motif(name=entry.name, probabilities=entry.probabilities)
        found.append(KnownSite(name=name, motif=motif, cut=entry.cut))
    return tuple(found)


def sites_of_file(
    path: str | Path, background: Float64[ndarray, "4"], *, p_value: float, notify: Callable[[str], None]
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
