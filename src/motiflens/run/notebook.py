"""A run as HTML for notebooks: the verdict, the motifs with their counts, and where the report is."""

from html import escape
from pathlib import Path

import numpy as np

from motiflens.motifs.motif import Motif
from motiflens.motifs.notebook import logo_svg, table_html
from motiflens.run.schema.info import RunInfo
from motiflens.run.schema.metrics import Verdict
from motiflens.run.schema.motifs import MotifEntry, MotifRecord

_MOTIFS = 10


def run_html(info: RunInfo, path: Path, *, verdict: Verdict | None, record: MotifRecord | None) -> str:
    """Return what a notebook shows of a run."""
    parts = [f"<b>{escape(path.name)}</b>: {escape(', '.join(info.classes))}, {info.length} bp"]
    if verdict:
        parts.append(f"<p>{escape(verdict.headline)}</p>")
    if record:
        parts.append(motifs_html(record))
    if "report.html" in info.files:
        parts.append(f"<p>Report: <code>{escape(str(path / 'report.html'))}</code></p>")
    return f"<div>{''.join(parts)}</div>"


def motifs_html(record: MotifRecord) -> str:
    """Return the supported motifs as a table: logo, name, and the share of sequences with a site."""
    if not record.motifs:
        return "<p>No motif is supported.</p>"
    background = np.array(record.background)
    rows = [_row(entry, background) for entry in record.motifs[:_MOTIFS]]
    more = len(record.motifs) - len(rows)
    table = table_html(rows, head=("logo", "motif", "known as", "class", "with a site", "of the others"))
    return table + (f"<p>and {more} more</p>" if more else "")


def _row(entry: MotifEntry, background: np.ndarray) -> tuple[str, ...]:
    counts = entry.counts
    motif = Motif(name=entry.name, probabilities=entry.probabilities)
    return (
        logo_svg(motif.probabilities, motif.information(background), label=entry.consensus),
        f"{escape(entry.name)}<br><code>{escape(entry.consensus)}</code>",
        escape(entry.known_as or "–"),
        escape(entry.target if entry.direction == "for" else f"against {entry.target}"),
        _share(counts.positives_with, counts.positives),
        _share(counts.negatives_with, counts.negatives),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} % of {whole:,}" if whole else "–"
