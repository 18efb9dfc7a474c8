"""One list of the motifs of all numbers: each once, and only what holds while the others are held constant."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import DiscoveryConfig, EvidenceConfig
from motiflens.discovery.evidence import overlap
from motiflens.discovery.given_others import Claim, Number, unfounded_claim
from motiflens.motifs.correlation import are_one
from motiflens.shapes import Strands
from motiflens.workflow.displaced import Placed
from motiflens.workflow.find_motifs import rank
from motiflens.workflow.measured_entry import Halves
from motiflens.workflow.measured_input import MeasuredInput


def listed_once(placed: Sequence[Placed], data: MeasuredInput, halves: Halves, *, strands: Strands) -> list[Placed]:
    """Return the motifs, each once, supported ones first and strongest first, with their names.

    Unsupported become those that add too little to their number while the others are held constant. They go one at a
    time: the same motif may hold for another number, and then takes the place.
    """
    left = list(placed)
    while True:
        named = _named(sorted(left, key=rank), strands=strands)
        supported = [one for one in named if one.entry.status == "supported"]
        found = _unfounded(supported, data, halves)
        if found is None:
            return named
        weakest, reason = found
        gone = supported[weakest]
        update = {"status": "unsupported", "reason": reason}
        left = [
            replace(one, entry=one.entry.model_copy(update=update))
            if (one.group, one.index) == (gone.group, gone.index)
            else one
            for one in left
        ]


def sites_of(placed: Sequence[Placed], data: MeasuredInput) -> Bool[np.ndarray, "n motifs"]:
    """Return whether each sequence has a site of each motif."""
    return np.array([one.hits.in_sequences(len(data.codes)) for one in placed], bool).reshape(len(placed), -1).T


def _unfounded(supported: Sequence[Placed], data: MeasuredInput, halves: Halves) -> tuple[int, str] | None:
    """The one that adds least of what it must to its number, with the reason."""
    claims = [
        Claim(number=one.entry.target, direction=one.entry.direction, window=one.entry.position_window)
        for one in supported
    ]
    numbers = {name: Number(values=values, expected=halves.expected[name]) for name, values in data.numbers.items()}
    return unfounded_claim(sites_of(supported, data), claims, numbers, config=EvidenceConfig())


def _named(placed: Sequence[Placed], *, strands: Strands) -> list[Placed]:
    """The motifs, each once, with their names in this order, and the names of the motifs that echoes live off.

    A motif that equals one before it, of another number, is the same motif: its echoes are that one's.
    """
    kept: list[Placed] = []
    names: dict[tuple[int, int], str] = {}
    for one in placed:
        same = next((other for other in kept if other.group != one.group and _same(one, other, strands)), None)
        if same is None:
            kept.append(one)
        shown = one if same is None else same
        names[one.group, one.index] = names.get((shown.group, shown.index), f"motif_{len(kept)}")
    return [one.named(names) for one in kept]


def _same(one: Placed, other: Placed, strands: Strands) -> bool:
    least = DiscoveryConfig().same_motif_correlation
    return overlap(one.entry.position_window, other.entry.position_window) and are_one(
        one.entry.probabilities, other.entry.probabilities, least=least, strands=strands
    )
