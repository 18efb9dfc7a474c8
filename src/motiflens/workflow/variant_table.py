"""Variants of a pandas frame, scored in memory."""

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from motiflens.apply.variants.batches import Batch
from motiflens.apply.variants.block import Block, Tally
from motiflens.apply.variants.fields import FalseDiscovery, fields_of, p_values_of, suffixes_of
from motiflens.apply.variants.motif_words import settled_column
from motiflens.apply.variants.null import Null
from motiflens.apply.variants.records import Kind, Record
from motiflens.apply.variants.scoring import open_scorer
from motiflens.apply.variants.summary import check_genome
from motiflens.apply.variants.windows import offsets_of
from motiflens.errors import InputError
from motiflens.run.folder import Run
from motiflens.workflow.variant_job import VariantJob, VariantOptions

_LOCATED, _PAIRS = ("chrom", "pos", "ref", "alt"), ("ref", "alt")
_NAME = "the table"


def score_table(run: Run, table: pd.DataFrame, *, options: VariantOptions | None = None) -> pd.DataFrame:
    """Return a frame of variants with their scores as further columns, as `motiflens variants` writes them to a table.

    Args:
        run: the run whose model scores.
        table: columns chrom, pos (counted from 1), ref, alt; or pairs of sequences ref, alt, without a genome.
        options: the genome, and how to score.

    Raises:
        InputError: missing columns, a genome that is none of these variants', or one that cannot be read.
    """
    job = VariantJob(run, options or VariantOptions(), lambda _: None)
    kind, records = _records(table)
    recipe = job.recipe(_NAME, kind)
    with open_scorer(recipe) as scorer:
        size = recipe.block_size(scorer.length)
        starts = range(0, len(records), size)
        blocks = [scorer.score(Batch(records=records[start : start + size])) for start in starts]
    tally = sum((block.tally for block in blocks), Tally())
    if recipe.genome:
        check_genome(tally, recipe.config, path=_NAME, genome=recipe.genome, contigs=())
    null = job.null(dict.fromkeys(kind for block in blocks for kind in block.kinds))
    return table.assign(**_columns(job, blocks, null))


def _records(table: pd.DataFrame) -> tuple[Kind, list[Record]]:
    kind: Kind = "table" if set(_LOCATED) <= set(table.columns) else "pairs"
    names = _LOCATED if kind == "table" else _PAIRS
    missing = [name for name in names if name not in table]
    if missing:
        raise InputError(f"{_NAME}: no column {missing[0]!r}; give chrom, pos, ref, alt, or ref and alt as sequences")
    texts = {name: table[name].astype(str).str.strip() for name in names}
    records = []
    for number in range(len(table)):
        ref, alt = (texts[name].iloc[number].upper() for name in _PAIRS)
        alts = () if alt in (".", "", "NAN", "NONE") else (alt,)
        if kind == "pairs":
            records.append(Record("", "", number + 1, ref, alts))
            continue
        pos = texts["pos"].iloc[number]
        if not pos.isdigit():
            raise InputError(f"{_NAME}: row {number + 1} has the position {pos!r}, which is no whole number")
        records.append(Record("", texts["chrom"].iloc[number], int(pos) - 1, ref, alts))
    return kind, records


def _columns(job: VariantJob, blocks: Sequence[Block], null: Null | None) -> dict[str, np.ndarray]:
    """Return the columns of the scored table by name."""
    config, discovery = job.options.config, FalseDiscovery()
    p = [p_values_of(block, null, places=config.offsets) for block in blocks if null is not None]
    for some in p:
        discovery.add(some)
    arrays = {name: [getattr(block, name) for block in blocks] for name in ("ref", "alt", "delta", "low", "high")}
    arrays |= {"p": p, "q": [discovery.q_values(some) for some in p]}
    offsets = np.array(offsets_of(job.model.length, config.offsets))
    texts = {
        "motif": [
            np.array(settled_column(block.motifs, own, agreement=config.agreement), object)
            for block, own in itertools.zip_longest(blocks, p)
        ],
        "skip": [np.array([block.skip(row) for row in range(len(block.skips))], object) for block in blocks],
        "offset": [offsets[block.place] for block in blocks],
    }
    fields = fields_of(
        job.scorer.targets, ensemble=job.scorer.is_ensemble, null=null is not None, places=config.offsets
    )
    empty = {True: np.empty(0, object), False: np.empty((0, len(suffixes_of(job.scorer.targets))))}
    found = {}
    for one in fields:
        parts = texts.get(one.source) or arrays.get(one.source) or [empty[one.source in texts]]
        whole = np.concatenate(parts)
        found[one.column] = whole[:, one.target] if whole.ndim > 1 else whole
    return found
