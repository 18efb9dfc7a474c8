"""Well-known elements of promoters, splice sites and messenger RNAs that JASPAR's CORE collection does not have.

The list, `elements.tsv`, is our own: an IUPAC consensus each, with the publication that it is from.
"""

import csv
from importlib import resources

import numpy as np

from motiflens.motifs.config import Domain
from motiflens.motifs.database import Entry
from motiflens.motifs.motif import UNIFORM, Motif

COLLECTION = "elements"
PURITY = 0.9  # share of a column that its consensus letter has; the rest is spread over all bases


def load_elements(*domains: Domain) -> tuple[Entry, ...]:
    """Return the elements of these domains, all without one; `taxa` of an entry is its domain."""
    text = resources.files("motiflens.motifs").joinpath("elements.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return tuple(
        Entry(
            motif=_motif(row["name"], row["consensus"]),
            collection=COLLECTION,
            taxa=row["domain"],
            element=True,
        )
        for row in rows
        if not domains or row["domain"] in domains
    )


def _motif(name: str, consensus: str) -> Motif:
    letters = Motif.from_consensus(consensus).probabilities
    return Motif(name=name, probabilities=PURITY * letters + (1 - PURITY) * np.tile(UNIFORM[:, None], letters.shape[1]))
