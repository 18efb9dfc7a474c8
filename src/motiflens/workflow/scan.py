"""`motiflens scan`: where known motifs occur in any sequences."""

from pathlib import Path

import numpy as np
import pandas as pd

from motiflens.data.files.records import EncodedRecords, encode_records
from motiflens.data.read import read_sequences
from motiflens.data.regions import GenomeRegions, read_interval_records
from motiflens.errors import InputError
from motiflens.motifs.genome_places import intervals_of, with_genome_places
from motiflens.motifs.parse import read_collection
from motiflens.motifs.scan import hits_table, scan, write_bed
from motiflens.sequence.coordinates import parse_interval
from motiflens.shapes import Strands
from motiflens.workflow.outputs import refuse_inputs, replacing
from motiflens.workflow.run_log import Notify


def scan_file(
    motifs: str | Path,
    sequences: str | GenomeRegions,
    out: Path | None = None,
    *,
    strands: Strands = "both",
    p_threshold: float = 1e-4,
    notify: Notify = lambda _: None,
) -> pd.DataFrame:
    """Occurrences of the motifs of a file, as hits.tsv has them, with the motif's accession; written to `out`.

    Where ids name intervals of the genome (or `sequences` are regions of one), each hit also has its place there, and a
    BED file has that alone. `out` is BED where its name ends in .bed, else TSV, and appears whole or not at all.
    `notify` hears of motifs that are left out or too short for the threshold, and of sequences without a place. Raises
    InputError for files that cannot be read or written, an `out` that is read, and a threshold outside of (0, 1].
    """
    if not 0 < p_threshold <= 1:
        raise InputError(f"p-value threshold {p_threshold:g}: give one above 0, at most 1")
    refuse_inputs(out, (motifs, *(sequences.files if isinstance(sequences, GenomeRegions) else (sequences,))))
    collection = read_collection(motifs)
    known = collection.motifs
    for note in collection.notes:
        notify(f"warning: {note}")
    records = _records(sequences, notify)
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
    table.insert(5, "accession", np.array([motif.accession for motif in known], object)[found.motif])
    table = with_genome_places(table, records.ids, records.lengths.tolist())
    _tell_places(records, notify)
    if out is not None:
        _write(table, out)
    return table


def _records(sequences: str | GenomeRegions, notify: Notify) -> EncodedRecords:
    if isinstance(sequences, GenomeRegions):
        found = read_interval_records(sequences, notify=lambda note: notify(f"warning: {note}"))
        return encode_records(found, sequences.genome)
    return encode_records(list(read_sequences(sequences)), sequences)


def _tell_places(records: EncodedRecords, notify: Notify) -> None:
    """Warn where only some ids name intervals, or intervals of other lengths."""
    placed = sum(place is not None for place in intervals_of(records.ids, records.lengths.tolist()))
    named = sum(parse_interval(name) is not None for name in records.ids)
    if named and placed < len(records.ids):
        notify(
            f"warning: {len(records.ids) - placed:,} of {len(records.ids):,} ids name no interval of their sequence's "
            "length; positions of their hits count from the sequence's start"
        )


def _write(table: pd.DataFrame, out: Path) -> None:
    with replacing(out) as partial:
        if out.suffix == ".bed":
            write_bed(table, partial)
        else:
            table.to_csv(partial, sep="\t", index=False, float_format="%.6g")
