"""`motiflens scan`: where known motifs occur in any sequences."""

from pathlib import Path

import pandas as pd

from motiflens.data.files.records import encode_records
from motiflens.data.read import read_sequences
from motiflens.errors import InputError
from motiflens.motifs.formats import read_motifs
from motiflens.motifs.scan import hits_table, scan, write_bed
from motiflens.shapes import Strands
from motiflens.workflow.outputs import refuse_inputs, replacing
from motiflens.workflow.run_log import Notify


def scan_file(
    motifs: str | Path,
    sequences: str,
    out: Path | None = None,
    *,
    strands: Strands = "both",
    p_threshold: float = 1e-4,
    notify: Notify = lambda _: None,
) -> pd.DataFrame:
    """Occurrences of the motifs of a file (MEME, JASPAR, TRANSFAC or HOMER), as hits.tsv has them; written to `out`.

    `out` is BED where its name ends in .bed, else TSV, and appears whole or not at all. `notify` hears of motifs too
    short for the threshold. Raises InputError for files that cannot be read or written, an `out` that is read, and a
    threshold outside of (0, 1].
    """
    if not 0 < p_threshold <= 1:
        raise InputError(f"p-value threshold {p_threshold:g}: give one above 0, at most 1")
    refuse_inputs(out, (motifs, sequences))
    known = read_motifs(motifs)
    records = encode_records(list(read_sequences(sequences)), sequences)
    found = scan(
        [records.codes[a : a + n] for a, n in zip(records.starts, records.lengths, strict=True)],
        known,
        strands=strands,
        p_threshold=p_threshold,
    )
    if found.unreachable.any():
        short = [motif.name for motif, out_of_reach in zip(known, found.unreachable, strict=True) if out_of_reach]
        notify(
            f"warning: {len(short)} of {len(known)} motifs are too short: even their best match has no p-value of "
            f"{p_threshold:g} or less (first: {', '.join(short[:3])}); raise --p-value to find them"
        )
    table = hits_table(found, records.ids, known)
    if out is not None:
        _write(table, out)
    return table


def _write(table: pd.DataFrame, out: Path) -> None:
    with replacing(out) as partial:
        if out.suffix == ".bed":
            write_bed(table, partial)
        else:
            table.to_csv(partial, sep="\t", index=False, float_format="%.6g")
