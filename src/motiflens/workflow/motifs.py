"""From explained sequences to motifs with names and evidence, as the run folder keeps them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from motiflens.data.dataset import Dataset
from motiflens.discovery.discover import discover
from motiflens.discovery.displaced import demote, without_displaced
from motiflens.discovery.evidence import Evidence, MotifEvidence, assess_motifs, weak_sites
from motiflens.discovery.grammar import motif_pairs
from motiflens.discovery.result import Discovery
from motiflens.discovery.seqlets import Direction
from motiflens.model.ensemble import Model
from motiflens.model.store import load_model
from motiflens.motifs.database import Database, load_database
from motiflens.motifs.formats import format_motifs
from motiflens.motifs.match import Match, match_motifs
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import hits_table
from motiflens.run.folder import Run
from motiflens.shapes import Attribution, Codes, Labels, Strands
from motiflens.workflow.explain_dataset import Explained, sample_by_class
from motiflens.workflow.motif_effects import ModelEffects, add_model_effects

_LEAST_EFFECT = 0.1  # logits
_HITS = ["sequence_id", "start", "end", "strand", "motif", "score", "p", "q"]


@dataclass(frozen=True, kw_only=True)
class MotifInput:
    """Sequences to find motifs in; contributions (m, 4, length) of those at `rows` (m,), by target class.

    `held_out` (n,) tells which have shuffles that motifs are planted in: the test set, where there is one.
    """

    codes: Codes
    labels: Labels
    classes: tuple[str, ...]
    ids: np.ndarray
    held_out: np.ndarray
    contributions: dict[str, tuple[np.ndarray, Attribution]]


@dataclass(frozen=True, kw_only=True)
class MotifParts:
    """motifs.json, motifs.meme and hits.tsv of a run."""

    record: dict[str, Any]
    hits: pd.DataFrame
    supported: list[Motif]

    def files(self) -> dict[str, Any]:
        """The parts by the names that RunWriter.write and Run.update take."""
        return {"motifs": self.record, "hits": self.hits, "meme": format_motifs(self.supported)}


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The outcome for one target class."""

    target: str
    discovery: Discovery
    evidence: Evidence


def motif_input(explained: Explained, dataset: Dataset, *, held_out: np.ndarray, most: int, seed: int) -> MotifInput:
    """The explained records and further ones, `most` in all, classes in proportion; `held_out` are rows."""
    others = np.setdiff1d(np.arange(len(dataset)), explained.rows)
    room = max(most - len(explained.rows), 0)
    more = sample_by_class(dataset.labels, others, most=room, rng=np.random.default_rng(seed))
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


def find_motifs(data: MotifInput, model: Model, *, database: Path | None, seed: int) -> MotifParts:
    """Discover, test and name the motifs of every target class, strongest first over all classes; and their grammar."""
    known = load_database(database)
    found = [_of_class(data, target, known, strands=model.strands, seed=seed) for target in data.contributions]
    if len(data.classes) > 2:
        targets = [data.classes.index(f.target) for f in found]
        clear = without_displaced([f.evidence for f in found], data.labels, targets)
        found = [replace(f, evidence=one) for f, one in zip(found, clear, strict=True)]
    effects = ModelEffects(model, data.codes, data.ids, held_out=data.held_out, seed=seed)
    found = [_seen_by_the_model(f, effects) for f in found]
    supported = _numbered([(f.target, m) for f in found for m in f.evidence.supported], first=1)
    refuted = _numbered([(f.target, m) for f in found for m in f.evidence.not_supported], first=len(supported) + 1)
    names = match_motifs([m.motif for _, m in supported], known) if supported else []
    record = {
        "classes": list(data.classes),
        "background": np.mean([f.discovery.background for f in found], axis=0).tolist(),
        "discovery": _summary(found),
        "motifs": [
            m.record(target) | {"matches": [_match(x) for x in matches]}
            for (target, m), matches in zip(supported, names, strict=True)
        ],
        "not_supported": [m.record(target) for target, m in refuted],
        "grammar": [],
    }
    renamed = {(t, m.found.log_p, m.found.motif.consensus): m.motif for t, m in supported}
    tables = []
    for f in found:
        if f.evidence.hits is not None:
            motifs = [renamed[f.target, m.found.log_p, m.found.motif.consensus] for m in f.evidence.supported]
            tables.append(hits_table(f.evidence.hits, data.ids, motifs))
            record["grammar"].append(_grammar(f, [m.name for m in motifs], data))
    hits = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=_HITS)
    add_model_effects(record, hits, effects)
    return MotifParts(record=record, hits=hits, supported=[m.motif for _, m in supported])


def _seen_by_the_model(found: _Found, effects: ModelEffects) -> _Found:
    """Without motifs at a fixed place that the model has no seqlets of and, planted there, does not respond to.

    Beside an anchor composition changes from place to place, so that words alone are a weak witness there.
    """
    blind = []
    for j, one in enumerate(found.evidence.supported):
        if one.found.position_window is None or "contributions" in one.found.sources or found.evidence.hits is None:
            continue
        starts = found.evidence.hits.start[found.evidence.hits.motif == j]
        usual = int(np.bincount(starts).argmax()) if len(starts) else one.found.position_window[0]
        effect = effects.insertion(one.motif.probabilities, found.target, start=usual)
        toward = 1 if one.found.direction == "for" else -1
        if not (toward * effect["mean"] >= _LEAST_EFFECT and effect["low"] * effect["high"] > 0):
            blind.append(j)
    reason = (
        f"inserted at its position it moves the model by less than {_LEAST_EFFECT} logits; k-mers alone prove little"
    )
    return replace(found, evidence=demote(found.evidence, blind, reason))


def _grammar(found: _Found, names: list[str], data: MotifInput) -> dict[str, Any]:
    """Pairs of one class's motifs in the sequences of that class."""
    sites = weak_sites(found.evidence, found.discovery, data.codes)
    rows = np.flatnonzero(data.labels == data.classes.index(found.target))
    found_pairs = motif_pairs(sites, rows=rows, length=data.codes.shape[1], strands=found.discovery.strands)
    return {"target": found.target, "pairs": [pair.record(names) for pair in found_pairs]}


def motifs_of_run(run: Run, *, database: Path | None) -> MotifParts:
    """Motifs of a saved run, from the sequences that it explained."""
    saved = run.attributions()
    label = {name: i for i, name in enumerate(run.classes)}
    contributions = {
        str(target): (np.flatnonzero(saved.target == target), saved.hypothetical[saved.target == target])
        for target in dict.fromkeys(saved.target.tolist())
    }
    predictions = run.predictions()
    data = MotifInput(
        codes=saved.codes,
        labels=np.array([label[name] for name in saved.label], np.int64),
        classes=run.classes,
        ids=saved.ids,
        held_out=np.isin(saved.ids, predictions.loc[predictions["split"] == "test", "id"].astype(str)),
        contributions=contributions,
    )
    return find_motifs(data, load_model(run.model_folder), database=database, seed=run.info["seed"])


def _of_class(data: MotifInput, target: str, database: Database, *, strands: Strands, seed: int) -> _Found:
    positive = data.labels == data.classes.index(target)
    rows, hypothetical = data.contributions[target]
    # With more than two classes, what argues against one is what argues for another, and would be listed twice.
    directions: tuple[Direction, ...] = ("for", "against") if len(data.classes) == 2 else ("for",)
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
    return _Found(target=target, discovery=found, evidence=assess_motifs(found, data.codes, positive, seed=seed))


def _numbered(found: list[tuple[str, MotifEvidence]], *, first: int) -> list[tuple[str, MotifEvidence]]:
    """Strongest evidence first, named motif_<n>; p-values too small to tell apart are ordered as discovery saw them."""
    ranked = sorted(found, key=lambda pair: (pair[1].held_out.p, pair[1].found.log_p))
    return [
        (target, replace(m, found=replace(m.found, motif=replace(m.motif, name=f"motif_{number}"))))
        for number, (target, m) in enumerate(ranked, first)
    ]


def _summary(found: list[_Found]) -> dict[str, Any]:
    """The counts of all targets together, and the notes that differ."""
    records = [f.discovery.record() for f in found]
    counts = {name: sum(int(r[name]) for r in records) for name in ("seqlets_called", "seqlets_kept", "clusters")}
    note = ". ".join(f"{f.target}: {f.discovery.note}" for f in found if f.discovery.note)
    return {"explained_sequences": max(int(r["explained_sequences"]) for r in records), **counts, "note": note}


def _match(match: Match) -> dict[str, Any]:
    names = ("name", "accession", "collection", "family", "p", "q", "offset", "strand", "overlap")
    return {name: getattr(match, name) for name in names} | {"probabilities": match.probabilities.tolist()}
