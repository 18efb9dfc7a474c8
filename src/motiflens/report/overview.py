"""The first screen: what the motifs are, how good the model is, what to doubt."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from motiflens.report.motif_view import MotifRow
from motiflens.report.text import typeset
from motiflens.report.view import VerdictView

_MOTIFS = 6
_DOUBTS = 4


@dataclass(frozen=True, kw_only=True)
class MotifTile:
    """A motif in short."""

    name: str
    title: str
    numbered: bool
    logo: Markup
    colour: str
    group: str
    share: str
    others: str
    others_share: str
    place: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The first screen; `more` motifs are in the table only, `more_doubts` further down."""

    motifs: list[MotifTile]
    more: int
    doubts: list[str]
    more_doubts: int


def overview(rows: Sequence[MotifRow], verdict: VerdictView | None) -> Overview:
    """Return the first screen: the strongest motifs and the gravest doubts."""
    doubts = [*verdict.doubts, *map(typeset, verdict.warnings)] if verdict else []
    return Overview(
        motifs=[_tile(row) for row in rows[:_MOTIFS]],
        more=max(0, len(rows) - _MOTIFS),
        doubts=doubts[:_DOUBTS],
        more_doubts=max(0, len(doubts) - _DOUBTS),
    )


def _says(row: MotifRow) -> str:
    """Say what a tile's shares do not: of numbers the direction, of classes only that it speaks against one."""
    if row.measured:
        return f"{row.says.partition(' ')[2]} {row.target}"
    return f"speaks against {row.target}" if row.against else ""


def _tile(row: MotifRow) -> MotifTile:
    """A motif against a class is frequent in the others."""
    own, other = row.rates[::-1] if row.against else row.rates
    return MotifTile(
        name=row.name,
        title=row.known_as.partition(":")[0] or row.name,
        numbered=bool(row.known_as),
        logo=row.logo,
        colour="" if row.against else row.colour,
        group=row.group,
        share=own.share,
        others=row.own if row.against else row.others,
        others_share=other.share,
        place=row.place,
        says=_says(row),
    )
