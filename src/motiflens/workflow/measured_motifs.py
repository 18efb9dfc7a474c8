"""From sequences with numbers to motifs with evidence: one list for all numbers, with the effect on each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from motiflens.discovery.discover_numbers import discover_numbers, first_half
from motiflens.discovery.families import families, unrelated
from motiflens.discovery.given_others import effects_given_others
from motiflens.discovery.grammar import motif_pairs
from motiflens.discovery.measured import expected_by_other_half
from motiflens.discovery.progress import Heard, unheard
from motiflens.discovery.result import Discovery
from motiflens.discovery.site_q import with_site_q
from motiflens.model.ensemble import Model
from motiflens.motifs.database import Database
from motiflens.motifs.scan import hits_table
from motiflens.run.schema.motifs import ClassGrammar, Effect, MotifEntry, MotifRecord
from motiflens.shapes import Strands
from motiflens.workflow.find_motifs import WITH_SITES, Found, counts_of, motif_of, pair_of, searches
from motiflens.workflow.listed_motifs import listed_once, sites_of
from motiflens.workflow.measured_entry import Halves, measured_entry
from motiflens.workflow.measured_input import MeasuredInput
from motiflens.workflow.measured_places import with_places
from motiflens.workflow.motif_effects import ModelEffects, with_pair_effects
from motiflens.workflow.placed import Placed
from motiflens.workflow.soft_masked import without_soft_masked

#: What the sequences are called that pairs of motifs are counted in.
EVERYWHERE = "all sequences"


def find_measured_motifs(
    data: MeasuredInput, model: Model, *, database: Database, seed: int, heard: Heard = unheard
) -> Found:
    """Discover and test the motifs of every number, one list for all of them, and their grammar.

    A supported motif raises or lowers a number where it was not learned, given composition, and moves the model the
    same way: planted up and erased down, or the reverse, with intervals clear of 0. A motif that several
    numbers have is listed once, where its test is strongest, with its effect on each. `heard` hears the share done.
    """
    halves = _halves(data, model.strands, seed=seed)
    found = {
        name: _discovered(data, name, halves, database, model, seed=seed, heard=part)
        for name, part in zip(data.numbers, searches(heard, len(data.numbers)), strict=True)
    }
    contrasts = {one.name: (one.more, one.less) for one in data.contrasts}
    effects = ModelEffects(model, data.codes, held_out=data.held_out, seed=seed, contrasts=contrasts)
    placed = [
        Placed(
            entry=measured_entry(motif, target=name, data=data, halves=halves, effects=effects),
            hits=motif.hits,
            tested=motif.tested,
            group=group,
            index=index,
            parent=motif.parent,
        )
        for group, (name, discovery) in enumerate(found.items())
        for index, motif in enumerate(discovery.motifs)
    ]
    placed = without_soft_masked(placed, data.soft_masked, np.zeros(len(data.codes), np.int64))
    placed = listed_once(placed, data, halves, strands=model.strands)
    supported = _given_others([one for one in placed if one.entry.status == "supported"], data, halves)
    supported = with_places(supported, data, halves)
    others = [one for one in placed if one.entry.status != "supported"]
    record = MotifRecord(
        classes=tuple(data.numbers),
        background=tuple(next(iter(found.values())).background.tolist()),
        strands=model.strands,
        discovery=counts_of(list(found.values()), tuple(found)),
        motifs=tuple(one.entry for one in supported),
        set_aside=tuple(one.entry for one in others),
        grammar=_grammar(supported, data, model.strands),
    )
    return Found(
        record=with_pair_effects(record, effects, {one.entry.name: one.hits for one in supported}),
        hits=_hits([*supported, *others], data),
        measured=_measured(data, halves),
    )


def _halves(data: MeasuredInput, strands: Strands, *, seed: int) -> Halves:
    numbers = list(data.numbers.values())
    first = first_half(data.codes, numbers[0], seed=seed)
    expected = {
        name: expected_by_other_half(data.codes, values, first, strands=strands)
        for name, values in data.numbers.items()
    }
    return Halves(first=first, unseen=unrelated(families(data.codes), data.held_out), expected=expected)


def _discovered(
    data: MeasuredInput, name: str, halves: Halves, database: Database, model: Model, *, seed: int, heard: Heard
) -> Discovery:
    explained = data.explained(name)
    found = discover_numbers(
        data.codes,
        data.numbers[name],
        None if explained is None else explained[1],
        rows=None if explained is None else explained[0],
        unseen=data.held_out,
        first=halves.first,
        database=[entry.motif for entry in database.entries],
        strands=model.strands,
        targets=len(data.numbers),
        by=data.tests[name],
        seed=seed,
        heard=heard,
    )
    groups = np.where(np.isfinite(data.numbers[name]), data.is_higher(name), 2)  # of a label, those that have it
    return with_site_q(found, data.codes, groups.astype(np.int64))


def _given_others(supported: Sequence[Placed], data: MeasuredInput, halves: Halves) -> list[Placed]:
    """The supported motifs with what each adds to every number while the others are held constant."""
    if not supported:
        return []
    sites = sites_of(supported, data)
    slopes = {name: effects_given_others(sites, values, halves.expected[name]) for name, values in data.numbers.items()}
    return [
        replace(one, entry=_with_slopes(one.entry, {name: Effect.model_validate(of[i]) for name, of in slopes.items()}))
        for i, one in enumerate(supported)
    ]


def _with_slopes(entry: MotifEntry, slopes: Mapping[str, Effect]) -> MotifEntry:
    effects = tuple(one.model_copy(update={"given_others": slopes[one.target]}) for one in entry.effects)
    return entry.model_copy(update={"effects": effects})


def _grammar(supported: Sequence[Placed], data: MeasuredInput, strands: Strands) -> tuple[ClassGrammar, ...]:
    """The pairs of the supported motifs in all sequences."""
    pairs = motif_pairs(
        [one.hits for one in supported],
        rows=np.arange(len(data.codes)),
        length=data.codes.shape[1],
        strands=strands,
    )
    names = [one.entry.name for one in supported]
    return (ClassGrammar(target=EVERYWHERE, pairs=tuple(pair_of(pair, names) for pair in pairs)),) if pairs else ()


def _hits(placed: Sequence[Placed], data: MeasuredInput) -> pd.DataFrame:
    """hits.tsv: the sites, each with whether the motif was tested on its sequence."""
    tables = []
    for one in placed:
        if one.entry.status in WITH_SITES:
            table = hits_table(one.hits, data.ids, [motif_of(one.entry)])
            table["tested"] = np.where(one.tested[one.hits.sequence], "yes", "no")
            tables.append(table)
    if tables:
        return pd.concat(tables, ignore_index=True)
    return pd.DataFrame(columns=["sequence_id", "start", "end", "strand", "motif", "score", "p", "q", "tested"])


def _measured(data: MeasuredInput, halves: Halves) -> pd.DataFrame:
    """measured.tsv: what the tests went by, every sequence with its half, its numbers and composition's."""
    table = pd.DataFrame({"id": data.ids})
    table["half"] = np.where(halves.first, "first", "second")
    table["unseen"] = np.where(halves.unseen, "yes", "no")
    for name, values in data.numbers.items():
        table[name] = values
        table[f"{name} by composition"] = halves.expected[name]
    if data.counts is not None and data.exposure is not None:
        for column, name in enumerate(data.targets):
            table[f"{name} counted"] = data.counts[:, column]
            table[f"{name} spread"] = data.tests[name].spread(halves.expected[name])
        table["exposure"] = data.exposure[:, 0]
    return table
