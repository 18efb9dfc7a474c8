"""Discover motifs from contributions and sequences.

Seeds come from two sources. Seqlets are grouped into clusters by the gapped k-mers that distinguish them from the rest
of their sequences; and gapped k-mers that distinguish the classes are counted in all sequences. Either kind of seed is
then recounted from its sites in all sequences of the target class, strongest first, with the sites of stronger motifs
masked: contributions choose the seeds, counts give the matrix.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int64

from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.known_motifs import KnownEnrichment, enriched_known_motifs, known_motif_log_p
from motiflens.discovery.labelled import LabelledSequences, label_sequences
from motiflens.discovery.masking import mask_equally
from motiflens.discovery.refine import Candidate, best_sites, refine
from motiflens.discovery.result import Discovery, FoundMotif
from motiflens.discovery.search import Seed, mask_hits, search
from motiflens.discovery.seqlets import Direction, Seqlets, call_seqlets
from motiflens.errors import InputError
from motiflens.motifs.correlation import matrix_correlation
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import concatenate
from motiflens.sequence.alphabet import at_observed_letters
from motiflens.shapes import Attribution, Codes, MotifMatrix, Strands


@dataclass(frozen=True, kw_only=True)
class _Explained:
    """Sequences with contributions towards the target class; `rows` are their places among all sequences."""

    codes: Codes
    hypothetical: Attribution
    observed: Float32[np.ndarray, "n length"]
    rows: Int64[np.ndarray, " n"]

    @classmethod
    def of(cls, codes: np.ndarray, hypothetical: np.ndarray, rows: np.ndarray | None) -> "_Explained":
        rows = np.arange(len(codes)) if rows is None else np.asarray(rows)
        observed = at_observed_letters(hypothetical, codes[rows])
        return cls(codes=codes[rows], hypothetical=hypothetical, observed=observed, rows=rows)


def discover(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    hypothetical: Float32[np.ndarray, "m 4 length"] | None = None,
    *,
    rows: Int64[np.ndarray, " m"] | None = None,
    null: Float32[np.ndarray, "k length"] | None = None,
    database: Sequence[Motif] = (),
    strands: Strands = "both",
    directions: Sequence[Direction] = ("for",),
    seed: int = 0,
    config: DiscoveryConfig | None = None,
) -> Discovery:
    """Find motifs that argue for (or against) a target class.

    Use `assess_motifs` to test them.

    Args:
        codes: sequences of one length.
        positive: whether each belongs to the target class.
        hypothetical: mean-centred contributions in logits of the sequences `rows`.
        rows: sequences that have contributions; all by default.
        null: contributions of shuffled sequences.
        database: known motifs: a third source of seeds, which need less evidence.
        strands: strands that sites may lie on.
        directions: "for" the target class, "against" it, or both in this order.
        seed: seed of all random choices.
        config: settings.

    Raises:
        InputError: if all sequences belong to one class.
    """
    config = config or DiscoveryConfig()
    positive = np.asarray(positive, bool)
    if not positive.any() or positive.all():
        raise InputError("motif discovery needs sequences inside and outside of the target class")
    data = label_sequences(codes, positive, strands=strands)
    explained = None if hypothetical is None else _Explained.of(codes, hypothetical, rows)
    found: list[FoundMotif] = []
    sequences: dict[Direction, LabelledSequences] = {}
    called = kept = clusters = 0
    for direction in directions:
        seqlets, seeds = None, []
        if explained is not None:
            seqlets = call_seqlets(explained.observed, direction=direction, null=null, seed=seed, config=config.seqlets)
            seeds = _clusters(explained, seqlets, data, config, seed)
            called, kept, clusters = called + seqlets.called, kept + len(seqlets), clusters + len(seeds)
        side = data if direction == "for" else _against(codes, data, found, seed=seed)
        sequences[direction] = side
        known = enriched_known_motifs(side, database, seed=seed, config=config.known_motifs, workers=config.workers)
        seeds += [Seed(probabilities=k.candidate.probabilities, source="database") for k in known]
        found += _of_direction(side, direction, seeds, known, explained, seqlets, config)
    found.sort(key=lambda m: m.log_p)
    named = (replace(m, motif=replace(m.motif, name=f"motif_{i + 1}")) for i, m in enumerate(found))
    return Discovery(
        motifs=tuple(named),
        background=data.background,
        strands=strands,
        sequences=sequences,
        database_size=len(database),
        explained_sequences=0 if explained is None else len(explained.rows),
        seqlets_called=called,
        seqlets_kept=kept,
        clusters=clusters,
        note=_note(explained, kept, clusters, len(found), config),
    )


def _against(codes: Codes, data: LabelledSequences, found: Sequence[FoundMotif], *, seed: int) -> LabelledSequences:
    """The data with the other class as target class, and the sites of motifs found for this one masked."""
    masked = mask_equally(codes, data.positive, found, background=data.background, strands=data.strands, seed=seed)
    return label_sequences(masked, data.positive, strands=data.strands).with_classes_exchanged()


def _clusters(
    explained: _Explained, seqlets: Seqlets, data: LabelledSequences, config: DiscoveryConfig, seed: int
) -> list[Seed]:
    """Matrices of the seqlets' clusters: found by a search against other stretches of the same sequences."""
    if len(seqlets) < config.seqlets.min_seqlets:
        return []
    length, flank = explained.codes.shape[1], config.seqlets.flank
    width = min(seqlets.width + 2 * flank, length)
    strongest = np.sort(np.argsort(-np.abs(seqlets.total), kind="stable")[: config.seqlets.max_seqlets])
    row = seqlets.row[strongest]
    start = np.clip(seqlets.start[strongest] - flank, 0, length - width)
    inside = np.zeros(explained.codes.shape, bool)
    inside[row[:, None], start[:, None] + np.arange(width)] = True
    rng = np.random.default_rng(seed)
    other = rng.integers(0, length - width + 1, len(row))
    free = ~inside[row[:, None], other[:, None] + np.arange(width)].any(1)
    at = np.concatenate((start, other[free]))
    windows = explained.codes[np.concatenate((row, row[free]))[:, None], at[:, None] + np.arange(width)]
    label = np.arange(len(at)) < len(row)
    joined = concatenate(windows)
    stretches = LabelledSequences(
        codes=joined.codes,
        offsets=joined.offsets,
        positive=label,
        expected=np.full(len(label), label.mean().clip(0.02, 0.98)),
        background=data.background,
        strands=data.strands,
    )
    found = search(stretches, config=config.cluster_search, workers=config.workers)
    return [Seed(probabilities=c.probabilities, source="contributions") for c in found]


def _of_direction(
    data: LabelledSequences,
    direction: Direction,
    seeds: list[Seed],
    known: list[KnownEnrichment],
    explained: _Explained | None,
    seqlets: Seqlets | None,
    config: DiscoveryConfig,
) -> list[FoundMotif]:
    candidates = search(data, seeds=seeds, config=config.search, workers=config.workers)
    total = np.abs(seqlets.total).sum() if seqlets is not None else 0.0
    found, remaining = [], data
    for candidate, known_motif in _with_known_motifs(data, candidates, known, config):
        window = candidate.position_window
        scores, starts, strands = best_sites(remaining, candidate.scores, window)
        remaining = mask_hits(remaining, candidate)
        hit = np.flatnonzero((scores >= candidate.threshold) & data.positive)
        motif = Motif(name="", probabilities=candidate.probabilities, sites=len(hit))
        fraction, covered = 0.0, np.zeros(0, np.int64)
        if explained is not None and seqlets is not None:
            covered = _covered(candidate, scores, starts, seqlets, explained.rows)
            fraction = float(np.abs(seqlets.total[covered]).sum() / total) if total else 0.0
            motif = replace(motif, contributions=_mean_contributions(candidate, scores, starts, strands, explained))
        attributed = len(covered) >= config.seqlets.min_seqlets or candidate.source == "contributions"
        sources = {
            "contributions": attributed,
            "kmers": candidate.source == "kmers",
            "database": known_motif is not None,
        }
        found.append(
            FoundMotif(
                motif=motif,
                direction=direction,
                threshold=candidate.threshold,
                site_rows=hit,
                site_starts=starts[hit],
                site_strands=strands[hit],
                seqlets=len(covered),
                contribution_fraction=fraction,
                sources=tuple(name for name, proposed in sources.items() if proposed),
                log_p=candidate.enrichment.log_p,
                position_window=window,
                known_motif=known_motif,
            )
        )
    return found


def _with_known_motifs(
    data: LabelledSequences,
    candidates: Sequence[Candidate],
    known: Sequence[KnownEnrichment],
    config: DiscoveryConfig,
) -> list[tuple[Candidate, KnownEnrichment | None]]:
    """Candidates with the known motif that each resembles; then known motifs that their sites do not explain."""
    resembled: dict[int, KnownEnrichment] = {}
    unmatched = []
    for one in known:
        correlations = [
            matrix_correlation(c.probabilities, one.motif.probabilities, strands=data.strands) for c in candidates
        ]
        nearest = int(np.argmax(correlations)) if correlations else -1
        if not correlations or correlations[nearest] < config.same_motif_correlation:
            unmatched.append(one)
        else:
            resembled.setdefault(nearest, one)  # the strongest comes first
    out = [(candidate, resembled.get(i)) for i, candidate in enumerate(candidates)]
    for candidate in candidates:  # weak sites too, as remains of a strong motif
        data = mask_hits(data, candidate, chance_sites=config.known_motifs.weak_sites_per_sequence)
    unexplained = [one for one in unmatched if _still_enriched(one, data, config)]
    return out + [(_recounted(one, data, config), one) for one in unexplained]


def _still_enriched(known: KnownEnrichment, data: LabelledSequences, config: DiscoveryConfig) -> bool:
    """Whether a known motif would pass without the sites that are masked."""
    tests = known.q / max(known.p, 1e-300)
    return bool(np.exp(known_motif_log_p(known.candidate, data)) * tests <= config.known_motifs.max_q)


def _recounted(known: KnownEnrichment, data: LabelledSequences, config: DiscoveryConfig) -> Candidate:
    """The known motif recounted from these sequences, where they hold enough of it."""
    own = refine(known.motif.probabilities, data, source="database", config=config.search.refine)
    correlation = matrix_correlation(own.probabilities, known.motif.probabilities, strands=data.strands)
    same = correlation >= config.same_motif_correlation
    return own if same and own.enrichment.log_p < config.search.max_log_p else known.candidate


def _covered(
    candidate: Candidate, scores: np.ndarray, starts: np.ndarray, seqlets: Seqlets, rows: np.ndarray
) -> Int64[np.ndarray, " covered"]:
    """Indices of the seqlets that share at least half of the shorter one with a site of the motif."""
    width = candidate.probabilities.shape[1]
    row = rows[seqlets.row]
    first = np.maximum(starts[row], seqlets.start)
    last = np.minimum(starts[row] + width, seqlets.start + seqlets.width)
    return np.flatnonzero((scores[row] >= candidate.threshold) & (2 * (last - first) >= min(width, seqlets.width)))


def _mean_contributions(
    candidate: Candidate, scores: np.ndarray, starts: np.ndarray, strands: np.ndarray, explained: _Explained
) -> MotifMatrix | None:
    """Mean hypothetical contributions (4, width) over the motif's sites, on the motif's strand; None without sites."""
    chosen = np.flatnonzero(scores[explained.rows] >= candidate.threshold)
    if len(chosen) == 0:
        return None
    at = starts[explained.rows[chosen]][:, None] + np.arange(candidate.probabilities.shape[1])
    stretches = explained.hypothetical[chosen[:, None], :, at].transpose(0, 2, 1).astype(np.float64)
    reverse = strands[explained.rows[chosen]] < 0
    stretches[reverse] = stretches[reverse][:, ::-1, ::-1]
    return stretches.mean(0)


def _note(explained: _Explained | None, kept: int, clusters: int, found: int, config: DiscoveryConfig) -> str:
    if explained is None:
        source = "no contributions were given: only gapped k-mers were counted"
    elif kept == 0:
        source = f"no stretch of contributions rose above the null at FDR {config.seqlets.fdr:g}"
    elif clusters == 0:
        source = f"{kept} seqlets, but no gapped k-mers in common that the rest of their sequences lacks"
    else:
        source = f"{kept} seqlets in {clusters} clusters"
    limit = np.exp(config.search.max_log_p)
    return f"{source}; {found} motifs with an in-sample p-value below {limit:.0e}"
