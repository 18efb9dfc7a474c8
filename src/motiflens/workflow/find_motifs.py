"""From explained sequences to motifs with evidence, as the run folder keeps them; `name_motifs` names them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from motiflens.data.dataset import Dataset
from motiflens.discovery.discover import discover
from motiflens.discovery.displaced import demote, without_displaced
from motiflens.discovery.evidence import Evidence, MotifEvidence, assess_motifs, weak_sites
from motiflens.discovery.grammar import Pair, motif_pairs
from motiflens.discovery.result import Discovery
from motiflens.discovery.seqlets import Direction
from motiflens.model.ensemble import Model
from motiflens.motifs.database import Database
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import hits_table
from motiflens.run.schema.motifs import (
    ClassGrammar,
    DiscoveryCounts,
    Enrichment,
    MotifEntry,
    MotifPair,
    MotifRecord,
    PositionCounts,
    Spacing,
)
from motiflens.shapes import Attribution, Codes, Labels, Strands
from motiflens.workflow.explain_dataset import Explained, sample_by_class
from motiflens.workflow.motif_effects import ModelEffects, with_model_effects

_MIN_EFFECT = 0.1  # logits
_HITS = ["sequence_id", "start", "end", "strand", "motif", "score", "p", "q"]


@dataclass(frozen=True, kw_only=True)
class MotifInput:
    """Sequences to find motifs in.

    `contributions` holds, by target class, rows (m,) of the sequences and their contributions (m, 4, length).
    `held_out` marks the sequences whose shuffles motifs are inserted into: the test set, where there is one.
    """

    codes: Codes
    labels: Labels
    classes: tuple[str, ...]
    ids: np.ndarray
    held_out: Bool[np.ndarray, " n"]
    contributions: dict[str, tuple[Int64[np.ndarray, " m"], Attribution]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """Motifs with their evidence, and their sites as hits.tsv has them."""

    record: MotifRecord
    hits: pd.DataFrame

    @property
    def motifs(self) -> list[Motif]:
        """The supported motifs, strongest first."""
        return [motif_of(entry) for entry in self.record.motifs]


@dataclass(frozen=True, kw_only=True)
class _ClassMotifs:
    """Discovery and evidence of one target class."""

    target: str
    discovery: Discovery
    evidence: Evidence


def motif_of(entry: MotifEntry) -> Motif:
    """Return the motif of an entry of motifs.json."""
    return Motif(
        name=entry.name, probabilities=entry.probabilities, sites=entry.sites, contributions=entry.contributions
    )


def motif_input(
    explained: Explained, dataset: Dataset, *, held_out: Int64[np.ndarray, " rows"], max_sequences: int, seed: int
) -> MotifInput:
    """Return the explained records and further ones, `max_sequences` in all; `held_out` are rows of the data set."""
    others = np.setdiff1d(np.arange(len(dataset)), explained.rows)
    further = max(max_sequences - len(explained.rows), 0)
    more = sample_by_class(dataset.labels, others, most=further, rng=np.random.default_rng(seed))
    rows = np.sort(np.concatenate([explained.rows, more]))
    where = np.searchsorted(rows, explained.rows)
    return MotifInput(
        codes=dataset.codes[rows],
        labels=dataset.labels[rows],
        classes=dataset.classes,
        ids=dataset.ids[rows],
        held_out=np.isin(rows, held_out),
        contributions={target: (where, effects) for target, effects in explained.by_target.items()},
    )


def find_motifs(data: MotifInput, model: Model, *, database: Database, seed: int) -> Found:
    """Discover and test the motifs of every target class, strongest first over all classes, and their grammar.

    Motifs of the database are candidates beside those of the contributions and of enriched k-mers.
    """
    found = [_of_class(data, target, database, strands=model.strands, seed=seed) for target in data.contributions]
    if len(found) > 1:
        targets = [data.classes.index(f.target) for f in found]
        clear = without_displaced([f.evidence for f in found], data.labels, targets)
        found = [replace(f, evidence=one) for f, one in zip(found, clear, strict=True)]
    effects = ModelEffects(model, data.codes, data.ids, held_out=data.held_out, seed=seed)
    found = [_confirmed_by_model(f, effects) for f in found]
    supported = _strongest_first([f.evidence.supported for f in found])
    others = _strongest_first([f.evidence.not_supported for f in found])
    names = {place: f"motif_{number}" for number, place in enumerate(supported, 1)}
    tables, grammar = [], []
    for i, f in enumerate(found):
        own = tuple(names[i, j] for j in range(len(f.evidence.supported)))
        if f.evidence.hits is not None:
            motifs = [replace(e.motif, name=name) for e, name in zip(f.evidence.supported, own, strict=True)]
            tables.append(hits_table(f.evidence.hits, data.ids, motifs))
            grammar.append(_grammar(f, own, data))
    hits = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_HITS)
    record = MotifRecord(
        classes=data.classes,
        background=tuple(np.mean([f.discovery.background for f in found], axis=0).tolist()),
        discovery=_counts(found),
        motifs=tuple(_entry(found[i].evidence.supported[j], name, found[i].target) for (i, j), name in names.items()),
        not_supported=tuple(
            _entry(found[i].evidence.not_supported[j], f"motif_{number}", found[i].target)
            for number, (i, j) in enumerate(others, 1 + len(supported))
        ),
        grammar=tuple(grammar),
    )
    return Found(record=with_model_effects(record, hits, effects), hits=hits)


def _strongest_first(groups: list[tuple[MotifEvidence, ...]]) -> list[tuple[int, int]]:
    """Return group and index of all motifs, in the order of p; ties are ordered by the in-sample tail."""
    places = [(i, j) for i, group in enumerate(groups) for j in range(len(group))]
    return sorted(places, key=lambda at: (groups[at[0]][at[1]].held_out.p, groups[at[0]][at[1]].found.log_p))


def _confirmed_by_model(found: _ClassMotifs, effects: ModelEffects) -> _ClassMotifs:
    """Drop motifs at a fixed position that the model has no seqlets of and, inserted there, does not respond to.

    Close to a reference position composition changes from base to base, so that k-mer enrichment alone is weak
    evidence there.
    """
    unconfirmed = []
    for j, one in enumerate(found.evidence.supported):
        if one.found.position_window is None or "contributions" in one.found.sources or found.evidence.hits is None:
            continue
        starts = found.evidence.hits.start[found.evidence.hits.motif == j]
        usual = int(np.bincount(starts).argmax()) if len(starts) else one.found.position_window[0]
        effect = effects.insertion(one.motif.probabilities, found.target, start=usual)
        toward = 1 if one.found.direction == "for" else -1
        if not (toward * effect.mean >= _MIN_EFFECT and effect.low * effect.high > 0):
            unconfirmed.append(j)
    reason = f"inserted at its position it moves the model by less than {_MIN_EFFECT} logits; k-mers alone prove little"
    return replace(found, evidence=demote(found.evidence, unconfirmed, reason))


def _grammar(found: _ClassMotifs, names: tuple[str, ...], data: MotifInput) -> ClassGrammar:
    """Return the pairs of one class's motifs in the sequences of that class."""
    sites = weak_sites(found.evidence, found.discovery, data.codes)
    rows = np.flatnonzero(data.labels == data.classes.index(found.target))
    found_pairs = motif_pairs(sites, rows=rows, length=data.codes.shape[1], strands=found.discovery.strands)
    return ClassGrammar(target=found.target, pairs=tuple(_pair(pair, names) for pair in found_pairs))


def _pair(pair: Pair, names: tuple[str, ...]) -> MotifPair:
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


def _entry(one: MotifEvidence, name: str, target: str) -> MotifEntry:
    found = one.found
    return MotifEntry(
        name=name,
        consensus=found.motif.consensus,
        target=target,
        direction=found.direction,
        probabilities=found.motif.probabilities,
        contributions=found.motif.contributions,
        sites=found.motif.sites,
        seqlets=found.seqlets,
        contribution_fraction=found.contribution_fraction,
        sources=found.sources,
        enrichment=Enrichment.model_validate(one.held_out),
        tested_on=one.tested_on,
        replicated_in=one.replicated_in,
        position_window=found.position_window,
        positions=PositionCounts(start=0, bin=one.position_bin, counts=one.position_counts, others=one.position_others),
        per_sequence=dict(zip(("0", "1", "2", "3+"), one.per_sequence, strict=True)),
        reason=one.reason,
    )


def _of_class(data: MotifInput, target: str, database: Database, *, strands: Strands, seed: int) -> _ClassMotifs:
    positive = data.labels == data.classes.index(target)
    rows, hypothetical = data.contributions[target]
    # Where every class is explained, evidence against one is evidence for another, and would be listed twice.
    directions: tuple[Direction, ...] = ("for", "against") if len(data.contributions) == 1 else ("for",)
    found = discover(
        data.codes,
        positive,
        hypothetical,
        rows=rows,
        database=[entry.motif for entry in database.entries],
        strands=strands,
        directions=directions,
        seed=seed,
    )
    return _ClassMotifs(target=target, discovery=found, evidence=assess_motifs(found, data.codes, positive, seed=seed))


def _counts(found: list[_ClassMotifs]) -> DiscoveryCounts:
    """Add up the counts of all targets, and list the notes."""
    of = [f.discovery for f in found]
    return DiscoveryCounts(
        explained_sequences=max(d.explained_sequences for d in of),
        seqlets_called=sum(d.seqlets_called for d in of),
        seqlets_kept=sum(d.seqlets_kept for d in of),
        clusters=sum(d.clusters for d in of),
        note=". ".join(f"{f.target}: {f.discovery.note}" for f in found if f.discovery.note),
    )
