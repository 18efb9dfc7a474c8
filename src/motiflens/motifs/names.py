"""The name that a motif gets from the known motifs that are similar to it: family first, then members."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

SIMILAR = 0.05  # largest q-value of a known motif that names a motif
AS_GOOD = 0.8  # a match with a p-value of at most best ** AS_GOOD is about as good as the best
SHOWN_MEMBERS = 3
ELEMENTS = ("elements", "SPLICE")  # ends of the names of collections of elements


@runtime_checkable
class Named(Protocol):
    """What a name needs of a match."""

    @property
    def name(self) -> str: ...
    @property
    def collection(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def p(self) -> float: ...


def name_from(matches: Sequence[Named]) -> str:
    """Return the name by similar known motifs, best first: "ETS family: GABPA, ELK4", "TATA box"; "" of none.

    Members of a family have motifs too alike to tell which one binds. So the family comes first where several members
    are about as good as the best match, and at most three of them are named. The best match's own family is taken
    before others; another one where it has most of these matches, because a single motif of a database can be another
    factor's. A best match without a family gives way to a family that has most of all similar motifs: JASPAR's ZBTB11
    is an ETS site. Elements of promoters and splice sites have no family.
    """
    if not matches:
        return ""
    best = matches[0]
    if best.collection.endswith(ELEMENTS):
        return best.name
    alike = [match for match in matches if match.p <= best.p**AS_GOOD or not best.family]
    families = dict.fromkeys(family for match in alike for family in match.family.split(", ") if family)
    members = {family: _members(family, alike) for family in families}
    own = [family for family in best.family.split(", ") if len(members.get(family, ())) > 1]
    most = [family for family, names in members.items() if len(names) > max(1, len(alike) / 2)]
    chosen = max(own or most, key=lambda family: len(members[family]), default="")
    return f"{chosen} family: {', '.join(members[chosen][:SHOWN_MEMBERS])}" if chosen else best.name


def _members(family: str, matches: Sequence[Named]) -> list[str]:
    """Return the names of a family's matches, best first; a factor of several species counts once."""
    named = [match.name for match in matches if family in match.family.split(", ")]
    return list({name.upper(): name for name in reversed(named)}.values())[::-1]
