"""From contributions and sequences to a short list of motifs.

Two sources of seeds, one way to a matrix. Seqlets are grouped into clusters by the words that tell them from the rest
of their sequences; words that tell the classes apart are counted in all sequences. Either kind of seed is then
recounted from its sites in all sequences of the target class (contributions say where and what, counts give the
matrix), strongest first, with the sites of stronger motifs masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32

from motiflens.discovery.composition import expected_labels
from motiflens.discovery.config import BandConfig, DiscoveryConfig
from motiflens.discovery.known_motifs import KnownEnrichment, enriched_known, log_p_of
from motiflens.discovery.masking import equal_room
from motiflens.discovery.refine import Band, Candidate, Labelled, best_sites, refine
from motiflens.discovery.search import Seed, cover, search
from motiflens.discovery.seqlets import Direction, Seqlets, call_seqlets, observed_contributions
from motiflens.errors import InputError
from motiflens.motifs.correlation import alike
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import concatenate
from motiflens.motifs.scores import estimate_background
from motiflens.shapes import Codes, Strands


@dataclass(frozen=True, kw_only=True)
class FoundMotif:
    """A motif, and what it rests on.

    `cut` is the lowest score of a site in 1/100 bit against the background of the discovery; sites lie in the target
    class (in the other classes where `direction` is "against"), one a sequence at most. `contribution_fraction` is its
    part of the total absolute contribution in seqlets, `seqlets` how many it covers; both 0 without contributions.
    """

    motif: Motif
    direction: Direction
    cut: int
    site_rows: np.ndarray
    site_starts: np.ndarray
    site_strands: np.ndarray
    seqlets: int
    contribution_fraction: float
    sources: tuple[str, ...]
    log_p: float
    """Natural log of the in-sample tail; no evidence, for the motif was chosen by it."""
    band: Band | None = None
    """Stretch that the sites lie in; None where they lie anywhere."""
    known: KnownEnrichment | None = None
    """The enriched known motif that this one is like, if any."""


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """Motifs, strongest first; and the counts that tell where others got lost.

    `letters` (4,) is the background that scores are against.
    """

    motifs: tuple[FoundMotif, ...]
    letters: np.ndarray
    strands: Strands
    known_tested: int
    explained_sequences: int
    seqlets_called: int
    seqlets_kept: int
    clusters: int
    note: str

    def record(self) -> dict[str, int | str]:
        """The entry "discovery" of motifs.json."""
        names = ("explained_sequences", "seqlets_called", "seqlets_kept", "clusters", "note")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class _Explained:
    """Sequences with contributions towards the target class."""

    codes: np.ndarray
    hypothetical: np.ndarray
    observed: np.ndarray
    rows: np.ndarray


def labelled(codes: Codes, positive: np.ndarray, *, strands: Strands, rows: np.ndarray | None = None) -> Labelled:
    """Sequences with labels and what composition explains of them, from all rows; then those of `rows`."""
    both = strands == "both"
    expected = expected_labels(codes, positive, both=both)
    letters = estimate_background(codes, both_strands=both).letters
    chosen = slice(None) if rows is None else rows
    joined = concatenate(codes[chosen])
    return Labelled(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=np.asarray(positive, bool)[chosen],
        expected=expected[chosen],
        letters=letters,
        both=both,
        bands=() if both else bands(codes.shape[1], BandConfig()),
    )


def bands(length: int, config: BandConfig) -> tuple[Band, ...]:
    """Half-overlapping stretches of sequences of this length; none where they are too short or too long."""
    width = max(config.least, round(config.share * length))
    if length > config.longest or length <= width:
        return ()
    starts = range(0, length - width, width // 2)
    return (*((start, start + width) for start in starts if start + width < length), (length - width, length))


def discover(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    hypothetical: Float32[np.ndarray, "m 4 length"] | None = None,
    *,
    rows: np.ndarray | None = None,
    null: np.ndarray | None = None,
    known: Sequence[Motif] = (),
    strands: Strands = "both",
    directions: Sequence[Direction] = ("for",),
    seed: int = 0,
    config: DiscoveryConfig | None = None,
) -> Discovery:
    """Motifs that argue for (or against) the class of the `positive` sequences.

    codes (n, length); hypothetical (m, 4, length) mean-centred contributions in logits of the sequences `rows` (m,)
    (default: all), null (k, length) contributions of shuffled sequences; known motifs, where given, are a third source
    of seeds, and need less evidence. What motifs are worth is for `evidence` to say. Raises InputError for one class.
    """
    config = config or DiscoveryConfig()
    positive = np.asarray(positive, bool)
    if not positive.any() or positive.all():
        raise InputError("motif discovery needs sequences inside and outside of the target class")
    data = labelled(codes, positive, strands=strands)
    explained = None if hypothetical is None else _explained(codes, hypothetical, rows)
    found: list[FoundMotif] = []
    called = kept = clusters = 0
    for direction in directions:
        seqlets, seeds = None, []
        if explained is not None:
            seqlets = call_seqlets(explained.observed, direction=direction, null=null, seed=seed, config=config.seqlets)
            seeds = _clusters(explained, seqlets, data, config, seed)
            called, kept, clusters = called + seqlets.called, kept + len(seqlets), clusters + len(seeds)
        side = data if direction == "for" else _against(codes, data, found, strands=strands, seed=seed)
        listed = enriched_known(side, known, seed=seed, config=config.known, workers=config.workers)
        seeds += [Seed(probabilities=k.candidate.probabilities, source="known") for k in listed]
        found += _of_direction(side, direction, seeds, listed, explained, seqlets, config)
    found.sort(key=lambda m: m.log_p)
    named = (replace(m, motif=replace(m.motif, name=f"motif_{i + 1}")) for i, m in enumerate(found))
    return Discovery(
        motifs=tuple(named),
        letters=data.letters,
        strands=strands,
        known_tested=len(known),
        explained_sequences=0 if explained is None else len(explained.rows),
        seqlets_called=called,
        seqlets_kept=kept,
        clusters=clusters,
        note=_note(explained, kept, clusters, len(found), config),
    )


def _against(
    codes: np.ndarray, data: Labelled, found: Sequence[FoundMotif], *, strands: Strands, seed: int
) -> Labelled:
    """The data as the other class has them, where the motifs found for this one leave equal room in both."""
    free = equal_room(codes, data.positive, found, letters=data.letters, strands=strands, seed=seed)
    return labelled(free, data.positive, strands=strands).of_class_against()


def _explained(codes: Codes, hypothetical: np.ndarray, rows: np.ndarray | None) -> _Explained:
    rows = np.arange(len(codes)) if rows is None else np.asarray(rows)
    observed = observed_contributions(hypothetical, codes[rows])
    return _Explained(codes=codes[rows], hypothetical=hypothetical, observed=observed, rows=rows)


def _clusters(
    explained: _Explained, seqlets: Seqlets, data: Labelled, config: DiscoveryConfig, seed: int
) -> list[Seed]:
    """Matrices of the seqlets' clusters: a search for what tells them from stretches of the same sequences."""
    if len(seqlets) < config.seqlets.least:
        return []
    length, margin = explained.codes.shape[1], config.seqlets.margin
    width = min(seqlets.width + 2 * margin, length)
    strongest = np.sort(np.argsort(-np.abs(seqlets.total), kind="stable")[: config.seqlets.most])
    row = seqlets.row[strongest]
    start = np.clip(seqlets.start[strongest] - margin, 0, length - width)
    inside = np.zeros(explained.codes.shape, bool)
    inside[row[:, None], start[:, None] + np.arange(width)] = True
    rng = np.random.default_rng(seed)
    other = rng.integers(0, length - width + 1, len(row))
    free = ~inside[row[:, None], other[:, None] + np.arange(width)].any(1)
    at = np.concatenate((start, other[free]))
    windows = explained.codes[np.concatenate((row, row[free]))[:, None], at[:, None] + np.arange(width)]
    label = np.arange(len(at)) < len(row)
    joined = concatenate(windows)
    stretches = Labelled(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=label,
        expected=np.full(len(label), label.mean().clip(0.02, 0.98)),
        letters=data.letters,
        both=data.both,
    )
    result = search(stretches, config=config.cluster_search, workers=config.workers)
    return [Seed(probabilities=c.probabilities, source="contributions") for c in result.candidates]


def _of_direction(
    data: Labelled,
    direction: Direction,
    seeds: list[Seed],
    listed: list[KnownEnrichment],
    explained: _Explained | None,
    seqlets: Seqlets | None,
    config: DiscoveryConfig,
) -> list[FoundMotif]:
    result = search(data, seeds=seeds, config=config.search, workers=config.workers)
    candidates = _with_known(data, result.candidates, listed, config)
    total = np.abs(seqlets.total).sum() if seqlets is not None else 0.0
    found, remaining = [], data
    for candidate, support in candidates:
        scores, starts, strands = best_sites(remaining, candidate.scores, candidate.band)
        remaining = cover(remaining, candidate)
        hit = np.flatnonzero((scores >= candidate.cut) & data.positive)
        motif = Motif(name="", probabilities=candidate.probabilities, sites=len(hit))
        fraction, covered = 0.0, np.zeros(0, np.int64)
        if explained is not None and seqlets is not None:
            covered = _covered(candidate, scores, starts, seqlets, explained.rows)
            fraction = float(np.abs(seqlets.total[covered]).sum() / total) if total else 0.0
            motif = replace(motif, contributions=_mean_contributions(candidate, scores, starts, strands, explained))
        seen = len(covered) >= config.seqlets.least or candidate.source == "contributions"
        sources = {"contributions": seen, "words": candidate.source == "words", "known": support is not None}
        found.append(
            FoundMotif(
                motif=motif,
                direction=direction,
                cut=candidate.cut,
                site_rows=hit,
                site_starts=starts[hit],
                site_strands=strands[hit],
                seqlets=len(covered),
                contribution_fraction=fraction,
                sources=tuple(name for name, speaks in sources.items() if speaks),
                log_p=candidate.enrichment.log_p,
                band=candidate.band,
                known=support,
            )
        )
    return found


def _with_known(
    data: Labelled, candidates: Sequence[Candidate], listed: Sequence[KnownEnrichment], config: DiscoveryConfig
) -> list[tuple[Candidate, KnownEnrichment | None]]:
    """Candidates with the known motif that each is like; behind them known motifs that their sites do not explain."""
    support: dict[int, KnownEnrichment] = {}
    left = []
    for known in listed:
        likeness = [alike(c.probabilities, known.motif.probabilities, both=data.both) for c in candidates]
        nearest = int(np.argmax(likeness)) if likeness else -1
        if not likeness or likeness[nearest] < config.same:
            left.append(known)
        else:
            support.setdefault(nearest, known)  # the strongest comes first
    out = [(candidate, support.get(i)) for i, candidate in enumerate(candidates)]
    for candidate in candidates:  # weak sites too: they are what is left of a strong motif
        data = cover(data, candidate, chance=config.known.weak)
    stay = [known for known in left if _still_enriched(known, data, config)]
    return out + [(_recounted(known, data, config), known) for known in stay]


def _still_enriched(known: KnownEnrichment, data: Labelled, config: DiscoveryConfig) -> bool:
    """Whether a known motif would pass without the sites that are covered."""
    tests = known.q / max(known.p, 1e-300)
    return bool(np.exp(log_p_of(known.candidate, data)) * tests <= config.known.q_limit)


def _recounted(known: KnownEnrichment, data: Labelled, config: DiscoveryConfig) -> Candidate:
    """The known motif as these sequences have it, if they have enough of it to tell."""
    own = refine(known.motif.probabilities, data, source="known", config=config.search.refine)
    same = alike(own.probabilities, known.motif.probabilities, both=data.both) >= config.same
    return own if same and own.enrichment.log_p < config.search.log_limit else known.candidate


def _covered(
    candidate: Candidate, scores: np.ndarray, starts: np.ndarray, seqlets: Seqlets, rows: np.ndarray
) -> np.ndarray:
    """Indices of the seqlets that share at least half of the shorter one with a site of the motif."""
    width = candidate.probabilities.shape[1]
    row = rows[seqlets.row]
    first = np.maximum(starts[row], seqlets.start)
    last = np.minimum(starts[row] + width, seqlets.start + seqlets.width)
    return np.flatnonzero((scores[row] >= candidate.cut) & (2 * (last - first) >= min(width, seqlets.width)))


def _mean_contributions(
    candidate: Candidate, scores: np.ndarray, starts: np.ndarray, strands: np.ndarray, explained: _Explained
) -> np.ndarray | None:
    """Mean hypothetical contributions (4, width) over the motif's sites, on the motif's strand; None without sites."""
    chosen = np.flatnonzero(scores[explained.rows] >= candidate.cut)
    if len(chosen) == 0:
        return None
    at = starts[explained.rows[chosen]][:, None] + np.arange(candidate.probabilities.shape[1])
    stretches = explained.hypothetical[chosen[:, None], :, at].transpose(0, 2, 1).astype(np.float64)
    turned = strands[explained.rows[chosen]] < 0
    stretches[turned] = stretches[turned][:, ::-1, ::-1]
    return stretches.mean(0)


def _note(explained: _Explained | None, kept: int, clusters: int, found: int, config: DiscoveryConfig) -> str:
    if explained is None:
        source = "no contributions were given: words alone were counted"
    elif kept == 0:
        source = f"no stretch of contributions rose above the null at FDR {config.seqlets.fdr:g}"
    elif clusters == 0:
        source = f"{kept} seqlets, but no words in common that the rest of their sequences lacks"
    else:
        source = f"{kept} seqlets in {clusters} clusters"
    limit = np.exp(config.search.log_limit)
    return f"{source}; {found} motifs with an in-sample tail below {limit:.0e}"
