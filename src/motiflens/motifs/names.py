"""The name that a motif gets from the known motifs that are similar to it: family first, then members."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

SIMILAR = 0.05  # largest q-value of a known motif that names a motif
AS_GOOD = 0.8  # a match with a p-value of at most best ** AS_GOOD is about as good as the best
SHOWN_MEMBERS = 3


@runtime_checkable
class Named(Protocol):
    """What a name needs of a match."""

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def p(self) -> float: ...


def name_from(matches: Sequence[Named]) -> str:
    """Return the name by similar known motifs, best first: "ETS family: GABPA, ELK4", "TATA box"; "" of none.

    Members of a family have motifs too alike to tell which one binds. So the family comes first where several members
    are about as good as the best match, and at most three of them are named.
    """
    if not matches:
        return ""
    best = matches[0]
    families = set(best.family.split(", ")) - {""}
    alike = [m for m in matches if m.p <= best.p**AS_GOOD and families & set(m.family.split(", "))]
    members = list({m.name.upper(): m.name for m in reversed(alike)}.values())[::-1]
    if len(members) < 2:
        return best.name
    shared = [f for f in best.family.split(", ") if all(f in m.family.split(", ") for m in alike)]
    return f"{shared[0] if shared else best.family} family: {', '.join(members[:SHOWN_MEMBERS])}"
