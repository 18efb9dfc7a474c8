"""Motifs of make_run's runs: counts, test and sites agree, and p is scipy's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from make_example import Example
from scipy.stats import fisher_exact, nchypergeom_fisher

from motiflens.motifs.motif import Motif
from motiflens.run.schema.motifs import (
    ClassCounts,
    ClassGrammar,
    Counts,
    DiscoveryCounts,
    Effect,
    Enrichment,
    KnownMatch,
    MotifEffects,
    MotifEntry,
    MotifPair,
    MotifRecord,
    PairInteraction,
    PositionCounts,
    Spacing,
)
from motiflens.sequence.alphabet import one_hot

KNOWN = {0: ("SD0001", "SD0003"), 1: ("SA0001",)}  # by class: names of motifs said to be similar


def motifs_of(example: Example, weights: np.ndarray, test: np.ndarray) -> tuple[list[MotifEntry], list[MotifEntry]]:
    """The planted motifs, and one of each kind that is set aside."""
    supported = [
        motif_entry(example, weights, test, window=(p.target, p.start, len(p.consensus))) for p in example.planted
    ]
    supported.sort(key=lambda entry: entry.enrichment.log10_p)
    windows = [(0, 3 * i, 6) for i in range(len(REASONS))]
    aside = [
        motif_entry(example, weights, test, window=window, odds=2.0 if status == "unconfirmed" else 1.0).model_copy(
            update={"status": status, "reason": reason, "matches": (), "parent": parent}
        )
        for window, (status, parent, reason) in zip(windows, REASONS, strict=True)
    ]
    everything = [m.model_copy(update={"name": f"motif_{i}"}) for i, m in enumerate(supported + aside, 1)]
    return everything[: len(supported)], everything[len(supported) :]


#: Status, parent and reason of the motifs that are set aside.
REASONS = (
    ("shared", "", "not clearly more frequent than in b (40 of 90 have it, p = 0.4); more than in c (0 of 90)"),
    (
        "unused",
        "",
        "enriched, but the model does not confirm it: planting it changes the score by +0.02",
    ),
    ("unconfirmed", "", "the model uses it (planted: +0.60), but it is not enriched (q = 0.41, above 0.05)"),
    ("repeat", "", "a repeat: 41% of its sites lie in copies of one stretch of DNA, alike far beyond the motif"),
    ("artefact", "", "frequent in the shuffled sequences, which are no real DNA: it is what real DNA avoids"),
    ("composition", "", "explained by composition: the frequency of AA alone reaches AUROC 0.95"),
    ("echo", "motif_1", "not enriched without the sites of a stronger motif, which overlap its own"),
    ("unsupported", "", "not enriched in sequences that it was not learned from (q = 0.41, above 0.05)"),
)


def motif_entry(
    example: Example, weights: np.ndarray, test: np.ndarray, *, window: tuple[int, int, int], odds: float = 1.0
) -> MotifEntry:
    """A motif of the letters of one class (`window`: class, start, width), counted and tested by the sites it has."""
    target, start, width = window
    columns = slice(start, start + width)
    of_class = example.labels == target
    p = one_hot(example.codes)[of_class, :, columns].mean(0) + 0.005
    motif = Motif(name="", probabilities=(p / p.sum(0)).astype(float), sites=0)
    cut, place = cut_of(motif, example), (max(0, start - 2), start + width + 2)
    sites = scan(motif, example, cut=cut, place=place)
    number = np.bincount(sites.row, minlength=len(example.codes))
    bins = np.arange(0, example.codes.shape[1] + 3, 3)
    rng = np.random.default_rng(width)
    jittered = np.clip(motif.probabilities + 0.08 * rng.random((4, width)), 0, None)[:, 1:]
    tested = counts(number > 0, of_class, test)
    log_p = log_tail(tested, odds)
    inside = of_class[sites.row]
    return MotifEntry(
        name="",
        consensus=motif.consensus,
        target=example.classes[target],
        direction="for",
        probabilities=motif.probabilities,
        contributions=weights[target][:, columns] * motif.probabilities,
        cut=cut,
        position_window=place,
        source="contributions",
        tested_on="the test set, which neither matrix nor model has seen",
        enrichment=Enrichment(
            **tested.model_dump(),
            odds=odds,
            p=float(np.exp(log_p)),
            log10_p=log_p / np.log(10),
            q=min(1.0, 3 * float(np.exp(log_p))),
        ),
        counts=counts(number > 0, of_class, np.ones(len(test), bool)),
        against_each=against_each(example, target, site=number > 0, test=test),
        sites=int((of_class & (number > 0)).sum()),
        total_sites=len(sites.row),
        strong_sites=int((sites.q <= 0.05).sum()),
        replicated=True,
        seqlets=int(0.7 * of_class.sum()),
        contribution_fraction=0.4 / (1 + target),
        positions=PositionCounts(
            start=0,
            bin=3,
            counts=np.histogram(sites.start[inside] + width // 2, bins)[0].tolist(),
            others=np.histogram(sites.start[~inside] + width // 2, bins)[0].tolist(),
        ),
        per_sequence={
            **{str(k): int((number[of_class] == k).sum()) for k in range(3)},
            "3+": int((number[of_class] >= 3).sum()),
        },
        matches=tuple(
            KnownMatch(
                name=label,
                accession=f"{label}.1",
                collection="SPLICE",
                p=10.0 ** -(9 - 3 * rank),
                q=10.0 ** -(7 - 3 * rank),
                offset=1,
                strand="+",
                overlap=width - 1,
                probabilities=jittered / jittered.sum(0),
            )
            for rank, label in enumerate(KNOWN.get(target, ()))
        ),
        effect=MotifEffects(
            insertion=Effect(mean=1.42, low=1.3, high=1.55, n=200),
            ablation=Effect(mean=-1.1, low=-1.2, high=-0.98, n=150),
        ),
    )


def counts(site: np.ndarray, of_class: np.ndarray, rows: np.ndarray) -> Counts:
    """Sequences with a site among `rows`, in the class and outside of it."""
    return Counts(
        positives_with=int((site & of_class & rows).sum()),
        positives=int((of_class & rows).sum()),
        negatives_with=int((site & ~of_class & rows).sum()),
        negatives=int((~of_class & rows).sum()),
    )


def log_tail(table: Counts, odds: float) -> float:
    """ln p of the enrichment; scipy's Fisher's exact test, noncentral where the odds are not 1."""
    with_site, total = table.positives_with + table.negatives_with, table.positives + table.negatives
    if odds != 1:
        chance = nchypergeom_fisher(total, table.positives, with_site, odds)
        return float(np.log(chance.sf(table.positives_with - 1)))
    rows = [
        [table.positives_with, table.positives - table.positives_with],
        [table.negatives_with, table.negatives - table.negatives_with],
    ]
    return float(np.log(fisher_exact(rows, alternative="greater").pvalue))


def against_each(example: Example, target: int, *, site: np.ndarray, test: np.ndarray) -> tuple[ClassCounts, ...]:
    """The test against each of several other classes."""
    out = []
    for index, name in enumerate(example.classes):
        if index != target and len(example.classes) > 2:
            rows = test & ((example.labels == target) | (example.labels == index))
            pair = counts(site, example.labels == target, rows)
            p = float(np.exp(log_tail(pair, 1.0)))
            out.append(ClassCounts(name=name, with_site=pair.negatives_with, sequences=pair.negatives, p=p))
    return tuple(out)


@dataclass(frozen=True, kw_only=True)
class Sites:
    """Sites by sequence (`row`) and start, with their score in bits, p and q."""

    row: np.ndarray
    start: np.ndarray
    score: np.ndarray

    @property
    def p(self) -> np.ndarray:
        return 2.0**-self.score

    @property
    def q(self) -> np.ndarray:
        return np.minimum(1, 60 * self.p)


def scores_of(motif: Motif, example: Example) -> np.ndarray:
    """Score of each window in bits: log2(probability / background), summed; -inf with an N."""
    table = np.vstack([np.log2(motif.probabilities / letters_of(example)[:, None]), np.full(motif.width, -np.inf)])
    windows = np.lib.stride_tricks.sliding_window_view(example.codes, motif.width, axis=1)
    return table[windows, np.arange(motif.width)].sum(2)


def letters_of(example: Example) -> np.ndarray:
    known = example.codes[example.codes < 4]
    return np.bincount(known, minlength=4) / len(known)


def cut_of(motif: Motif, example: Example) -> float:
    best = np.log2(motif.probabilities / letters_of(example)[:, None]).max(0).sum()
    return round(0.6 * float(best), 2)


def scan(motif: Motif, example: Example, *, cut: float, place: tuple[int, int]) -> Sites:
    """Each window of the place that reaches the cut."""
    scores = scores_of(motif, example)
    row, start = np.nonzero(scores >= cut)
    kept = (start >= place[0]) & (start + motif.width <= place[1])
    row, start = row[kept], start[kept]
    return Sites(row=row, start=start, score=scores[row, start])


def hits_of(example: Example, motifs: list[MotifEntry], test: np.ndarray) -> pd.DataFrame:
    """The sites that the counts of the motifs are of."""
    columns = ["sequence_id", "start", "end", "strand", "motif", "score", "p", "q", "class", "tested"]
    tables = [pd.DataFrame(columns=columns)]
    for entry in motifs:
        motif = Motif(name=entry.name, probabilities=entry.probabilities)
        assert entry.position_window is not None
        sites = scan(motif, example, cut=entry.cut, place=entry.position_window)
        values = {
            "sequence_id": example.ids[sites.row],
            "start": sites.start,
            "end": sites.start + motif.width,
            "strand": "+",
            "motif": entry.name,
            "score": sites.score.round(3),
            "p": sites.p,
            "q": sites.q,
            "class": np.array(example.classes, object)[example.labels[sites.row]],
            "tested": np.where(test[sites.row], "yes", "no"),
        }
        tables.append(pd.DataFrame(values))
    return pd.concat(tables[1:], ignore_index=True) if motifs else tables[0]


def motif_record(example: Example, supported: list[MotifEntry], aside: list[MotifEntry]) -> MotifRecord:
    count = len(supported)
    return MotifRecord(
        classes=example.classes,
        background=tuple(letters_of(example).tolist()),
        strands="forward",
        database="SPLICE",
        discovery=DiscoveryCounts(
            explained_sequences=len(example.labels),
            seqlets_called=912 if count else 14,
            seqlets_kept=640 if count else 0,
            clusters=count + len(aside),
            note="" if count else "No stretch stands out from the shuffled sequences: the attributions are flat",
        ),
        motifs=tuple(supported),
        set_aside=tuple(aside),
        grammar=tuple(grammar_of(name, [m for m in supported if m.target == name]) for name in example.classes),
    )


def grammar_of(target: str, motifs: list[MotifEntry]) -> ClassGrammar:
    """The first two motifs of a class keep 17 letters between them; a third with itself does not."""
    if len(motifs) < 2:
        return ClassGrammar(target=target, pairs=())
    counts = [3] * 17 + [88] + [3] * 30
    pair = MotifPair(
        a=motifs[0].name,
        b=motifs[1].name,
        sequences=200,
        with_a=150,
        with_b=140,
        with_both=120,
        expected_both=105.0,
        p=0.001,
        q=0.003,
        spacing=Spacing(
            arrangement="a> b>",
            gap=(17, 17),
            observed=88,
            chance=3.4,
            p=1e-60,
            q=3e-60,
            counts=counts,
            expected=[3.4] * len(counts),
        ),
        interaction=PairInteraction(left=around(1.4), right=around(0.9), both=around(2.9), interaction=around(0.6)),
    )
    alone = {"b": motifs[0].name, "p": 1.0, "q": 1.0, "spacing": None, "interaction": None}
    return ClassGrammar(target=target, pairs=(pair, pair.model_copy(update=alone)))


def around(mean: float) -> Effect:
    return Effect(mean=mean, low=mean - 0.2, high=mean + 0.2, n=200)
