"""Scored variants as one HTML page in the look of a run's report: the strongest, what was skipped, what to doubt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

import motiflens
from motiflens.report.assets import read_static, stylesheet
from motiflens.report.logo import letter_path
from motiflens.report.page import content_security_policy

_COLUMN, _HALF = 11, 26  # pixels: of a letter, of the tallest letter above or below the line
_SMALLEST = 0.4  # pixels; lower letters are not drawn


@dataclass(frozen=True, kw_only=True)
class AllelePicture:
    """Letters of one allele around the variant, their contributions, and the stretch [start, end) that differs."""

    name: str
    letters: str
    contributions: Float[np.ndarray, " letters"]
    changed: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class VariantRow:
    """A variant of the page's table; `delta`, `p` and `q` as texts; `pictures` of both alleles, or none.

    `together` says what it does with the others of a haplotype, one line each.
    """

    where: str
    target: str
    delta: str
    p: str
    q: str
    q_value: float
    motifs: tuple[str, ...]
    doubt: str
    together: tuple[str, ...] = ()
    pictures: tuple[AllelePicture, ...] = ()

    @property
    def words(self) -> str:
        """What happens to motifs, for the page's filter."""
        return " ".join(sorted({motif.partition(":")[0] for motif in self.motifs}))


@dataclass(frozen=True, kw_only=True)
class VariantReport:
    """All that the page says. `skipped` are reason, count, meaning and examples."""

    source: str
    run: str
    genome: str
    summary: str
    unit: str
    rows: Sequence[VariantRow]
    skipped: Sequence[tuple[str, int, str, str]]
    notes: Sequence[str]
    doubts: Sequence[str]


def variant_page(report: VariantReport) -> str:
    """Return the page, which needs no other file and no network."""
    theme, script, styles = read_static("theme.js"), read_static("variants.js"), stylesheet()
    environment = Environment(
        loader=PackageLoader("motiflens.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    drawn = [(row, allele_logos(row.pictures) if row.pictures else None) for row in report.rows]
    return environment.get_template("variants.html").render(
        report=report,
        rows=drawn,
        version=motiflens.__version__,
        csp=content_security_policy(scripts=(theme, script), styles=(styles,)),
        theme=Markup(theme),
        script=Markup(script),
        styles=Markup(styles),
    )


def allele_logos(pictures: Sequence[AllelePicture]) -> Markup:
    """Return the alleles one above the other, letters as tall as their contributions, on one scale."""
    largest = max(float(np.abs(one.contributions).max(initial=0)) for one in pictures) or 1.0
    return Markup("").join(_allele_logo(one, _HALF / largest) for one in pictures)


def _allele_logo(one: AllelePicture, scale: float) -> Markup:
    width, height = _COLUMN * len(one.letters) + 2, 2 * _HALF + 4
    middle, paths = _HALF + 2, dict.fromkeys("ACGT", "")
    for column, (letter, value) in enumerate(zip(one.letters, one.contributions.tolist(), strict=True)):
        tall = abs(value) * scale
        if letter in paths and tall > _SMALLEST:
            top = middle - tall if value > 0 else float(middle)
            paths[letter] += letter_path(letter, x=1.0 + column * _COLUMN, y=top, width=0.92 * _COLUMN, height=tall)
    start, end = one.changed
    wide = max((end - start) * _COLUMN, 2)
    mark = f'<rect class="changed" x="{1 + start * _COLUMN}" y="0" width="{wide}" height="{height}"/>'
    axis = f'<path class="axis" d="M1 {middle}h{width - 2}"/>'
    drawn = "".join(
        f'<path class="base-{base.lower()}" fill-rule="evenodd" d="{path}"/>' for base, path in paths.items() if path
    )
    label = escape(f"{one.name}: {one.letters}")
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    svg = f'<svg class="logo" {size} role="img" aria-label="{label}">{mark}{axis}{drawn}</svg>'
    return Markup(f'<figure class="allele"><figcaption>{escape(one.name)}</figcaption>{svg}</figure>')
