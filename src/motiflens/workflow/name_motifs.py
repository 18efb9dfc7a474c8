"""Name motifs by the most similar ones of a database; needs nothing but their matrices."""

from pathlib import Path

from motiflens.motifs.database import Database, load_database
from motiflens.motifs.match import match_motifs
from motiflens.report.page import write_report
from motiflens.run.folder import Run
from motiflens.run.schema.motifs import KnownMatch, MotifRecord
from motiflens.workflow.find_motifs import motif_of
from motiflens.workflow.run_log import Notify


def name_motifs(record: MotifRecord, database: Database) -> MotifRecord:
    """Return the record with the matches of each supported motif in `database`, best first."""
    motifs = [motif_of(entry) for entry in record.motifs]
    found = match_motifs(motifs, database) if motifs else []
    named = tuple(
        entry.model_copy(update={"matches": tuple(KnownMatch.model_validate(match) for match in matches)})
        for entry, matches in zip(record.motifs, found, strict=True)
    )
    collections = ", ".join(dict.fromkeys(entry.collection for entry in database.entries))
    return record.model_copy(update={"motifs": named, "database": collections})


def name_motifs_of_run(path: str | Path, *, database: Path | None, notify: Notify = lambda _: None) -> Run:
    """Name the motifs that a fit found by another database (None: JASPAR), and rebuild the report.

    The motifs themselves, their evidence and their sites stay as they are: only `matches` in motifs.json, motifs.tsv
    and the report change.

    Raises:
        InputError: `path` is no run with motifs, or `database` cannot be read.
    """
    run = Run.load(path)
    record = run.motifs()
    known = load_database(database)
    by = database or "JASPAR"
    notify(f"naming the {len(record.motifs)} motifs of the fit by {by}, without a new search")
    run.update(motifs=name_motifs(record, known))
    write_report(run)
    return run
