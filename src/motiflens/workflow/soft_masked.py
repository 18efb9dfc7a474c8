"""Motifs that are repeats by the soft mask of the sequences' file: lower case, as genomes mark repeats."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import RepeatConfig
from motiflens.discovery.repeats import soft_masked_reason
from motiflens.shapes import Labels
from motiflens.workflow.placed import Placed


def without_soft_masked(
    placed: Sequence[Placed], soft_masked: Bool[np.ndarray, "n length"] | None, group: Labels
) -> list[Placed]:
    """Return the motifs with those set aside as repeats whose sites the file marks; `group` has each sequence's class.

    Without a mask they come back as they are.
    """
    if soft_masked is None:
        return list(placed)
    return [_judged(one, soft_masked, group) if one.entry.status == "supported" else one for one in placed]


def _judged(one: Placed, soft_masked: np.ndarray, group: np.ndarray) -> Placed:
    reason = soft_masked_reason(one.hits, soft_masked, group, config=RepeatConfig())
    if not reason:
        return one
    return replace(one, entry=one.entry.model_copy(update={"status": "repeat", "reason": reason}))
