"""The taxonomic groups of JASPAR's motifs: choosing one, and recognising the one that motifs come from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from jaxtyping import Bool, Float64

from motiflens.errors import InputError
from motiflens.motifs.config import Group, Taxon
from motiflens.motifs.database import Database, Entry
from motiflens.motifs.elements import load_elements
from motiflens.motifs.match import p_values
from motiflens.motifs.motif import Motif
from motiflens.shapes import Strands

USUAL: Group = "vertebrates"
MARGIN = 1.2  # times the evidence for the usual group that another one must have to be taken instead
STRONGEST = 6.0  # -log10 of p that one motif counts at most: one motif alone must not decide
_ON_TRANSCRIPTS = ("splice ", "branch point", "Shine-Dalgarno")  # signals of RNA, which lie on one strand


@dataclass(frozen=True, kw_only=True)
class Names:
    """What motifs are named by, and what a reader should know of it."""

    database: Database
    note: str


def check_taxon(taxon: Taxon, database: Database) -> None:
    """Raise InputError where a taxonomic group is chosen of a database that has none."""
    if taxon not in ("auto", "all") and not _grouped(database):
        raise InputError(f"taxon {taxon} chooses among JASPAR's motifs; a motif file has no groups: leave one out")


def names_for(
    motifs: Sequence[Motif], database: Database, *, taxon: Taxon = "auto", strands: Strands = "forward"
) -> Names:
    """Return the known motifs of a taxonomic group, with the well-known elements of its domain.

    Args:
        motifs: The motifs that will be named.
        database: JASPAR, of all groups; a motif file's is returned as it is.
        taxon: The group; "auto" takes vertebrates unless the motifs are clearly more similar to another group's.
        strands: Strands that sites may lie on; on both there are no signals of RNA, such as splice sites.
    """
    if not _grouped(database):
        return Names(database=database, note="")
    names = _names_of_group(motifs, database, taxon, strands=strands)
    return replace(names, database=_on(strands, names.database))


def _on(strands: Strands, database: Database) -> Database:
    """The database without the signals of RNA where sites may lie on both strands."""
    if strands == "forward":
        return database
    on_dna = tuple(e for e in database.entries if not (e.element and e.motif.name.startswith(_ON_TRANSCRIPTS)))
    return replace(database, entries=on_dna)


def _names_of_group(motifs: Sequence[Motif], database: Database, taxon: Taxon, *, strands: Strands) -> Names:
    group = closest(motifs, database, strands=strands) if taxon == "auto" else taxon
    if group == "bacteria":
        note = (
            "JASPAR has no motifs of bacteria. Names are from a short list of well-known elements only, so a motif "
            "without a name need not be new: compare it with RegulonDB or PRODORIC."
        )
        if taxon == "auto":
            note = f"These motifs are most similar to elements of bacteria. {note} (--taxon chooses another group.)"
        return Names(database=_with(database, (), *load_elements("bacteria")), note=note)
    if group == "all":
        note = "Named by the motifs of all taxonomic groups of JASPAR; --taxon restricts them to one."
        return Names(database=_with(database, database.entries, *load_elements()), note=note)
    kept = [entry for entry in database.entries if entry.is_of([group])]
    why = ", to which these motifs are most similar" if taxon == "auto" and motifs else ""
    note = f"Named by JASPAR's motifs of {group}{why}; --taxon chooses another group, or all."
    return Names(database=_with(database, kept, *load_elements("eukaryotes")), note=note)


def closest(motifs: Sequence[Motif], database: Database, *, strands: Strands = "forward") -> Group:
    """Return the group whose motifs are most similar, vertebrates where none is so clearly.

    Evidence for a group is the sum over the motifs of -log10 of the best p-value, corrected for the number of its
    motifs, or of the well-known elements of its domain. What is alike in all groups decides nothing, nor do signals of
    RNA where sites may lie on both strands. Where any is like the usual group's, one motif does not decide alone: the
    group must be ahead without the motif that favours it most, too.
    """
    pool = _on(strands, replace(database, entries=(*database.entries, *load_elements())))
    domains = {group: "bacteria" if group == "bacteria" else "eukaryotes" for group in get_args(Group)}
    members = {name: _members(pool, name) for name in (*domains, *domains.values())}
    evidence: dict[Group, list[float]] = {group: [] for group in get_args(Group)}
    for p in p_values(motifs, pool):
        for group, domain in domains.items():
            best = min(_corrected(p[members[name]]) for name in (group, domain))
            evidence[group].append(min(STRONGEST, -float(np.log10(max(best, 1e-300)))))
    first = max(evidence, key=lambda group: sum(evidence[group]))
    ahead = np.array(evidence[first]) - MARGIN * np.array(evidence[USUAL])
    unusual = sum(evidence[USUAL]) < 1  # no motif is like the usual ones
    return first if ahead.sum() - (0 if unusual else ahead.max(initial=0.0)) > 1 else USUAL


def _members(database: Database, name: str) -> Bool[np.ndarray, " entries"]:
    return np.array([name in entry.taxa.split(", ") for entry in database.entries])


def _corrected(p: Float64[np.ndarray, " some"]) -> float:
    """Return the least p-value, corrected for how many there are."""
    return min(1.0, float(p.min(initial=1.0)) * len(p))


def _grouped(database: Database) -> bool:
    return any(entry.taxa for entry in database.entries)


def _with(database: Database, kept: Sequence[Entry], *elements: Entry) -> Database:
    """Return the kept motifs with the elements, which stand for JASPAR's older collection of promoter elements."""
    return replace(database, entries=(*(e for e in kept if not e.collection.endswith("POLII")), *elements))
