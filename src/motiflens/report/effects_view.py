"""Which motif matters where: the effect of every motif on every number, as a table of shaded cells."""

from dataclasses import dataclass

from motiflens.report.motif_labels import motif_labels
from motiflens.report.text import interval, signed
from motiflens.run.schema.motifs import MotifEntry, MotifRecord, TargetEffect

_CLEAR = 0.05  # opacity of the smallest effect


@dataclass(frozen=True, kw_only=True)
class EffectCell:
    """An effect; `opacity` is its size over the largest of its number, `clear` whether its interval excludes 0."""

    effect: str
    interval: str
    raises: bool
    clear: bool
    opacity: str


@dataclass(frozen=True, kw_only=True)
class EffectRow:
    """The effects of a motif."""

    name: str
    label: str
    consensus: str
    cells: list[EffectCell]


@dataclass(frozen=True, kw_only=True)
class EffectsView:
    """The table."""

    targets: list[str]
    rows: list[EffectRow]


def effects_view(record: MotifRecord | None) -> EffectsView | None:
    """Return the effects of the supported motifs, the other motifs held constant; None of a run with classes."""
    if record is None or not any(entry.effects for entry in record.motifs):
        return None
    labels = motif_labels(record.motifs)
    values = effects_by_target(record)
    largest = [max((abs(row[i]) for row in values), default=0.0) or 1.0 for i in range(len(record.classes))]
    return EffectsView(
        targets=list(record.classes),
        rows=[
            EffectRow(
                name=entry.name, label=labels[entry.name], consensus=entry.consensus, cells=_cells(entry, largest)
            )
            for entry in record.motifs
        ],
    )


def effects_by_target(record: MotifRecord) -> list[list[float]]:
    """Return the effect of each supported motif on each number, the others held constant; 0 where it is undefined."""
    return [[_mean(one) for one in entry.effects] for entry in record.motifs]


def _mean(one: TargetEffect) -> float:
    given = one.given_others
    return 0.0 if given is None or given.mean is None else given.mean


def _cells(entry: MotifEntry, largest: list[float]) -> list[EffectCell]:
    cells = []
    for one, most in zip(entry.effects, largest, strict=True):
        given = one.given_others
        if given is None or given.mean is None or given.low is None or given.high is None:
            cells.append(EffectCell(effect="–", interval="", raises=True, clear=False, opacity="0"))
            continue
        cells.append(
            EffectCell(
                effect=signed(given.mean, 2),
                interval=interval((given.low, given.high), 2),
                raises=given.mean > 0,
                clear=given.low > 0 or given.high < 0,
                opacity=f"{max(0.85 * abs(given.mean) / most, _CLEAR):.2f}",
            )
        )
    return cells
