"""One list of the motifs of all numbers: each once, and only what holds while the others are held constant."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.given_others import Claim, Number, unfounded_claim
from motiflens.shapes import Strands
from motiflens.workflow.find_motifs import rank
from motiflens.workflow.measured_entry import Halves
from motiflens.workflow.measured_input import MeasuredInput
from motiflens.workflow.placed import Placed, named_once, one_matrix


def listed_once(placed: Sequence[Placed], data: MeasuredInput, halves: Halves, *, strands: Strands) -> list[Placed]:
    """Return the motifs, each once, supported ones first and strongest first, with their names.

    Unsupported become those that add too little to their number while the others are held constant. They go one at a
    time: the same motif may hold for another number, and then takes the place.
    """
    left = list(placed)
    while True:
        named = named_once(sorted(left, key=rank), partial(one_matrix, strands=strands))
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
    n = len(data.codes)
    return np.array([one.hits.in_sequences(n) for one in placed], bool).reshape(len(placed), n).T


def _unfounded(supported: Sequence[Placed], data: MeasuredInput, halves: Halves) -> tuple[int, str] | None:
    """The one that adds least of what it must to its number, with the reason."""
    claims = [
        Claim(number=one.entry.target, direction=one.entry.direction, window=one.entry.position_window)
        for one in supported
    ]
    numbers = {name: Number(values=values, expected=halves.expected[name]) for name, values in data.numbers.items()}
    return unfounded_claim(sites_of(supported, data), claims, numbers, config=EvidenceConfig())
