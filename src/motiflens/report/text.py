"""Numbers and names as a reader likes them."""

import math
import re
from collections.abc import Mapping

from markupsafe import Markup

from motiflens.words import BASELINES

METRIC_NAMES: Mapping[str, str] = {
    "auroc": "AUROC",
    "accuracy": "Accuracy",
    "auprc": "AUPRC",
    "mcc": "MCC",
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "log_loss": "Log loss",
    "brier": "Brier score",
    "ece": "Calibration error",
    "ece_debiased": "Calibration error, debiased",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "MAE",
}
Number = float | int
_NOTHING = "–"


def number(value: Number | None, digits: int = 3) -> str:
    """A score with fixed digits; a dash where there is none."""
    return _NOTHING if value is None or not math.isfinite(value) else f"{value:z.{digits}f}".replace("-", "−")


def significant(value: Number | None, digits: int = 3) -> str:
    """A number in any unit: 0.0123, 1.23, 1,230; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return _NOTHING
    size = abs(value)
    if size and not 1e-3 <= size < 1e6:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    places = max(0, digits - 1 - (math.floor(math.log10(size)) if size else 0))
    return f"{value:,.{places}f}".replace("-", "−")


def interval(bounds: tuple[Number | None, Number | None] | None, digits: int = 3) -> str:
    """ "0.961 to 0.982", or nothing."""
    if bounds is None or None in bounds:
        return ""
    return f"{number(bounds[0], digits)} to {number(bounds[1], digits)}"


def difference(value: Number | None) -> str:
    """A score difference with its sign."""
    return signed(value, 3)


def signed(value: Number | None, digits: int) -> str:
    """A number with its sign; a dash where there is none."""
    return ("+" if value is not None and value > 0 else "") + number(value, digits)


def small_power(exponent: Number | None) -> Markup:
    """10 ** exponent, for p-values below what a float can hold: 3.1 × 10⁻⁴¹²."""
    if exponent is None or not math.isfinite(exponent):
        return Markup("&lt; 10<sup>−300</sup>")
    whole = math.floor(exponent)
    return Markup(f"{10 ** (exponent - whole):.1f} × 10<sup>{whole}</sup>".replace("-", "−"))


def p_value(value: Number | None) -> Markup:
    """0.041, or 1.2 × 10⁻⁸ where small; 0 is below what a float can hold."""
    if value is None or not math.isfinite(value):
        return Markup(_NOTHING)
    if value == 0:
        return Markup("&lt; 10<sup>−300</sup>")
    if value >= 0.001:
        return Markup(f"{value:.2g}") if value < 0.1 else Markup(f"{value:.2f}")
    mantissa, exponent = f"{value:.1e}".split("e")
    return Markup(f"{mantissa} × 10<sup>{int(exponent)}</sup>".replace("-", "−"))


def percent(part: Number | None, whole: Number) -> str:
    """ "61 %", "0.4 %"; a dash of nothing."""
    if not whole or part is None or not math.isfinite(part):
        return _NOTHING
    share = 100 * part / whole
    return f"{share:.1f} %" if 0 < share < 9.95 else f"{share:.0f} %"


def count(value: Number) -> str:
    """12,345."""
    return f"{value:,.0f}"


def duration(seconds: Number) -> str:
    """0.8 s, 74 s, 12 min, 3.4 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def typeset(text: str) -> str:
    """A sentence with true minus signs, and no line break before a percent sign."""
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text).replace(" %", "\u00a0%")


def shorten(text: str, length: int) -> str:
    """At most `length` characters, the last an ellipsis where some are missing."""
    clean = "".join(c if c.isprintable() else "·" for c in text)
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def axis_unit(unit: str) -> str:
    """What an axis of contributions is called: logit, value, log value."""
    return unit.removesuffix("s").replace("target unit", "value")


def baseline_name(key: str) -> str:
    """A baseline's name in words."""
    return BASELINES.get(key, key.replace("_", " "))
