"""A run as one HTML page that needs nothing else: no network, no other file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from motiflens.report import view
from motiflens.report.assets import bundle, csp_hash, read_static, stylesheet
from motiflens.report.audit_view import audit_view
from motiflens.report.drawing import Drawing
from motiflens.report.effects_view import effects_view
from motiflens.report.faithfulness_view import MISMATCH, FaithfulnessView, faithfulness_view
from motiflens.report.figures import draw
from motiflens.report.glossary import GLOSSARY
from motiflens.report.grammar_view import grammar_view
from motiflens.report.live_data import live_data
from motiflens.report.motif_figures import motif_figures
from motiflens.report.motif_labels import motif_labels
from motiflens.report.motif_table import motif_table
from motiflens.report.motif_view import motif_rows, set_aside_groups
from motiflens.report.multiqc import multiqc_motifs, multiqc_statistics
from motiflens.report.overview import overview
from motiflens.report.payload import payload
from motiflens.report.suspicion import suspicion
from motiflens.report.svg import inline, style
from motiflens.report.target_view import TargetScoresView, label_scores, number_scores, target_verdict
from motiflens.report.text import typeset
from motiflens.report.view import kind_of
from motiflens.report.wording import words_of
from motiflens.run.files import Parts
from motiflens.run.folder import Run
from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics

_COLUMN = 4.5  # inches: a wider figure takes a row of its own


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure as a part of the page."""

    markup: Markup
    wide: bool


def write_report(run: Run) -> None:
    """Write RUN/figures, RUN/motifs.tsv, RUN/report.html and the files for MultiQC from the rest of the run folder."""
    with style():
        drawings = draw(run)
        drawn = {**drawings, **(motif_figures(run.motifs()) if run.has("motifs.json") else {})}
        files = {f"{name}.svg": it.svg for name, it in drawn.items()}
        files |= {f"{name}.png": it.png for name, it in drawn.items()}
        parts: Parts = {"figures": files, "report": _page(run, drawings)}
    if run.has("motifs.json"):
        parts["motif_table"] = motif_table(run.motifs())
        parts["multiqc_motifs"] = multiqc_motifs(run, run.motifs())
    parts["multiqc"] = multiqc_statistics(run)
    run.update(**parts)


def build_report(run: Run) -> str:
    """Return the report as HTML, without the parts that the run lacks (it may be an imported model)."""
    with style():
        return _page(run, draw(run))


def _page(run: Run, drawings: Mapping[str, Drawing]) -> str:
    metrics = run.metrics() if run.has("metrics.json") and kind_of(run) == "classes" else None
    targets = _target_metrics(run)
    record = run.motifs() if run.has("motifs.json") else None
    data = payload(run, record)
    rows = motif_rows(record, words=words_of(run)) if record else []
    verdict = view.verdict(run, metrics) if metrics else target_verdict(run, targets) if targets else None
    labels = motif_labels(record.motifs if record else ())
    live = live_data(run, record, labels)
    theme, script, styles = read_static("theme.js"), bundle("page"), stylesheet()
    return (
        environment()
        .get_template("report.html")
        .render(
            header=view.header(run),
            words=words_of(run),
            verdict=verdict,
            overview=overview(rows, verdict),
            audit=audit_view(run, metrics or targets),
            target_scores=_target_scores(run, targets),
            motifs=rows,
            effects=effects_view(record),
            set_aside=set_aside_groups(record, words=words_of(run)) if record else [],
            shared=sum(entry.status == "shared" for entry in record.set_aside) if record else 0,
            suspicion=suspicion(record) if record else None,
            searched=record is not None,
            grammar=grammar_view(record) if record else None,
            discovery=record.discovery if record else None,
            database=record.database if record else "",
            naming_note=typeset(record.naming_note) if record else "",
            sites=data.sites,
            browser=data.browser,
            live=live,
            live_json=embedded_json(live.json()),
            faithfulness=_faithfulness(run),
            mismatch=MISMATCH,
            per_class=view.per_class(metrics) if metrics else None,
            report_text=metrics.classification_report if metrics else "",
            figures={name: _picture(name, drawing) for name, drawing in drawings.items()},
            first_scatter=_picture("first-scatter", drawings["scatter"]) if "scatter" in drawings else None,
            provenance=view.provenance(run),
            glossary=GLOSSARY,
            csp=content_security_policy(scripts=(theme, script), styles=(styles,)),
            theme=Markup(theme),
            script=Markup(script),
            styles=Markup(styles),
            data=embedded_json(data.json()),
            meanings=_meanings(),
        )
    )


def _meanings() -> Markup:
    return embedded_json(json.dumps({key: meaning for key, (_, meaning) in GLOSSARY.items()}, ensure_ascii=False))


def _target_metrics(run: Run) -> NumberMetrics | LabelMetrics | None:
    if not run.has("metrics.json") or kind_of(run) == "classes":
        return None
    return run.number_metrics() if kind_of(run) == "numbers" else run.label_metrics()


def _target_scores(run: Run, metrics: NumberMetrics | LabelMetrics | None) -> TargetScoresView | None:
    if metrics is None:
        return None
    return number_scores(run, metrics) if isinstance(metrics, NumberMetrics) else label_scores(run, metrics)


def _faithfulness(run: Run) -> FaithfulnessView | None:
    if not run.has("faithfulness.json"):
        return None
    return faithfulness_view(run.faithfulness(), unit=run.info.unit, support=words_of(run).support)


def _picture(name: str, drawing: Drawing) -> Picture:
    svg = inline(drawing.svg, name=f"figure-{name}", description=drawing.description)
    return Picture(markup=Markup(svg), wide=bool(drawing.figure.get_figwidth() > _COLUMN))


def embedded_json(text: str) -> Markup:
    """Return JSON for a script element: nothing in it can end the element or open another."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def content_security_policy(*, scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Allow the page's own inline scripts and styles, by hash, and nothing else."""
    policy: Mapping[str, str] = {
        "default-src": "'none'",
        "script-src": " ".join(map(csp_hash, scripts)),
        "style-src": " ".join(map(csp_hash, styles)),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def environment() -> Environment:
    """Return the templates."""
    return Environment(
        loader=PackageLoader("motiflens.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
