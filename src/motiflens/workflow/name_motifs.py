"""Name motifs by the most similar ones of a database; needs nothing but their matrices."""

from collections.abc import Sequence
from pathlib import Path

from motiflens.motifs.config import Taxon
from motiflens.motifs.database import Database, load_database
from motiflens.motifs.match import match_motifs
from motiflens.motifs.taxa import check_taxon, names_for
from motiflens.report.page import write_report
from motiflens.run.folder import Run
from motiflens.run.schema.motifs import KnownMatch, MotifEntry, MotifRecord
from motiflens.workflow.find_motifs import motif_of
from motiflens.workflow.run_log import Notify

#: Statuses of motifs that are named though they are set aside.
NAMED_ASIDE = ("shared", "unused", "unconfirmed")


def name_motifs(record: MotifRecord, database: Database, *, taxon: Taxon = "auto") -> MotifRecord:
    """Return the record with the matches of each supported motif in `database`, best first.

    Those of several classes are named too, and those that only the sequences or only the model confirm; what is set
    aside for another reason is not, since a piece of a repeat is no factor's. Of JASPAR the motifs of one taxonomic
    group are used, with well-known elements that it lacks.
    """
    motifs = [motif_of(entry) for entry in record.motifs]
    names = names_for(motifs, database, taxon=taxon, strands=record.strands)
    unnamed = [entry for entry in record.set_aside if entry.status in NAMED_ASIDE]
    aside = {entry.name: entry for entry in _named(unnamed, names.database)}
    named = {
        "motifs": _named(record.motifs, names.database),
        "set_aside": tuple(aside.get(entry.name, entry) for entry in record.set_aside),
        "database": ", ".join(dict.fromkeys(entry.collection for entry in names.database.entries)),
        "naming_note": names.note,
    }
    return record.model_copy(update=named)


def _named(entries: Sequence[MotifEntry], database: Database) -> tuple[MotifEntry, ...]:
    found = match_motifs([motif_of(entry) for entry in entries], database) if entries else []
    matches = [tuple(KnownMatch.model_validate(match) for match in some) for some in found]
    return tuple(entry.model_copy(update={"matches": some}) for entry, some in zip(entries, matches, strict=True))


def name_motifs_of_run(
    path: str | Path, *, database: Path | None, taxon: Taxon = "auto", notify: Notify = lambda _: None
) -> Run:
    """Name the motifs that a fit found by another database (None: JASPAR) or taxonomic group, and rebuild the report.

    The motifs themselves, their evidence and their sites stay as they are: only `matches` in motifs.json, motifs.tsv
    and the report change.

    Raises:
        InputError: `path` is no run with motifs, `database` cannot be read, or has no taxonomic groups to choose from.
    """
    run = Run.load(path)
    record = run.motifs()
    known = load_database(database)
    check_taxon(taxon, known)
    by = database or "JASPAR"
    notify(f"naming the {len(record.motifs)} motifs of the fit by {by}, without a new search")
    run.update(motifs=name_motifs(record, known, taxon=taxon))
    write_report(run)
    return run
