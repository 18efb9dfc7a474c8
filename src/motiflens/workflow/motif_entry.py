"""From a motif of a discovery to its entry in motifs.json: counts, other classes, the model's response, status."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool
from scipy.stats import hypergeom

from motiflens.discovery.artefacts import share_explained_by_trinucleotides
from motiflens.discovery.enrichment import EnrichmentTest, enrichment_test
from motiflens.discovery.result import FoundMotif
from motiflens.motifs.scan import Hits
from motiflens.run.schema.motifs import (
    ClassCounts,
    Counts,
    Effect,
    Enrichment,
    MotifEffects,
    MotifEntry,
    PositionCounts,
    Status,
)
from motiflens.workflow.motif_effects import ModelEffects
from motiflens.workflow.motif_input import MotifInput

_BINS = 50
_STRONG_Q = 0.05
_MAX_ARTEFACT = 0.5  # of a motif's excess over shuffled negatives
_MAX_P = 0.01  # against each of several other classes, over their number
LEAST_LOGITS = 0.005  # of a class or label: what rounds to 0.00
#: Statuses of a discovery whose effect on the model is measured.
ASKED = ("supported", "repeat", "composition", "unconfirmed")


def motif_entry(found: FoundMotif, *, target: str, data: MotifInput, effects: ModelEffects) -> MotifEntry:
    """Return the entry of a motif; its name is still empty.

    Args:
        found: the motif.
        target: its class.
        data: the sequences.
        effects: the model.
    """
    test = found.test
    assert isinstance(test, EnrichmentTest)
    positive = data.labels == data.classes.index(target)
    inside = positive if found.direction == "for" else ~positive
    site = found.hits.in_sequences(len(data.codes))
    against_each = _against_each(found, target, data, site) if found.direction == "for" else ()
    effect = effects.of_motif(found, target, inside=inside) if found.status in ASKED else None
    artefact = _artefact_of_shuffling(found, target, data, effects) if found.status == "supported" else ""
    shared_with = _shared_with(against_each, test)
    status, reason = status_of(found, effect, shared_with=shared_with, artefact=artefact, least_effect=LEAST_LOGITS)
    return MotifEntry(
        **facts_of(found, target),
        enrichment=_enrichment(test, found.q),
        counts=counts_of(site, inside, ~inside),
        against_each=against_each,
        positions=positions_of(found.hits, inside, data.codes.shape[1]),
        per_sequence=sites_per_sequence(found.hits, inside),
        effect=effect,
        status=status,
        reason=reason,
    )


def facts_of(found: FoundMotif, target: str) -> dict[str, Any]:
    """Return what an entry says of a motif whatever is predicted; the name is still empty."""
    return {
        "name": "",
        "consensus": found.motif.consensus,
        "target": target,
        "direction": found.direction,
        "probabilities": found.motif.probabilities,
        "contributions": found.motif.contributions,
        "cut": found.cut,
        "position_window": found.position_window,
        "source": found.source,
        "tested_on": _tested_on(found),
        "sites": found.motif.sites,
        "total_sites": len(found.hits),
        "strong_sites": int((found.hits.q <= _STRONG_Q).sum()),
        "replicated": found.replicated,
        "seqlets": found.seqlets,
        "contribution_fraction": found.contribution_fraction,
    }


def counts_of(site: Bool[np.ndarray, " n"], inside: Bool[np.ndarray, " n"], outside: Bool[np.ndarray, " n"]) -> Counts:
    """Return how many sequences have a site, of those that a motif is listed for and of those it is compared with."""
    return Counts(
        positives_with=int((site & inside).sum()),
        positives=int(inside.sum()),
        negatives_with=int((site & outside).sum()),
        negatives=int(outside.sum()),
    )


def _tested_on(found: FoundMotif) -> str:
    """Return which sequences a motif was tested on, in words."""
    if found.source == "database":
        return "all sequences: the matrix is the database's"
    if found.source == "contributions":
        return "the test set, which neither matrix nor model has seen"
    return "the half of the sequences that the matrix was not learned from"


def _enrichment(test: EnrichmentTest, q: float) -> Enrichment:
    return Enrichment(
        positives_with=test.positives_with,
        positives=test.positives,
        negatives_with=test.negatives_with,
        negatives=test.negatives,
        odds=test.odds,
        p=test.p,
        log10_p=test.log_p / np.log(10),
        q=q,
    )


def _against_each(found: FoundMotif, target: str, data: MotifInput, site: np.ndarray) -> tuple[ClassCounts, ...]:
    """The test against each of several other classes, on the sequences that the motif is tested on."""
    own = data.labels == data.classes.index(target)
    out = []
    for index, name in enumerate(data.classes):
        other = data.labels == index
        if name == target or not (other & found.tested).any():
            continue
        test = enrichment_test(site, own, np.full(len(own), 0.5), rows=found.tested & (own | other))
        out.append(ClassCounts(name=name, with_site=test.negatives_with, sequences=test.negatives, p=test.p))
    return tuple(out) if len(out) > 1 else ()


def _artefact_of_shuffling(found: FoundMotif, target: str, data: MotifInput, effects: ModelEffects) -> str:
    """Why a motif says something of shuffled negatives, and nothing of real DNA; empty where it does not."""
    if data.shuffles is None:
        return ""
    if (target == data.shuffles) == (found.direction == "for"):
        return "frequent in the shuffled sequences, which are no real DNA: it is what real DNA avoids"
    real = data.labels != data.classes.index(data.shuffles)
    share = share_explained_by_trinucleotides(found, data.codes, real, strands=effects.model.strands, seed=effects.seed)
    if share > _MAX_ARTEFACT:
        return (
            f"{share:.0%} of what it is more frequent by than in shuffled negatives, random sequences with the "
            "trinucleotides of the real ones have too"
        )
    return ""


def status_of(
    found: FoundMotif,
    effect: MotifEffects | None,
    *,
    shared_with: str = "",
    artefact: str = "",
    least_effect: float = 0.0,
) -> tuple[Status, str]:
    """Return whether a motif is supported once the other classes and the model have been asked, and why not.

    Args:
        found: the motif.
        effect: what the model makes of it; None where it was not asked.
        shared_with: which other classes may have it as often, in words; empty where none may.
        artefact: why it is one of shuffled negatives; empty where it is none.
        least_effect: size from which an effect on the model counts.
    """
    towards = 1 if found.direction == "for" else -1
    used = effect is not None and _clear(effect.insertion, towards, least_effect)
    if found.status == "unconfirmed":
        if used and effect is not None:
            used_by = f"the model uses it (planted: {_interval(effect.insertion)})"
            return "unconfirmed", f"{used_by}; {found.reason}"
        return "unsupported", found.reason
    if found.status != "supported":
        return found.status, found.reason
    if artefact:
        return "artefact", artefact
    if shared_with:
        return "shared", shared_with
    if effect is None or not used or effect.ablation is None or not _clear(effect.ablation, -towards, least_effect):
        return "unused", f"{found.test.finding}, but the model does not confirm it: {_in_words(effect)}"
    return "supported", ""


def _shared_with(against_each: Sequence[ClassCounts], test: EnrichmentTest) -> str:
    """Which classes may have a motif as often, and which do not; empty where it is more frequent than in each.

    Classes of too few sequences to tell, whatever they hold, are passed over.
    """
    limit = _MAX_P / max(len(against_each), 1)
    alike = [one for one in against_each if one.p > limit >= _smallest_p(test, one.sequences)]
    rarer = [one for one in against_each if one.p <= limit]
    if not alike:
        return ""
    sentence = f"not clearly more frequent than in {_each(alike)}"
    return f"{sentence}; more than in {_each(rarer)}" if rarer else sentence


def _smallest_p(test: EnrichmentTest, others: int) -> float:
    """Fisher's p against so many others, were the motif in none of them."""
    return float(hypergeom.pmf(test.positives_with, test.positives + others, test.positives, test.positives_with))


def _each(classes: Sequence[ClassCounts]) -> str:
    return ", ".join(f"{one.name} ({one.with_site} of {one.sequences} have it, p = {one.p:.2g})" for one in classes)


def _clear(effect: Effect, sign: int, least: float) -> bool:
    """Whether an effect has this sign and size, and its interval excludes 0."""
    if effect.mean is None or effect.low is None or effect.high is None:
        return False
    return min(sign * effect.low, sign * effect.high) > 0 and abs(effect.mean) >= least


def _in_words(effect: MotifEffects | None) -> str:
    if effect is None:
        return "it cannot be planted"
    words = [f"planting it changes the score by {_interval(effect.insertion)}"]
    words.append(
        "it has no sites to erase" if effect.ablation is None else f"erasing it by {_interval(effect.ablation)}"
    )
    return ", ".join(words)


def _interval(effect: Effect) -> str:
    if effect.mean is None or effect.low is None or effect.high is None:
        return "an undefined amount"
    return f"{effect.mean:+.2f} ({effect.low:+.2f} to {effect.high:+.2f})"


def positions_of(hits: Hits, inside: np.ndarray, length: int) -> PositionCounts:
    """Return how many sites lie where, in the sequences `inside` and in the others."""
    size = max(1, -(-length // _BINS))
    bins = -(-length // size)
    centre = (hits.start + hits.end) // 2 // size
    target = inside[hits.sequence]
    return PositionCounts(
        start=0,
        bin=size,
        counts=tuple(np.bincount(centre[target], minlength=bins).tolist()),
        others=tuple(np.bincount(centre[~target], minlength=bins).tolist()),
    )


def sites_per_sequence(hits: Hits, inside: np.ndarray) -> dict[str, int]:
    """Return how many of the sequences `inside` have no site, one, two, and more."""
    number = np.bincount(hits.sequence, minlength=len(inside))[inside]
    counts = np.bincount(np.minimum(number, 3), minlength=4).tolist()
    return dict(zip(("0", "1", "2", "3+"), counts, strict=True))
