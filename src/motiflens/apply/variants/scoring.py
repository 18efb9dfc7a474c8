"""Records into scored blocks: what every process of a scoring does, alike and independently of the others."""

import os
import pickle
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from jaxtyping import Float64

from motiflens.apply.variants.alleles import trimmed
from motiflens.apply.variants.batches import Batch
from motiflens.apply.variants.block import Block, Tally, skip_numbers
from motiflens.apply.variants.config import VariantConfig
from motiflens.apply.variants.contigs import Contigs
from motiflens.apply.variants.fields import joint_texts
from motiflens.apply.variants.genome import Genome, open_random_genome
from motiflens.apply.variants.haplotypes import Haplotypes
from motiflens.apply.variants.kinds import kinds_of
from motiflens.apply.variants.motif_changes import KnownSite, MotifWatch
from motiflens.apply.variants.motif_words import told
from motiflens.apply.variants.records import Kind, Record
from motiflens.apply.variants.scores import Scorer, Scores
from motiflens.apply.variants.windows import Placed, Windows, empty_placed, offsets_of, place
from motiflens.errors import InputError
from motiflens.model.store import load_model
from motiflens.sequence.alphabet import INVALID, decode, encode_letters
from motiflens.shapes import Strands

_MOST_MOTIFS = 12  # of one allele; those with the largest changes
_LETTERS = 1 << 21  # of the windows of one block


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that a process needs to score records: paths, motifs and settings; it can be sent to another process.

    `sample` is the column of the genotypes that are scored together, None for none; `fingerprint` tells apart what lies
    at the same paths at another time.
    """

    model_folder: Path
    path: str
    kind: Kind
    genome: str | None
    sites: tuple[KnownSite, ...]
    background: Float64[np.ndarray, "4"]
    strands: Strands
    config: VariantConfig
    device: str = "cpu"
    sample: int | None = None
    fingerprint: str = ""

    def block_size(self, length: int) -> int:
        """Return how many records make a block for a model of `length`, so that memory stays bounded."""
        return max(1, min(self.config.block, _LETTERS // (length * self.config.offsets)))


class BlockScorer:
    """Scores records by one model, against one genome."""

    def __init__(self, recipe: Recipe, genome: Genome | None) -> None:
        self.recipe, self._genome = recipe, genome
        model = load_model(recipe.model_folder).to(recipe.device)
        self.length = model.length
        self.scorer = Scorer(model)
        self.offsets = offsets_of(model.length, recipe.config.offsets)
        self._contigs = Contigs(genome.lengths if genome else ())
        self._lock = Lock()  # a genome is read by one thread at a time
        self._watch = MotifWatch(
            recipe.sites, background=recipe.background, strands=recipe.strands, min_bits=recipe.config.min_bits
        )

        self._haplotypes = None
        if genome is not None and recipe.sample is not None:
            own = {"length": model.length, "sample": recipe.sample}
            self._haplotypes = Haplotypes(self.scorer, genome, self._contigs, **own)

    def score(self, batch: Batch) -> Block:
        """Return the records of a batch scored.

        Raises:
            InputError: the genome has letters that are not DNA, or a pair's sequences are not of the model's length.
        """
        with self._lock:
            return self._score(batch)

    def _score(self, batch: Batch) -> Block:
        records = batch.records
        if self._genome is None:
            placed = _placed_pairs(records, self.recipe.path, self.length)
        else:
            placed = place(records, self._genome, self._contigs, length=self.length, offsets=self.offsets)
        scores, windows = self.scorer.largest(placed.windows)
        news = zip(self._watch.changes(windows), scores.delta, strict=True)
        changes = [told(some, delta, self.scorer.targets) if some else () for some, delta in news]
        block = self._block(records, placed, scores=scores, windows=windows, changes=changes)
        if self._haplotypes is None:
            return block
        offsets = {row: self.offsets[block.place[row]] for row in windows.rows.tolist()}
        joint, unphased = self._haplotypes.joint(records, batch.around, offsets=offsets)
        together = len({one.row for one in joint if one.delta is not None})
        tally = replace(
            block.tally, together=together, apart=len({one.row for one in joint}) - together, unphased=unphased
        )
        extra = joint_texts(joint, count=len(block.skips), targets=len(self.scorer.targets))
        return replace(block, tally=tally, extra=extra)

    def _block(
        self,
        records: Sequence[Record],
        placed: Placed,
        *,
        scores: Scores,
        windows: Windows,
        changes: Sequence[Sequence[str]],
    ) -> Block:
        rows, count = windows.rows, len(placed.skips)
        kinds, found = kinds_of(placed.lengths[rows])
        kind, where = np.full(count, -1, np.int64), np.zeros(count, np.int64)
        kind[rows], where[rows] = found, scores.place
        values: dict[str, Any] = {}
        for name in ("ref", "alt", "delta", "low", "high"):
            values[name] = np.full((count, len(self.scorer.targets)), np.nan)
            values[name][rows] = getattr(scores, name)
        motifs = [""] * count
        for row, some in zip(rows.tolist(), changes, strict=True):
            motifs[row] = "&".join(some[:_MOST_MOTIFS])
        return Block(
            texts=[record.text for record in records],
            bounds=placed.bounds,
            skips=skip_numbers(placed.skips),
            kinds=kinds,
            kind=kind,
            **values,
            place=where,
            motifs=motifs,
            tally=self._tally(records, placed),
            strongest=_strongest(
                records, placed, scores=scores, windows=windows, changes=changes, most=self.recipe.config.strongest
            ),
        )

    def _tally(self, records: Sequence[Record], placed: Placed) -> Tally:
        tally = Tally(
            records=len(records),
            alleles=len(placed.skips),
            compared=placed.compared,
            mismatched=placed.mismatched,
            swapped=placed.swapped,
            translated=dict(self._contigs.translated),
        )
        for record, first, last in zip(records, placed.bounds[:-1].tolist(), placed.bounds[1:].tolist(), strict=True):
            for number in range(first, last):
                reason = placed.skips[number]
                if reason is not None:
                    tally.skipped[reason] += 1
                    examples = tally.examples.setdefault(reason, [])
                    if len(examples) < 3:
                        examples.append(_shown(record, number - first))
        return tally


def _shown(record: Record, which: int) -> str:
    """Return an allele as a summary names it."""
    alt = record.alts[which] if record.alts else "."
    short = [text if len(text) <= 12 else f"{text[:9]}..." for text in (record.ref, alt)]
    if not record.contig:
        return f"line {record.start}"
    return f"{record.contig}:{record.start + 1} {short[0]}>{short[1]}"


def _placed_pairs(records: Sequence[Record], path: str, length: int) -> Placed:
    """Return pairs of sequences as windows; what differs between them is the change."""
    placed = empty_placed(records)
    rows, firsts, seconds, spans = [], [], [], []
    for record, number in zip(records, placed.bounds[:-1].tolist(), strict=True):
        if len(record.alts) > 1:
            raise InputError(f"{path}: line {record.start} has several alternatives; give each pair a line")
        if not record.alts or record.alts[0] == record.ref:
            placed.skips[number] = "NO_ALT"
            continue
        sequences = record.ref, record.alts[0]
        for text in sequences:
            if len(text) != length:
                raise InputError(
                    f"{path}: line {record.start} has a sequence of {len(text)} letters where the model takes {length}"
                )
        first, second = map(encode_letters, sequences)
        if max(first.max(), second.max()) == INVALID:
            raise InputError(f"{path}: line {record.start} has letters that are not DNA")
        if max(first.max(), second.max()) > 3:
            placed.skips[number] = "N_IN_WINDOW"
            continue
        allele = trimmed(0, *sequences)
        placed.lengths[number] = len(allele.ref), len(allele.alt)
        rows.append(number)
        firsts.append(first)
        seconds.append(second)
        spans.append((allele.start, allele.start + len(allele.ref), allele.start, allele.start + len(allele.alt)))
    span = np.array(spans, np.int64).reshape(-1, 4)
    both = [np.array(some, np.uint8).reshape(-1, length) for some in (firsts, seconds)]
    placed.windows = [
        Windows(
            rows=np.array(rows, np.int64),
            first=both[0],
            second=both[1],
            first_span=span[:, :2],
            second_span=span[:, 2:],
        )
    ]
    return placed


def _strongest(
    records: Sequence[Record],
    placed: Placed,
    *,
    scores: Scores,
    windows: Windows,
    changes: Sequence[Sequence[str]],
    most: int,
) -> list[dict]:
    """Return the alleles with the largest changes, with all that a report shows of them."""
    size = np.abs(scores.delta).max(1, initial=0)
    found = []
    for i in np.argsort(-size, kind="stable")[:most].tolist():
        row = int(windows.rows[i])
        which = int(np.searchsorted(placed.bounds, row, side="right")) - 1
        record = records[which]
        found.append(
            {
                "row": row,
                "where": _shown(record, row - int(placed.bounds[which])),
                "contig": record.contig,
                "position": record.start + 1,
                "delta": scores.delta[i].tolist(),
                "windows": [decode(windows.first[i]), decode(windows.second[i])],
                "spans": [windows.first_span[i].tolist(), windows.second_span[i].tolist()],
                "motifs": list(changes[i][:_MOST_MOTIFS]),
            }
        )
    return found


@contextmanager
def open_scorer(recipe: Recipe) -> Iterator[BlockScorer]:
    """Open the genome and the model of a recipe."""
    with open_random_genome(recipe.genome) if recipe.genome else nullcontext() as genome:
        yield BlockScorer(recipe, genome)


def score_batch(packed: bytes, batch: Batch) -> Block:
    """Return a batch scored by a packed recipe, in whatever process; model and genome stay open for the next call."""
    return _opened(packed)[0].score(batch)


def packed(recipe: Recipe) -> bytes:
    """Return a recipe as it is sent to other processes of the same installation, which may have another directory."""
    genome = recipe.genome and os.path.abspath(recipe.genome)
    return pickle.dumps(replace(recipe, genome=genome, model_folder=recipe.model_folder.absolute()))


@lru_cache(maxsize=1)
def _opened(packed: bytes) -> tuple[BlockScorer, ExitStack]:
    stack = ExitStack()  # kept, so that files stay open until the process ends
    return stack.enter_context(open_scorer(pickle.loads(packed))), stack
