"""Where sequences and hits lie on the genome, for sequences whose ids name their interval."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from motiflens.sequence.coordinates import Interval, parse_interval

#: Columns of the place of a hit on the genome: 0-based, half-open; the strand is the genome's.
PLACE = ("chrom", "chrom_start", "chrom_end", "chrom_strand")


def intervals_of(ids: Sequence[str], lengths: Sequence[int]) -> list[Interval | None]:
    """Return the interval that each id names, None where it names none of the sequence's length."""
    named = [parse_interval(str(name)) for name in ids]
    return [place and place.fitted_to(int(length)) for place, length in zip(named, lengths, strict=True)]


def place_columns(ids: Sequence[str], lengths: Sequence[int]) -> pd.DataFrame:
    """Return chrom, start, end (0-based, half-open) and strand of the sequences whose ids name them; else no column."""
    places = intervals_of(ids, lengths)
    if not any(places):
        return pd.DataFrame(index=range(len(ids)))
    strands = [str(name)[-2] if str(name).endswith(")") else "." for name in ids]
    return pd.DataFrame(
        {
            "chrom": [place and place.chromosome for place in places],
            "start": pd.Series([place and place.start for place in places], dtype="Int64"),
            "end": pd.Series([place and place.end for place in places], dtype="Int64"),
            "strand": [place and strand for place, strand in zip(places, strands, strict=True)],
        }
    )


def with_genome_places(hits: pd.DataFrame, ids: Sequence[str], lengths: Sequence[int]) -> pd.DataFrame:
    """Return hits, as `hits_table` has them, with the columns PLACE, if any of the sequences has a place.

    Args:
        hits: Hits in sequences of these ids.
        ids: Ids of all sequences.
        lengths: Their lengths.

    Returns:
        The table. Hits in a sequence whose id names no interval have empty places.
    """
    places = {str(name): place for name, place in zip(ids, intervals_of(ids, lengths), strict=True) if place}
    if not places:
        return hits
    rows = [places.get(name) for name in hits["sequence_id"].astype(str)]
    start, end = hits["start"].to_numpy(), hits["end"].to_numpy()
    known = np.array([place is not None for place in rows], bool)
    turned = np.array([place is not None and place.reverse for place in rows], bool)
    low = np.array([0 if place is None else place.start for place in rows], np.int64)
    high = np.array([0 if place is None else place.end for place in rows], np.int64)
    begins, ends = np.where(turned, high - end, low + start), np.where(turned, high - start, low + end)
    plus = (hits["strand"] == "+").to_numpy() != turned
    columns = (
        [None if place is None else place.chromosome for place in rows],
        pd.array(begins, dtype="Int64"),
        pd.array(ends, dtype="Int64"),
        np.where(plus, "+", "-"),
    )
    placed = pd.DataFrame(dict(zip(PLACE, columns, strict=True)), index=hits.index)
    placed.loc[~known] = None
    return pd.concat([hits, placed], axis=1)
