"""Pairs of motifs in words and small pictures: co-occurrence, preferred distance, and their effect in the model."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from motiflens.report.motif_labels import motif_labels
from motiflens.report.text import Number, count, interval, number, p_value, percent
from motiflens.run.schema.motifs import MotifPair, MotifRecord, PairInteraction, Spacing

_Q_LIMIT = 0.05
_WIDTH, _HEIGHT = 180, 36
_GAPS = 60  # letters of the histogram


@dataclass(frozen=True, kw_only=True)
class MotifLabel:
    """A motif of a pair."""

    name: str
    label: str
    consensus: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of a histogram, in pixels."""

    x: float
    y: float
    width: float
    height: float
    best: bool


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Pairs by gap, and the line of chance, from gap `first` to `last`."""

    bars: list[Bar]
    line: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class SpacingView:
    """A preferred distance."""

    order: list[str]
    arrows: list[str]
    gap: str
    observed: str
    chance: str
    fraction: str
    q: Markup
    histogram: Histogram


@dataclass(frozen=True, kw_only=True)
class InteractionView:
    """Effects of two motifs alone and together."""

    left: str
    right: str
    both: str
    extra: str
    interval: str
    comparison: str


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """A pair that stands out; `same` where it is a motif with itself."""

    target: str
    a: MotifLabel
    b: MotifLabel
    same: bool
    both: str
    expected: str
    q: Markup
    spacing: SpacingView | None
    interaction: InteractionView | None


@dataclass(frozen=True, kw_only=True)
class GrammarView:
    """The pairs that stand out, the number of pairs tested, and the size of a histogram in pixels."""

    rows: list[PairRow]
    tested: str
    width: int
    height: int


def grammar_view(record: MotifRecord) -> GrammarView | None:
    """Return the pairs that stand out; None for a run without motifs."""
    if not record.motifs:
        return None
    names = motif_labels(record.motifs)
    labels = {
        motif.name: MotifLabel(name=motif.name, label=names[motif.name], consensus=motif.consensus)
        for motif in record.motifs
    }
    tested = [(group.target, pair) for group in record.grammar for pair in group.pairs]
    rows = [_row(target, pair, labels) for target, pair in tested if _stands_out(pair)]
    return GrammarView(rows=rows, tested=count(len(tested)), width=_WIDTH, height=_HEIGHT)


def _stands_out(pair: MotifPair) -> bool:
    return (pair.q is not None and pair.q <= _Q_LIMIT) or (pair.spacing is not None and pair.spacing.q <= _Q_LIMIT)


def _row(target: str, pair: MotifPair, labels: dict[str, MotifLabel]) -> PairRow:
    fixed = pair.spacing is not None and pair.spacing.q <= _Q_LIMIT
    return PairRow(
        target=target,
        a=labels[pair.a],
        b=labels[pair.b],
        same=pair.a == pair.b,
        both=f"{count(pair.with_both)} of {count(pair.sequences)}",
        expected="" if pair.expected_both is None else count(pair.expected_both),
        q=p_value(pair.q),
        spacing=_spacing(pair.spacing) if fixed and pair.spacing else None,
        interaction=None if pair.interaction is None else _interaction(pair.interaction),
    )


def _spacing(spacing: Spacing) -> SpacingView:
    first, last = spacing.gap
    placed = spacing.arrangement.split()
    return SpacingView(
        order=[which[0] for which in placed],
        arrows=[{">": "→", "<": "←"}[which[1]] for which in placed],
        gap=f"{first}" if first == last else f"{first} to {last}",
        observed=count(spacing.observed),
        chance=number(spacing.chance, 1),
        fraction=percent(spacing.observed, max(sum(spacing.counts), 1)),
        q=p_value(spacing.q),
        histogram=_histogram(spacing.counts, spacing.expected, (first, last)),
    )


def _histogram(counts: Sequence[Number], expected: Sequence[Number], gap: tuple[int, int]) -> Histogram:
    """Draw the pairs by gap, and what chance gives, around the gap that stands out."""
    start = max(0, min(gap[0] - _GAPS // 3, len(counts) - _GAPS))
    shown, chance = counts[start : start + _GAPS], expected[start : start + _GAPS]
    highest = max(*shown, *chance, 1e-9)
    step = _WIDTH / max(len(shown), 1)
    bars = [
        Bar(
            x=round(i * step, 2),
            y=round(_HEIGHT * (1 - value / highest), 2),
            width=round(step * 0.85, 2),
            height=round(_HEIGHT * value / highest, 2),
            best=gap[0] <= start + i <= gap[1],
        )
        for i, value in enumerate(shown)
        if value
    ]
    line = " ".join(f"{(i + 0.42) * step:.1f},{_HEIGHT * (1 - e / highest):.1f}" for i, e in enumerate(chance))
    return Histogram(bars=bars, line=line, first=start, last=start + len(shown) - 1)


def _interaction(effects: PairInteraction) -> InteractionView:
    extra = effects.interaction
    if extra.low is None or extra.high is None:
        comparison = "not defined"
    elif extra.low > 0:
        comparison = "more than the sum"
    elif extra.high < 0:
        comparison = "less than the sum"
    else:
        comparison = "no different from the sum"
    return InteractionView(
        left=number(effects.left.mean, 2),
        right=number(effects.right.mean, 2),
        both=number(effects.both.mean, 2),
        extra=number(extra.mean, 2),
        interval=interval((extra.low, extra.high), 2),
        comparison=comparison,
    )
