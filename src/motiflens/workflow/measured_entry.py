"""From a motif of numbers to its entry in motifs.json: its effect on every number, the model's response, status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

from motiflens.discovery.association import AssociationTest, association_test
from motiflens.discovery.result import FoundMotif
from motiflens.run.schema.motifs import MotifEffects, MotifEntry, TargetEffect
from motiflens.workflow.measured_input import MeasuredInput
from motiflens.workflow.motif_effects import ModelEffects
from motiflens.workflow.motif_entry import (
    ASKED,
    LEAST_LOGITS,
    counts_of,
    facts_of,
    positions_of,
    sites_per_sequence,
    status_of,
)


@dataclass(frozen=True, kw_only=True)
class Halves:
    """Which sequences are in the first half, and what composition, learned from the other half, makes of each number.

    `unseen` are the sequences that the model has seen nothing of.
    """

    first: Bool[np.ndarray, " n"]
    unseen: Bool[np.ndarray, " n"]
    expected: Mapping[str, Float64[np.ndarray, " n"]]


def measured_entry(
    found: FoundMotif, *, target: str, data: MeasuredInput, halves: Halves, effects: ModelEffects
) -> MotifEntry:
    """Return the entry of a motif that raises or lowers a number; its name is still empty.

    Args:
        found: the motif.
        target: the number, or the difference of two.
        data: the sequences.
        halves: what the tests go by.
        effects: the model.
    """
    values = data.numbers[target]
    known, higher = np.isfinite(values), data.is_higher(target)
    inside = higher if found.direction == "for" else known & ~higher
    site = found.hits.in_sequences(len(data.codes))
    effect = effects.of_motif(found, target, inside=inside) if found.status in ASKED else None
    least = LEAST_LOGITS if data.tests[target].name == "Fisher" else 0.0  # a number has a unit of its own
    status, reason = status_of(found, effect, least_effect=least)
    hits = found.hits.take(known[found.hits.sequence])
    outside = known & ~inside
    return MotifEntry(
        **facts_of(found, target),
        tested_part=_part(found, halves),
        effects=_by_target(
            found, target, site, inside=inside, data=data, halves=halves, effect=effect, effects=effects
        ),
        counts=counts_of(site, inside, outside),
        positions=positions_of(hits, inside, data.codes.shape[1]),
        per_sequence=sites_per_sequence(hits, known),
        effect=effect,
        status=status,
        reason=reason,
    )


def _part(found: FoundMotif, halves: Halves) -> Literal["first", "second", "unseen", "all"]:
    """Which sequences were tested, as measured.tsv names them."""
    if found.source == "database":
        return "all"
    if found.source == "contributions":
        return "unseen"
    return "first" if np.array_equal(found.tested, halves.first) else "second"


def _by_target(
    found: FoundMotif,
    target: str,
    site: np.ndarray,
    *,
    inside: np.ndarray,
    data: MeasuredInput,
    halves: Halves,
    effect: MotifEffects | None,
    effects: ModelEffects,
) -> tuple[TargetEffect, ...]:
    """The effect on every number: on its own as it was tested, on the others two-sided."""
    out = []
    for name in data.numbers:
        planted = None
        if effect is not None:
            planted = effect.insertion if name == target else effects.planted(found, name, inside=inside)
        if name == target:
            assert isinstance(found.test, AssociationTest)
            shown, log_p, q = found.test, found.test.log_p, found.q
        else:
            shown, log_p = _two_sided(site, data, name, halves.expected[name], rows=found.tested)
            q = None
        more = {
            "planted": planted,
            "rate_with": data.rate(name, found.tested & site),
            "rate_without": data.rate(name, found.tested & ~site),
        }
        out.append(_target_effect(name, shown, log_p=log_p, q=q).model_copy(update=more))
    return tuple(out)


def _two_sided(
    site: np.ndarray, data: MeasuredInput, name: str, expected: np.ndarray, *, rows: np.ndarray
) -> tuple[AssociationTest, float]:
    """The test in the direction that has the smaller p-value, and the log of it, doubled."""
    both = [
        association_test(site, data.numbers[name], expected, rows=rows, raises=raises, by=data.tests[name])
        for raises in (True, False)
    ]
    shown = min(both, key=lambda one: one.log_p)
    return shown, min(0.0, shown.log_p + float(np.log(2)))


def _target_effect(name: str, test: AssociationTest, *, log_p: float, q: float | None) -> TargetEffect:
    low, high = test.interval
    return TargetEffect(
        target=name,
        n_with=test.n_with,
        n_without=test.n_without,
        mean_with=test.mean_with,
        mean_without=test.mean_without,
        by_composition=test.by_composition,
        effect=test.effect,
        low=low,
        high=high,
        sd_with=test.sd_with,
        sd_without=test.sd_without,
        superiority=test.superiority,
        test=test.name,
        p=float(np.exp(log_p)),
        log10_p=float(log_p / np.log(10)),
        q=q,
    )
