"""A motif of one class or number among those of all: its place, its name, and whether another is the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.evidence import overlap
from motiflens.motifs.correlation import are_one
from motiflens.motifs.scan import Hits
from motiflens.run.schema.motifs import MotifEntry
from motiflens.shapes import Strands


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An entry of the record with its sites, and its place in the discovery of its class."""

    entry: MotifEntry
    hits: Hits
    tested: Bool[np.ndarray, " n"]
    group: int
    index: int
    parent: int | None

    def named(self, names: Mapping[tuple[int, int], str]) -> "Placed":
        """Return it with its name and that of the motif whose echo it is, by group and index."""
        parent = "" if self.parent is None else names[self.group, self.parent]
        entry = self.entry.model_copy(update={"name": names[self.group, self.index], "parent": parent})
        return replace(self, entry=entry)


def named_once(placed: Sequence[Placed], same: Callable[[Placed, Placed], bool]) -> list[Placed]:
    """Return the motifs, each once, with their names in this order, and the names of the motifs that echoes live off.

    Args:
        placed: the motifs of all groups.
        same: whether the first of two, which comes later, is no more than the second; asked across groups alone. Its
            echoes are then the second's.
    """
    kept: list[Placed] = []
    names: dict[tuple[int, int], str] = {}
    for one in placed:
        first = next((other for other in kept if other.group != one.group and same(one, other)), None)
        if first is None:
            kept.append(one)
        shown = one if first is None else first
        names[one.group, one.index] = names.get((shown.group, shown.index), f"motif_{len(kept)}")
    return [one.named(names) for one in kept]


def one_matrix(one: Placed, other: Placed, *, strands: Strands) -> bool:
    """Return whether two motifs have the same matrix, at places that overlap."""
    least = DiscoveryConfig().same_motif_correlation
    return overlap(one.entry.position_window, other.entry.position_window) and are_one(
        one.entry.probabilities, other.entry.probabilities, least=least, strands=strands
    )
