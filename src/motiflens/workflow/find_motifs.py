"""From explained sequences to motifs with evidence, as the run folder keeps them; `name_motifs` names them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from motiflens.discovery.discover import discover
from motiflens.discovery.grammar import Pair, motif_pairs
from motiflens.discovery.progress import Heard, portion, unheard
from motiflens.discovery.result import Discovery
from motiflens.discovery.seqlets import Direction
from motiflens.discovery.site_q import with_site_q
from motiflens.model.ensemble import Model
from motiflens.motifs.database import Database
from motiflens.motifs.formats import format_motifs
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import Hits, hits_table
from motiflens.run.schema.motifs import (
    ClassGrammar,
    DiscoveryCounts,
    MotifEntry,
    MotifPair,
    MotifRecord,
    Spacing,
)
from motiflens.shapes import Strands
from motiflens.workflow.displaced import without_displaced
from motiflens.workflow.motif_effects import ModelEffects, with_pair_effects
from motiflens.workflow.motif_entry import motif_entry
from motiflens.workflow.motif_input import MotifInput
from motiflens.workflow.placed import Placed, named_once, one_matrix
from motiflens.workflow.soft_masked import without_soft_masked

#: Share of the work that the searches are, usually.
SEARCH = 0.7

#: Statuses whose sites hits.tsv has.
WITH_SITES = ("supported", "shared", "unused", "repeat", "artefact", "composition")


@dataclass(frozen=True, kw_only=True)
class Found:
    """Motifs with their evidence, their sites as hits.tsv has them, and of numbers what measured.tsv has."""

    record: MotifRecord
    hits: pd.DataFrame
    measured: pd.DataFrame | None = None

    @property
    def motifs(self) -> list[Motif]:
        """The supported motifs, strongest first."""
        return [motif_of(entry) for entry in self.record.motifs]


def motif_of(entry: MotifEntry) -> Motif:
    """Return the motif of an entry of motifs.json."""
    return Motif(
        name=entry.name, probabilities=entry.probabilities, sites=entry.sites, contributions=entry.contributions
    )


def meme_of(record: MotifRecord) -> str:
    """Return motifs.meme: the supported motifs, with the background and the strands that they are scored with."""
    motifs = [motif_of(entry) for entry in record.motifs]
    return format_motifs(motifs, background=np.array(record.background), strands=record.strands)


def find_motifs(data: MotifInput, model: Model, *, database: Database, seed: int, heard: Heard = unheard) -> Found:
    """Discover and test the motifs of every target class, strongest first over all classes, and their grammar.

    Motifs of the database are candidates beside those of the contributions and of enriched k-mers. A supported motif
    is enriched where it was not learned, and moves the model: planted, it raises the score of what it speaks for;
    erased, it lowers it. `heard` hears the share that is done.
    """
    found = [
        _discovered(data, target, database, model, seed=seed, heard=part)
        for target, part in zip(data.contributions, searches(heard, len(data.contributions)), strict=True)
    ]
    effects = ModelEffects(model, data.codes, held_out=data.held_out, seed=seed)
    placed = [
        Placed(
            entry=motif_entry(motif, target=target, data=data, effects=effects),
            hits=motif.hits,
            tested=motif.tested,
            group=group,
            index=index,
            parent=motif.parent,
        )
        for group, (target, discovery) in enumerate(zip(data.contributions, found, strict=True))
        for index, motif in enumerate(discovery.motifs)
    ]
    placed = without_soft_masked(placed, data.soft_masked, data.labels)
    placed = sorted(without_displaced(sorted(placed, key=rank), data), key=rank)
    placed = named_once(placed, partial(_is_shared, strands=model.strands))
    supported = [one for one in placed if one.entry.status == "supported"]
    grammar = [
        _grammar(supported, group, direction, data=data, strands=model.strands)
        for group in range(len(found))
        for direction in ("for", "against")
    ]
    record = MotifRecord(
        classes=data.classes,
        shuffles=data.shuffles or "",
        background=tuple(found[0].background.tolist()),
        strands=model.strands,
        discovery=counts_of(found, tuple(data.contributions)),
        motifs=tuple(one.entry for one in supported),
        set_aside=tuple(one.entry for one in placed if one.entry.status != "supported"),
        grammar=tuple(group for group in grammar if group.pairs),
    )
    return Found(
        record=with_pair_effects(record, effects, {one.entry.name: _own_sites(one, data) for one in supported}),
        hits=_hits(placed, data),
    )


def searches(heard: Heard, count: int) -> Iterator[Heard]:
    """Yield what hears how far each of so many searches is; the motifs' effects are the rest of the work."""
    heard(0.0)
    return (portion(heard, SEARCH * k / count, SEARCH * (k + 1) / count) for k in range(count))


def _discovered(
    data: MotifInput, target: str, database: Database, model: Model, *, seed: int, heard: Heard
) -> Discovery:
    positive = data.labels == data.classes.index(target)
    rows, hypothetical = data.contributions[target]
    # Where every class is explained, evidence against one is evidence for another, and would be listed twice.
    directions: tuple[Direction, ...] = ("for", "against") if len(data.contributions) == 1 else ("for",)
    found = discover(
        data.codes,
        positive,
        hypothetical,
        rows=rows,
        unseen=data.held_out,
        database=[entry.motif for entry in database.entries],
        strands=model.strands,
        directions=directions,
        targets=len(data.contributions),
        seed=seed,
        heard=heard,
    )
    return with_site_q(found, data.codes, data.labels)


def rank(one: Placed) -> tuple[bool, float, int, int]:
    """Return the key that sorts supported motifs first, strongest first."""
    return one.entry.status != "supported", one.entry.log10_p, one.group, one.index


def _is_shared(one: Placed, other: Placed, *, strands: Strands) -> bool:
    """Whether a motif that holds for no class alone is one that is said to be shared by classes, its own among them."""
    return (
        other.entry.status == "shared"
        and one.entry.status in ("shared", "unsupported")
        and one_matrix(one, other, strands=strands)
    )


def _hits(placed: Sequence[Placed], data: MotifInput) -> pd.DataFrame:
    """hits.tsv: the sites, each with the class of its sequence and whether the motif was tested on it."""
    tables = []
    for one in placed:
        if one.entry.status in WITH_SITES:
            table = hits_table(one.hits, data.ids, [motif_of(one.entry)])
            table["class"] = np.array(data.classes, object)[data.labels[one.hits.sequence]]
            table["tested"] = np.where(one.tested[one.hits.sequence], "yes", "no")
            tables.append(table)
    if tables:
        return pd.concat(tables, ignore_index=True)
    return pd.DataFrame(
        columns=["sequence_id", "start", "end", "strand", "motif", "score", "p", "q", "class", "tested"]
    )


def _grammar(
    supported: Sequence[Placed], group: int, direction: Direction, *, data: MotifInput, strands: Strands
) -> ClassGrammar:
    """Return the pairs of the motifs that are frequent in one class, in its sequences, by the sites of their cards."""
    target = tuple(data.contributions)[group]
    own = [one for one in supported if (one.group, one.entry.direction) == (group, direction)]
    if direction == "against":  # of two classes
        target = next(name for name in data.classes if name != target)
    pairs = motif_pairs(
        [one.hits for one in own],
        rows=np.flatnonzero(data.labels == data.classes.index(target)),
        length=data.codes.shape[1],
        strands=strands,
    )
    return ClassGrammar(target=target, pairs=tuple(pair_of(pair, [one.entry.name for one in own]) for pair in pairs))


def _own_sites(one: Placed, data: MotifInput) -> Hits:
    """The sites in sequences of the class that the motif is frequent in: other classes may have theirs elsewhere."""
    of_target = data.labels[one.hits.sequence] == data.classes.index(one.entry.target)
    return one.hits.take(of_target if one.entry.direction == "for" else ~of_target)


def pair_of(pair: Pair, names: Sequence[str]) -> MotifPair:
    """Return a pair of the motifs of these names as motifs.json has it."""
    return MotifPair(
        a=names[pair.a],
        b=names[pair.b],
        sequences=pair.sequences,
        with_a=pair.with_a,
        with_b=pair.with_b,
        with_both=pair.with_both,
        expected_both=pair.expected_both,
        p=pair.p,
        q=pair.q,
        spacing=None if pair.spacing is None else Spacing.model_validate(pair.spacing),
    )


def counts_of(found: Sequence[Discovery], targets: Sequence[str]) -> DiscoveryCounts:
    """Return the counts of all targets, added up, and their notes."""
    return DiscoveryCounts(
        explained_sequences=max(d.explained_sequences for d in found),
        seqlets_called=sum(d.seqlets_called for d in found),
        seqlets_kept=sum(d.seqlets_kept for d in found),
        clusters=sum(d.clusters for d in found),
        note=". ".join(f"{target}: {d.note}" for target, d in zip(targets, found, strict=True) if d.note),
    )
