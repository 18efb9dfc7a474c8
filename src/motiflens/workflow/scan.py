"""`motiflens scan`: where known motifs occur in any sequences."""

import contextlib
import os
from pathlib import Path

import pandas as pd

from motiflens.data.read import read_sequences
from motiflens.data.records import encode_records
from motiflens.errors import InputError
from motiflens.motifs.formats import read_motifs
from motiflens.motifs.scan import Strands, hits_table, scan, write_bed


def scan_file(
    motifs: str | Path,
    sequences: str,
    out: Path | None = None,
    *,
    strands: Strands = "both",
    p_threshold: float = 1e-4,
) -> pd.DataFrame:
    """Occurrences of the motifs of a file (MEME, JASPAR, TRANSFAC or HOMER), as hits.tsv has them; written to `out`.

    `out` is BED where its name ends in .bed, else TSV, and appears whole or not at all. Raises InputError for files
    that cannot be read or written, and for a threshold outside of (0, 1].
    """
    if not 0 < p_threshold <= 1:
        raise InputError(f"p-value threshold {p_threshold:g}: give one above 0, at most 1")
    known = read_motifs(motifs)
    records = encode_records(list(read_sequences(sequences)), sequences)
    found = scan(
        [records.codes[a : a + n] for a, n in zip(records.starts, records.lengths, strict=True)],
        known,
        strands=strands,
        p_threshold=p_threshold,
    )
    table = hits_table(found, records.ids, known)
    if out is not None:
        _write(table, out)
    return table


def _write(table: pd.DataFrame, out: Path) -> None:
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        if out.suffix == ".bed":
            write_bed(table, partial)
        else:
            table.to_csv(partial, sep="\t", index=False, float_format="%.6g")
        os.replace(partial, out)
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error}); choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
