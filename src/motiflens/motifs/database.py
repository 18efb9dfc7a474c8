"""Databases of known motifs: JASPAR, as pyjaspar ships it, or a motif file."""

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from pyjaspar import JASPAR_LATEST_RELEASE, jaspardb

from motiflens.motifs.formats import read_motifs
from motiflens.motifs.motif import Motif
from motiflens.shapes import MotifMatrix

# Collections that later releases no longer carry.
_CORE_PROMOTER_RELEASE = "JASPAR2020"
# The NAME field of the SPLICE collection is "at_AC_acceptor" throughout; accession and matrix show what each one is.
# GT-AG and GC-AG introns (0001, 0002) end alike, so their acceptors share a name.
_SPLICE_NAMES = {
    "SD0001": "splice donor",
    "SD0002": "splice donor GC-AG",
    "SD0003": "splice donor U12 AT-AC",
    "SA0001": "splice acceptor",
    "SA0002": "splice acceptor",
    "SA0003": "splice acceptor U12 AT-AC",
}
# Families named by their number of zinc fingers or by the number of a group: unrelated factors share such names.
_NO_FAMILY = re.compile(r"More than 3 adjacent|Factors with multiple|Other factors|Unknown|[Gg]roup .|Type I|[A-Z]$")
# Common names of families that JASPAR (TFClass) names by their structure.
_FIELD_NAMES = {
    "Ets": "ETS",
    "Fos": "AP-1/ATF",  # dimers of factors of these families, whose sites are the same but for one letter
    "Jun": "AP-1/ATF",
    "B-ATF": "AP-1/ATF",
    "Maf": "MAF",
    "CEBP": "C/EBP",
    "C4-GATA": "GATA",
    "TEF-1": "TEAD",
    "Runt": "RUNX",
    "Three-zinc finger Kruppel": "SP/KLF",
    "Heteromeric CCAAT-binding": "NF-Y",
    "Regulators of differentiation": "MEF2",
}
# With fewer motifs than this, their own columns are too few to estimate what columns look like by chance.
_ENOUGH_MOTIFS = 50

_LATEST = """
    SELECT ID, BASE_ID, BASE_ID || '.' || VERSION, NAME FROM MATRIX
    JOIN (SELECT BASE_ID, max(VERSION) AS VERSION FROM MATRIX WHERE COLLECTION = :collection GROUP BY BASE_ID)
    USING (BASE_ID, VERSION) WHERE COLLECTION = :collection ORDER BY BASE_ID
"""
_COUNTS = """
    SELECT ID, val FROM MATRIX_DATA JOIN MATRIX USING (ID) WHERE COLLECTION = :collection ORDER BY ID, col, row
"""
_TAGS = """
    SELECT ID, VAL FROM MATRIX_ANNOTATION JOIN MATRIX USING (ID)
    WHERE COLLECTION = :collection AND TAG = :tag
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A known motif and where it comes from; family and taxa are "" where the source has none.

    Both hold all values, joined by ", ": the families of a dimer's partners, the groups that share a motif. An
    `element` is no factor's motif but a part of promoters or of splice sites: there are few, so that similarity to one
    is less likely by chance.
    """

    motif: Motif
    collection: str
    family: str = ""
    taxa: str = ""
    element: bool = False

    def is_of(self, groups: Sequence[str]) -> bool:
        """Whether the motif is of one of the taxonomic groups; one whose source names none is of all."""
        return not self.taxa or not set(groups).isdisjoint(self.taxa.split(", "))


@dataclass(frozen=True, kw_only=True)
class Database:
    """Known motifs, and the columns (4, n) that chance similarity is measured on: their own, or those of JASPAR."""

    entries: tuple[Entry, ...]
    columns: MotifMatrix

    def __len__(self) -> int:
        return len(self.entries)


def load_database(path: Path | None = None, *, taxa: Sequence[str] = ()) -> Database:
    """Load the motifs of a MEME, JASPAR, TRANSFAC or HOMER file; without one, JASPAR's, of every taxonomic group.

    JASPAR here is the CORE collection of the latest release (of each motif the latest version) and the collections
    SPLICE and POLII of JASPAR 2020. A file of fewer than 50 motifs borrows JASPAR's columns for its p-values.

    Args:
        path: a motif file.
        taxa: taxonomic groups of CORE to keep, such as ("vertebrates", "insects"); all by default.

    Raises:
        InputError: for a file that cannot be read or holds no motif.
    """
    if path is not None:
        entries = tuple(Entry(motif=motif, collection=path.name) for motif in read_motifs(path))
        if len(entries) < _ENOUGH_MOTIFS:
            return Database(entries=entries, columns=load_database().columns)
        return Database(entries=entries, columns=_columns(entries))
    core = _jaspar(JASPAR_LATEST_RELEASE, "CORE")
    older = [entry for name in ("SPLICE", "POLII") for entry in _jaspar(_CORE_PROMOTER_RELEASE, name)]
    entries = (*core, *older)
    kept = tuple(entry for entry in entries if not taxa or entry.is_of(taxa))
    return Database(entries=kept, columns=_columns(entries))


def _columns(entries: Sequence[Entry]) -> MotifMatrix:
    return np.concatenate([entry.motif.probabilities for entry in entries], axis=1)


@cache
def _jaspar(release: str, collection: str) -> tuple[Entry, ...]:
    """The latest version of every motif of a collection; one query a table, where pyjaspar makes six a motif."""
    with closing(jaspardb(release=release).conn) as connection:

        def tags(tag: str) -> dict[int, set[str]]:
            values: dict[int, set[str]] = {}
            for key, value in connection.execute(_TAGS, {"collection": collection, "tag": tag}):
                values.setdefault(key, set()).add(value)
            return values

        latest = connection.execute(_LATEST, {"collection": collection}).fetchall()
        keys, counts = np.array(connection.execute(_COUNTS, {"collection": collection}).fetchall()).T
        families, taxa = tags("family"), tags("tax_group")
    bounds = {key: slice(*np.searchsorted(keys, [key, key + 1])) for key, *_ in latest}
    return tuple(
        Entry(
            motif=_motif(counts[bounds[key]], _SPLICE_NAMES.get(base, name), accession),
            collection=f"{release} {collection}",
            family=", ".join(sorted({_family(name) for name in families.get(key, ()) if not _NO_FAMILY.match(name)})),
            taxa=", ".join(sorted(taxa.get(key, ()))),
            element=collection != "CORE",
        )
        for key, base, accession, name in latest
    )


def _family(name: str) -> str:
    """The family's common name: "Ets-related" is ETS, "Steroid hormone receptors (NR3)" is NR3."""
    bracketed = re.search(r"\((.+)\)$", name)
    short = bracketed[1] if bracketed else re.sub(r"(-related|-type)?( factors| only)?$", "", name)
    return _FIELD_NAMES.get(short, short)


def _motif(counts: np.ndarray, name: str, accession: str) -> Motif:
    """A motif of its counts, base after base, column after column."""
    columns = counts.reshape(-1, 4).T
    sites = round(columns.sum(0).max())
    return Motif(name=name, accession=accession, probabilities=columns / columns.sum(0), sites=sites)
