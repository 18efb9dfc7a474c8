"""The evidence on the card of a motif of numbers: its effect on each number, the test, and how to recompute it."""

from dataclasses import dataclass

from markupsafe import Markup

from motiflens.report.text import count, interval, number, p_value, signed, small_power
from motiflens.report.wording import Words
from motiflens.run.schema.motifs import Effect, EffectPlace, MotifEntry, TargetEffect

_DIGITS = 2
_TESTS = {
    "rank sum": "rank sum test (Mann–Whitney), one-sided",
    "permutation": "permutation test of the mean (by Pearson's type III curve), one-sided",
    "Fisher": "Fisher's exact test, one-sided",
}


@dataclass(frozen=True, kw_only=True)
class TargetRow:
    """The effect on one number; `own` marks the one that the motif was found by."""

    name: str
    own: bool
    effect: str
    interval: str
    means: str
    composition: str
    given_others: str
    given_interval: str
    planted: str
    planted_interval: str
    p: Markup


@dataclass(frozen=True, kw_only=True)
class PlaceRow:
    """Where the sites matter most: what they do there, what they do elsewhere, and the test."""

    positions: str
    there: str
    elsewhere: str
    test: str
    p: Markup
    q: Markup


@dataclass(frozen=True, kw_only=True)
class MeasuredEvidence:
    """What takes the place of counts by class."""

    rows: list[TargetRow]
    more: str
    recompute: str
    place: PlaceRow | None


def measured_evidence(entry: MotifEntry, words: Words) -> MeasuredEvidence | None:
    """Return the evidence of a motif of numbers; None of a motif of classes."""
    if not entry.effects:
        return None
    side = words.test[entry.direction == "against"]
    return MeasuredEvidence(
        rows=[_row(one, own=one.target == entry.target) for one in entry.effects],
        more=words.more,
        recompute=recompute(entry),
        place=None if entry.place is None else _place(entry.place, _TESTS[entry.own_effect.test], side),
    )


def sequences_tested(entry: MotifEntry) -> str:
    """Return the sequences that a motif of numbers was tested on."""
    own = entry.own_effect
    return f"{count(own.n_with)} with a site and {count(own.n_without)} without"


def name_of_test(entry: MotifEntry, words: Words) -> str:
    """Return the name of the test of a motif of numbers."""
    side = words.test[entry.direction == "against"]
    left_out = entry.reason.startswith("explained by composition")
    return (
        f"{_TESTS[entry.own_effect.test]}: those with a site {side} those without, composition "
        f"{'left out' if left_out else 'taken off'}"
    )


def recompute(entry: MotifEntry) -> str:
    """Return the Python that gives p of a motif's own test from the files of the run."""
    column = entry.target
    half = {"first": 'm[m["half"] == "first"]', "second": 'm[m["half"] == "second"]'}
    part = half.get(entry.tested_part, 'm[m["unseen"] == "yes"]' if entry.tested_part == "unseen" else "m")
    supports = entry.direction == "for"
    read = (
        'm = pandas.read_csv("measured.tsv", sep="\\t", dtype={"id": str}); '
        'h = pandas.read_csv("hits.tsv", sep="\\t", dtype={"sequence_id": str}); '
        f'm = {part}.dropna(subset=["{column}"]); '
        f'site = m["id"].isin(h["sequence_id"][h["motif"] == "{entry.name}"]); '
    )
    if entry.own_effect.test == "Fisher":
        return (
            f'{read}e = m["{column} by composition"].groupby(site).mean().clip(1e-4, 1 - 1e-4); o = e / (1 - e); '
            f'y = m["{column}"] == {int(supports)}; n = (y & site).sum(); '
            f"law = scipy.stats.nchypergeom_fisher(len(y), y.sum(), site.sum(), o[{supports}] / o[{not supports}]); "
            "law.pmf(range(n, min(y.sum(), site.sum()) + 1)).sum()"
        )
    if entry.own_effect.test == "permutation":
        return (
            f'{read}r = {"" if supports else "-"}(m["{column}"] - m["{column} by composition"])'
            f' / m.get("{column} spread", 1); r = r - r.mean(); '
            "n, k = len(r), site.sum(); v = k * (n - k) / n * r.var(); "
            "g = k * (n - k) * (n - 2 * k) / (n * (n - 1) * (n - 2)) * (r**3).sum() / v**1.5; "
            "scipy.stats.pearson3.sf(r[site].sum() / v**0.5, max(g, 0))"
        )
    return (
        f'{read}r = m["{column}"] - m["{column} by composition"]; scipy.stats.mannwhitneyu(r[site], r[~site], '
        f'alternative="{"greater" if supports else "less"}", method="asymptotic").pvalue'
    )


def _row(one: TargetEffect, *, own: bool) -> TargetRow:
    given, planted = one.given_others, one.planted
    return TargetRow(
        name=one.target,
        own=own,
        effect=signed(one.effect, _DIGITS),
        interval=_between(one.low, one.high),
        means=_means(one),
        composition=signed(one.by_composition, _DIGITS),
        given_others=_mean(given),
        given_interval="" if given is None else _between(given.low, given.high),
        planted=_mean(planted),
        planted_interval="" if planted is None else _between(planted.low, planted.high),
        p=small_power(one.log10_p) if one.p == 0 else p_value(one.p),
    )


def _means(one: TargetEffect) -> str:
    """The means of sequences with and without a site; of counts their rates, and how many times one is the other."""
    if one.rate_with is None or one.rate_without is None:
        return f"{signed(one.mean_with, _DIGITS)} with, {signed(one.mean_without, _DIGITS)} without"
    times = f" ({number(one.rate_with / one.rate_without, _DIGITS)} times)" if one.rate_without else ""
    return f"rate {one.rate_with:.3g} with, {one.rate_without:.3g} without{times}"


def _place(place: EffectPlace, tested_by: str, side: str) -> PlaceRow:
    part = "the sequences that the model has not seen" if place.part == "unseen" else f"the {place.part} half"
    return PlaceRow(
        positions=f"{place.start + 1} to {place.end}",
        there=_with_interval(place.there),
        elsewhere=_with_interval(place.elsewhere),
        test=f"{tested_by}, in {part}; the place was chosen in the others: {count(place.there.n)} with a "
        f"site there {side} {count(place.elsewhere.n)} with sites elsewhere alone",
        p=small_power(place.log10_p) if place.p == 0 else p_value(place.p),
        q=p_value(place.q),
    )


def _with_interval(effect: Effect) -> str:
    return f"{_mean(effect)} ({_between(effect.low, effect.high)})"


def _mean(effect: Effect | None) -> str:
    return "–" if effect is None or effect.mean is None else signed(effect.mean, _DIGITS)


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else interval((low, high), _DIGITS)
