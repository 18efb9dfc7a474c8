"""A run as one HTML page that needs nothing else: no network, no other file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from motiflens.report import audit_view, view
from motiflens.report.assets import bundle, csp_hash, read_static, stylesheet
from motiflens.report.faithfulness_view import trust
from motiflens.report.figures import Drawing, draw
from motiflens.report.glossary import GLOSSARY
from motiflens.report.grammar_view import grammar
from motiflens.report.motif_rows import motif_rows
from motiflens.report.payload import payload
from motiflens.report.svg import inline, style
from motiflens.run.folder import Run

_COLUMN = 4.5  # inches: a wider figure takes a row of its own


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure as a part of the page."""

    markup: Markup
    wide: bool


def write_report(run: Run) -> None:
    """Draw RUN/figures and build RUN/report.html anew from the rest of the run folder."""
    with style():
        drawings = draw(run)
        files = {f"{name}.{kind}": getattr(it, kind) for name, it in drawings.items() for kind in ("svg", "png")}
        run.update(figures=files, report=_page(run, drawings))


def build_report(run: Run) -> str:
    """The report as HTML. Parts that the run lacks (it may be an imported model) are left out."""
    with style():
        return _page(run, draw(run))


def _page(run: Run, drawings: Mapping[str, Drawing]) -> str:
    metrics = run.metrics() if run.has("metrics.json") else {}
    record = run.motifs() if run.has("motifs.json") else {}
    data = payload(run, record)
    theme, script, styles = read_static("theme.js"), bundle("page"), stylesheet()
    return (
        _environment()
        .get_template("report.html")
        .render(
            header=view.header(run),
            verdict=view.verdict(run, metrics) if "test" in metrics else None,
            audit=audit_view.audit(run, metrics),
            motifs=motif_rows(record.get("motifs", []), run.classes),
            unsupported=motif_rows(record.get("not_supported", []), run.classes),
            searched=run.has("motifs.json"),
            grammar=grammar(record),
            discovery=record.get("discovery"),
            sites=data["sites"],
            browser=data["browser"],
            trust=trust(run.faithfulness()) if run.has("faithfulness.json") else None,
            per_class=view.per_class(metrics) if "test" in metrics else None,
            report_text=metrics.get("classification_report"),
            figures={name: _picture(name, drawing) for name, drawing in drawings.items()},
            making=view.making(run),
            glossary=GLOSSARY,
            csp=content_security_policy(scripts=(theme, script), styles=(styles,)),
            theme=Markup(theme),
            script=Markup(script),
            styles=Markup(styles),
            data=embedded_json(data),
            meanings=embedded_json({key: meaning for key, (_, meaning) in GLOSSARY.items()}),
        )
    )


def _picture(name: str, drawing: Drawing) -> Picture:
    svg = inline(drawing.svg, name=f"figure-{name}", description=drawing.description)
    return Picture(markup=Markup(svg), wide=bool(drawing.figure.get_figwidth() > _COLUMN))


def embedded_json(value: Any) -> Markup:
    """JSON for a script element: nothing in it can end the element or open another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def content_security_policy(*, scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Only the page's own inline scripts and styles, by hash; no other source of anything."""
    policy: Mapping[str, str] = {
        "default-src": "'none'",
        "script-src": " ".join(map(csp_hash, scripts)),
        "style-src": " ".join(map(csp_hash, styles)),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("motiflens.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
