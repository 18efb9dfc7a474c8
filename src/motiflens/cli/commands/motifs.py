"""`motiflens motifs`."""

from motiflens.cli.console import screen
from motiflens.cli.options import Database, NamesOf, RunFolder
from motiflens.words import counted

EXAMPLES = ("motiflens motifs run --taxon plants", "motiflens motifs run --database my-motifs.meme")


def motifs(*, run: RunFolder, database: Database = None, taxon: NamesOf = None) -> None:
    """Name the motifs of a run by another database or group, without a new search."""
    with screen("naming") as shown:
        from motiflens.workflow.name_motifs import name_motifs_of_run

        named = name_motifs_of_run(run, database=database, taxon=taxon or "auto", notify=shown.notify)
    record = named.motifs()
    if record.motifs:
        print(f"{counted(len(record.motifs), 'supported motif')}, named by {record.database}:")
    else:
        print(f"No motif is supported; those set aside are named by {record.database}.")
    for motif in record.motifs:
        print(f"{motif.name}\t{motif.consensus}\t{motif.known_as}")
    if record.naming_note:
        print(record.naming_note)
    print(f"Report: {named.path / 'report.html'}")
