"""A run for MultiQC (custom content): a line of its general statistics, and a table of the motifs."""

import json
import math
from typing import Any

from motiflens.report.motif_labels import motif_labels
from motiflens.report.text import METRIC_NAMES
from motiflens.report.wording import words_of
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import Figures, Metrics
from motiflens.run.schema.motifs import MotifEntry, MotifRecord
from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics

_FIGURES = ("auroc", "accuracy", "mcc", "ece", "pearson", "spearman", "r2")


def multiqc_statistics(run: Run) -> str:
    """Return motiflens_mqc.json: figures of the test set, the verdict's level and the number of motifs."""
    figures: dict[str, Any] = {"sequences": sum(source.records for source in run.info.data)}
    if run.has("metrics.json"):
        metrics = run.any_metrics()
        figures |= _figures(metrics)
        if metrics.verdict:
            figures["verdict"] = metrics.verdict.level
    if run.has("motifs.json"):
        figures["motifs"] = len(run.motifs().motifs)
    headers = [{name: _header(name, value)} for name, value in figures.items()]
    return _content("motiflens", plot_type="generalstats", pconfig=headers, data={run.name: figures})


def multiqc_motifs(run: Run, record: MotifRecord) -> str:
    """Return motiflens_motifs_mqc.json: a row a supported motif, with the share of sequences that have a site."""
    labels = motif_labels(record.motifs)
    rows = {f"{run.name}: {entry.name}": _motif(entry, labels[entry.name]) for entry in record.motifs}
    names = {
        "known_as": {"title": "Known as"},
        "consensus": {"title": "Consensus"},
        "class": {"title": words_of(run).one},
        "with_site": {"title": "% with a site", "min": 0, "max": 100, "suffix": " %", "format": "{:,.1f}"},
        "others_with_site": {"title": "% of the others", "min": 0, "max": 100, "suffix": " %", "format": "{:,.1f}"},
        "log10_p": {
            "title": "log10 p",
            "format": "{:,.1f}",
            "description": "On sequences that it was not learned from",
        },
    }
    return _content(
        "motiflens_motifs",
        plot_type="table",
        section_name="motiflens: motifs",
        description="Supported motifs of each run, with the share of its class's sequences that have a site.",
        pconfig={"id": "motiflens_motifs_table", "title": "motiflens: motifs", "col1_header": "Motif"},
        headers=names,
        data=rows,
    )


def _content(name: str, **content: Any) -> str:
    return json.dumps({"id": name, **content}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _figures(metrics: Metrics | NumberMetrics | LabelMetrics) -> dict[str, float]:
    """Return the figures that are defined: of several targets each, of several labels their means."""
    by_prefix: dict[str, Figures]
    if isinstance(metrics, NumberMetrics):
        several = len(metrics.test) > 1
        by_prefix = {f"{name} " * several: scores for name, scores in metrics.test.items()}
    else:
        by_prefix = {"": metrics.test.macro if isinstance(metrics, LabelMetrics) else metrics.test}
    found = {
        f"{prefix}{METRIC_NAMES[name]}": scores.value(name) for prefix, scores in by_prefix.items() for name in _FIGURES
    }
    return {name: value for name, value in found.items() if value is not None and math.isfinite(value)}


def _header(name: str, value: object) -> dict[str, Any]:
    title = name.capitalize() if name.islower() else name
    described = {"title": title, "namespace": "motiflens", "description": f"{title} (motiflens, test set)"}
    return described | ({"format": "{:,.3f}"} if isinstance(value, float) else {})


def _motif(entry: MotifEntry, label: str) -> dict[str, Any]:
    counts = entry.counts
    return {
        "known_as": entry.known_as and label,
        "consensus": entry.consensus,
        "class": entry.target if entry.direction == "for" else f"against {entry.target}",
        "with_site": 100 * counts.positives_with / max(counts.positives, 1),
        "others_with_site": 100 * counts.negatives_with / max(counts.negatives, 1),
        "log10_p": max(entry.log10_p, -1e4),
    }
