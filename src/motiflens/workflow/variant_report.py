"""The page beside a scored file: the strongest variants explained, what was skipped, and what to doubt."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from motiflens.apply.variants.alleles import REASONS
from motiflens.apply.variants.block import Block, Tally
from motiflens.apply.variants.fields import MISSING, FalseDiscovery, p_values_of
from motiflens.apply.variants.genotypes import PLOIDY
from motiflens.apply.variants.motif_words import settled
from motiflens.apply.variants.null import Null
from motiflens.apply.variants.summary import summary_of
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.report.variant_page import AllelePicture, VariantReport, VariantRow, variant_page
from motiflens.sequence.alphabet import at_observed_letters, count_gc, encode
from motiflens.workflow.variant_job import VariantJob, held_out_codes

_DRAWN = 30  # variants with pictures
_SHOWN = 20  # letters on either side of a variant
_NEAR_CHANCE = 0.65  # AUROC below which single variants say little
_PLAUSIBLE = (1, 99)  # percentiles of the test sequences' GC content


def variant_report(job: VariantJob, blocks: Iterable[Block], tally: Tally, *, source: str, null: Null | None) -> str:
    """Return the page of a scoring."""
    items = _strongest(job, blocks, null)
    summary, *notes = summary_of(tally)
    skipped = [
        (reason, count, text, ", ".join(tally.examples[reason]))
        for reason, text in REASONS.items()
        if (count := tally.skipped[reason])
    ]
    kept = [note for note in notes if not note.startswith(tuple(REASONS))]
    held_out = held_out_codes(job.run)
    range_ = np.percentile(count_gc(held_out) / job.model.length, _PLAUSIBLE) if len(held_out) else None
    return variant_page(
        VariantReport(
            source=Path(source).name,
            run=job.run.name,
            genome=Path(job.options.genome).name if job.options.genome else "",
            summary=summary,
            unit=job.model.output.unit,
            rows=_rows(job, items, range_),
            skipped=skipped,
            notes=kept,
            doubts=_doubts(job, items, null, range_),
        )
    )


def _strongest(job: VariantJob, blocks: Iterable[Block], null: Null | None) -> list[dict[str, Any]]:
    """Return the alleles with the largest changes, the largest first, with their p and q."""
    places, discovery, best = job.options.config.offsets, FalseDiscovery(), list[dict[str, Any]]()
    for block in blocks:
        p = None if null is None else p_values_of(block, null, places=places)
        if p is not None:
            discovery.add(p)
        for item in block.strongest:
            own = None if p is None else p[item["row"]]
            best.append(item | {"p": own, "extra": {name: texts[item["row"]] for name, texts in block.extra.items()}})
        best = heapq.nlargest(job.options.config.strongest, best, key=lambda item: max(map(abs, item["delta"])))
    for item in best:
        item["q"] = None if item["p"] is None else discovery.q_values(item["p"][None])[0]
    return best


def _rows(
    job: VariantJob, items: Sequence[dict[str, Any]], range_: Float64[np.ndarray, "2"] | None
) -> list[VariantRow]:
    targets = job.scorer.targets
    which = [int(np.argmax(np.abs(item["delta"]))) for item in items]
    pictures = _pictures(job, items[:_DRAWN], [targets[k] for k in which[:_DRAWN]])
    rows = []
    for number, (item, k) in enumerate(zip(items, which, strict=True)):
        q = 1.0 if item["q"] is None else float(item["q"][k])
        rows.append(
            VariantRow(
                where=item["where"],
                target=targets[k] if len(targets) > 1 else "",
                delta=f"{item['delta'][k]:+.3f}",
                p="" if item["p"] is None else f"{item['p'][k]:.2g}",
                q="" if item["q"] is None else f"{q:.2g}",
                q_value=q,
                motifs=tuple(settled(item["motifs"], item["p"], agreement=job.options.config.agreement)),
                doubt="GC content unlike the test sequences'" if _is_odd(item, range_) else "",
                together=_together(item["extra"], k),
                pictures=pictures[number] if number < len(pictures) else (),
            )
        )
    return rows


def _together(extra: Mapping[str, str], target: int) -> tuple[str, ...]:
    """Return what a variant does with the others of each haplotype, in words."""
    found = []
    for haplotype in range(1, PLOIDY + 1):
        others = extra.get(f"hap{haplotype}_with", MISSING)
        if others == MISSING:
            continue
        delta, interaction = (extra[f"hap{haplotype}_{name}_{target}"] for name in ("delta", "interaction"))
        scored = "no score"
        if delta != MISSING:
            scored = f"{float(delta):+.3f}, interaction {float(interaction):+.3f}"
        found.append(f"haplotype {haplotype}, with {others.replace('&', ', ')}: {scored}")
    return tuple(found)


def _is_odd(item: dict[str, Any], range_: Float64[np.ndarray, "2"] | None) -> bool:
    window = item["windows"][0]
    share = sum(letter in "GC" for letter in window) / len(window)
    return range_ is not None and not range_[0] <= share <= range_[1]


def _pictures(
    job: VariantJob, items: Sequence[dict[str, Any]], targets: Sequence[str]
) -> list[tuple[AllelePicture, ...]]:
    """Return both alleles of each item, with their contributions around the variant."""
    if not items:
        return []
    codes = encode([window for item in items for window in item["windows"]])
    effects = mutagenesis(job.model, codes, target=[target for target in targets for _ in range(2)])
    values = at_observed_letters(effects.hypothetical, codes)
    found = []
    for number, item in enumerate(items):
        pair = []
        for side, name in enumerate(("REF", "ALT")):
            start, end = item["spans"][side]
            low, high = max(start - _SHOWN, 0), min(end + _SHOWN, job.model.length, start + 3 * _SHOWN)
            picture = AllelePicture(
                name=name,
                letters=item["windows"][side][low:high],
                contributions=values[2 * number + side, low:high],
                changed=(start - low, min(end, high) - low),
            )
            pair.append(picture)
        found.append(tuple(pair))
    return found


def _doubts(
    job: VariantJob, items: Sequence[dict[str, Any]], null: Null | None, range_: Float64[np.ndarray, "2"] | None
) -> list[str]:
    found = [
        "A small p says that the model rarely reacts so much to a random change of the kind; it does not say that the "
        "variant has an effect in a cell."
    ]
    if job.run.has("metrics.json") and job.run.info.task in ("binary", "multiclass"):
        auroc = job.run.metrics().test.auroc
        if auroc is not None and auroc < _NEAR_CHANCE:
            found.append(f"The model is near chance (test AUROC {auroc:.3f}), so that its scores say little.")
    if odd := sum(_is_odd(item, range_) for item in items):
        found.append(
            f"{odd:,} of the {len(items):,} strongest variants lie in windows whose GC content is outside of that of "
            "98 % of the run's test sequences: the model was not tested on such DNA."
        )
    if null is None:
        found.append("The run keeps no test sequences, so that there are no p-values.")
    return found
