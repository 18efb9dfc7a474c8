"""Where the sites of the supported motifs of numbers matter most, as the entries in motifs.json have it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from motiflens.discovery.association import AssociationTest
from motiflens.discovery.config import EvidenceConfig, PlaceConfig
from motiflens.discovery.places import Place, place_of
from motiflens.motifs.statistics import benjamini_hochberg
from motiflens.run.schema.motifs import Effect, EffectPlace
from motiflens.workflow.measured_entry import Halves
from motiflens.workflow.measured_input import MeasuredInput
from motiflens.workflow.placed import Placed

_TestedPart = Literal["first", "second", "unseen"]


def with_places(supported: Sequence[Placed], data: MeasuredInput, halves: Halves) -> list[Placed]:
    """Return motifs with the place where their sites move their own number most, where such a place is confirmed.

    Those with a position window have theirs already. A place is confirmed by the test, corrected for the number of
    motifs, and by a difference that is clear of 0 and as large as the effect of a motif must be.
    """
    sought = {i: place for i, one in enumerate(supported) if (place := _place(one, data, halves)) is not None}
    q = benjamini_hochberg(np.array([place.test.p for place in sought.values()]))
    out = list(supported)
    for (i, place), value in zip(sought.items(), q, strict=True):
        if value > PlaceConfig().max_q or place.test.too_small(window=None, config=EvidenceConfig()):
            continue
        shown = _shown(place, _tested_part(supported[i]), q=float(value))
        out[i] = replace(supported[i], entry=supported[i].entry.model_copy(update={"place": shown}))
    return out


def _place(one: Placed, data: MeasuredInput, halves: Halves) -> Place | None:
    if one.entry.position_window is not None:
        return None
    part = _tested_part(one)
    tested = {"first": halves.first, "second": ~halves.first, "unseen": one.tested}[part]
    return place_of(
        one.hits,
        data.numbers[one.entry.target],
        halves.expected[one.entry.target],
        tested=tested,
        chosen=~tested,
        raises=one.entry.direction == "for",
        by=data.tests[one.entry.target],
        length=data.codes.shape[1],
    )


def _tested_part(one: Placed) -> _TestedPart:
    """What the motif was tested on; a matrix of the database, learned from no sequence, is placed in the first half."""
    part = one.entry.tested_part
    return "second" if part == "all" or part == "" else part


def _shown(place: Place, part: _TestedPart, *, q: float) -> EffectPlace:
    return EffectPlace(
        start=place.window[0],
        end=place.window[1],
        part=part,
        there=_effect(place.there, place.there.n_with),
        elsewhere=_effect(place.elsewhere, place.elsewhere.n_with),
        difference=_effect(place.test, place.test.n_with + place.test.n_without),
        p=place.test.p,
        log10_p=float(place.test.log_p / np.log(10)),
        q=q,
    )


def _effect(test: AssociationTest, n: int) -> Effect:
    low, high = test.interval
    return Effect(mean=test.effect, low=low, high=high, n=n)
