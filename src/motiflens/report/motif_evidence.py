"""The evidence on a motif's card: what a site is, the counts, the test that follows from them, the model's response."""

from dataclasses import dataclass

from markupsafe import Markup

from motiflens.report.measured_evidence import MeasuredEvidence, measured_evidence, name_of_test, sequences_tested
from motiflens.report.motif_table import by_class
from motiflens.report.text import Number, count, interval, number, p_value, percent, signed, small_power
from motiflens.report.wording import Words
from motiflens.run.schema.motifs import Counts, Effect, Enrichment, MotifEntry, MotifRecord
from motiflens.words import counted

_SOURCES = {
    "contributions": "the model's contributions",
    "kmers": "k-mers that distinguish the classes",
    "known": "a motif of the database, recounted from these sequences",
    "database": "the motif database, whose matrix this is",
}
_STRANDS = {"forward": "the given strand", "both": "either strand"}


@dataclass(frozen=True, kw_only=True)
class CountRow:
    """Sequences of a group with a site: of all, and of those that the motif was tested on."""

    name: str
    all: str
    all_share: str
    tested: str
    tested_share: str


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """The test against one of several other classes."""

    name: str
    counts: str
    share: str
    p: Markup


@dataclass(frozen=True, kw_only=True)
class EffectRow:
    """An effect on the model's logit."""

    name: str
    value: str
    interval: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything on a card that is counted or computed."""

    site: str
    counts: list[CountRow]
    fold: str
    tested_fold: str
    tested_on: str
    tested: str
    test: str
    composition: str
    p: Markup
    q: Markup
    recompute: str
    against_each: list[ClassRow]
    found_in: str
    sites: str
    seqlets: str
    effects: list[EffectRow]
    towards: str
    measured: MeasuredEvidence | None = None


def evidence(entry: MotifEntry, record: MotifRecord, words: Words, *, group: str, others: str) -> Evidence:
    """Return the evidence of a motif that is frequent in `group`; `others` are what its class is compared with."""
    own = entry.enrichment
    counts = _counts(entry, own, others) if own else []
    return Evidence(
        site=_site(entry, record),
        counts=counts,
        fold=_fold(entry.counts),
        tested_fold=_fold(own) if own else "",
        tested_on=entry.tested_on,
        tested="; ".join(row.tested for row in counts) if own else sequences_tested(entry),
        test=_test(own) if own else name_of_test(entry, words),
        composition=_composition(own, group) if own else "",
        p=small_power(entry.log10_p) if entry.p == 0 else p_value(entry.p),
        q=p_value(entry.q),
        recompute=_recompute(own) if own else "",
        against_each=[
            ClassRow(
                name=one.name,
                counts=f"{count(one.with_site)} of {count(one.sequences)}",
                share=percent(one.with_site, one.sequences),
                p=p_value(one.p),
            )
            for one in entry.against_each
        ],
        found_in=_found_in(entry, words),
        sites=f"{counted(entry.total_sites, 'site')}, {count(entry.strong_sites)} of them with q ≤ .05",
        seqlets=_seqlets(entry),
        effects=_effects(entry),
        towards=entry.target,
        measured=measured_evidence(entry, words),
    )


def _found_in(entry: MotifEntry, words: Words) -> str:
    source = _SOURCES[entry.source]
    if entry.effects and entry.source == "kmers":
        source = f"k-mers that go with {words.kmers[entry.direction == 'against'].format(entry.target)}"
    return source + (", in both halves of the sequences" if entry.replicated else "")


def _site(entry: MotifEntry, record: MotifRecord) -> str:
    window = entry.position_window
    place = "anywhere in the sequence" if window is None else f"within positions {window[0] + 1} to {window[1]}"
    return f"{place}, on {_STRANDS[record.strands]}, with a score of {entry.cut:.2f} bits or more"


def _counts(entry: MotifEntry, test: Enrichment, others: str) -> list[CountRow]:
    pairs = zip(by_class(entry, entry.counts), by_class(entry, test), strict=True)
    return [
        CountRow(
            name=name,
            all=f"{count(found)} of {count(of)}",
            all_share=percent(found, of),
            tested=f"{count(tested)} of {count(tested_of)}",
            tested_share=percent(tested, tested_of),
        )
        for name, ((found, of), (tested, tested_of)) in zip((entry.target, others), pairs, strict=True)
    ]


def _fold(counts: Counts) -> str:
    """Return how many times more frequent the motif is where it is frequent."""
    if not counts.positives_with or not counts.positives:
        return "–"
    if not counts.negatives_with:
        return "found nowhere else"
    ratio = counts.positives_with / counts.positives * counts.negatives / counts.negatives_with
    return f"{ratio:.1f} ×"


def _even(test: Enrichment) -> bool:
    return test.odds == 1


def _test(test: Enrichment) -> str:
    """Return the name of the test."""
    if _even(test):
        return "Fisher's exact test, one-sided"
    return "Fisher's exact test, one-sided, given composition (noncentral hypergeometric)"


def _composition(test: Enrichment, group: str) -> str:
    """Return the odds by composition alone in plain words."""
    if _even(test):
        return "explains nothing (odds 1)"
    if number(test.odds, 2) == "1.00":
        return "explains next to nothing (odds 1.00)"
    return (
        f"alone would make the odds of {group} {number(test.odds, 2)} times as high for a sequence with a site as for "
        "one without: the test asks whether they are higher still"
    )


def _recompute(test: Enrichment) -> str:
    """Return the call of scipy.stats that gives p from the counts shown; the noncentral `sf` loses small tails."""
    inside = f"[{test.positives_with}, {test.positives - test.positives_with}]"
    outside = f"[{test.negatives_with}, {test.negatives - test.negatives_with}]"
    if _even(test):
        return f'scipy.stats.fisher_exact([{inside}, {outside}], alternative="greater").pvalue'
    total, hits = test.positives + test.negatives, test.positives_with + test.negatives_with
    law = f"nchypergeom_fisher({total}, {test.positives}, {hits}, {test.odds!r})"
    return f"scipy.stats.{law}.pmf(range({test.positives_with}, {min(hits, test.positives) + 1})).sum()"


def _seqlets(entry: MotifEntry) -> str:
    share = percent(entry.contribution_fraction, 1)
    return f"{counted(entry.seqlets, 'seqlet')}, with {share} of the contributions of all seqlets"


def _effects(entry: MotifEntry) -> list[EffectRow]:
    if entry.effect is None:
        return []
    rows = [_effect("Planting it", entry.effect.insertion, f"{_planted_at(entry)} {{}} shuffled sequences")]
    if entry.effect.ablation:
        rows.append(_effect("Erasing it", entry.effect.ablation, "from {} of its sites"))
    return rows


def _planted_at(entry: MotifEntry) -> str:
    return "at three places of" if entry.position_window is None else "at its usual place in"


def _effect(name: str, effect: Effect, detail: str) -> EffectRow:
    low, high = effect.low, effect.high
    return EffectRow(
        name=name,
        value=signed(effect.mean, 2) if effect.mean is not None else "not defined",
        interval=interval((low, high), 2) if low is not None and high is not None else _undefined(effect.n),
        detail=detail.format(count(effect.n)),
    )


def _undefined(n: Number) -> str:
    return "because the model's score is not a number there" if n else "because there is none"
