"""What each motif adds to a number while the others are held constant: one multiple regression."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy.stats import norm

_RANK = 1e-8


@dataclass(frozen=True, kw_only=True)
class Slope:
    """What a site adds, with its 95 % interval, from `n` sequences; NaN where the others determine who has a site."""

    mean: float
    low: float
    high: float
    n: int


def effects_given_others(
    sites: Bool[np.ndarray, "n motifs"], values: Float64[np.ndarray, " n"], expected: Float64[np.ndarray, " n"]
) -> list[Slope]:
    """Return what a site of each motif adds to the number, the other motifs and composition held constant.

    Least squares of the number on whether a sequence has a site of each motif and on what composition makes of it. The
    intervals hold where the spread differs between sequences (White 1980, Econometrica 48:817, in the form HC1).

    Args:
        sites: whether each sequence has a site of each motif.
        values: the number of each sequence; NaN leaves it out.
        expected: what composition makes of each.
    """
    known = np.isfinite(values)
    n, motifs = int(known.sum()), sites.shape[1]
    centred = expected[known] - (expected[known].mean() if n else 0.0)
    x = np.column_stack((sites[known].astype(float), centred, np.ones(n)))
    kept = _independent(x)
    freedom = n - len(kept)
    undefined = Slope(mean=np.nan, low=np.nan, high=np.nan, n=n)
    if freedom <= 0:
        return [undefined] * motifs
    own = x[:, kept]
    inverse = np.linalg.inv(own.T @ own)
    slopes = inverse @ own.T @ values[known]
    scores = own * (values[known] - own @ slopes)[:, None]
    errors = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse) * n / freedom)
    reach = norm.isf(0.025) * errors
    place = {column: i for i, column in enumerate(kept)}
    return [
        Slope(mean=float(slopes[i]), low=float(slopes[i] - reach[i]), high=float(slopes[i] + reach[i]), n=n)
        if (i := place.get(motif)) is not None
        else undefined
        for motif in range(motifs)
    ]


def _independent(x: np.ndarray) -> list[int]:
    """Columns that are no sum of the columns kept before them; the intercept comes first."""
    kept: list[int] = []
    basis = np.zeros((len(x), 0))
    for column in (x.shape[1] - 1, *range(x.shape[1] - 1)):
        left = x[:, column] - basis @ (basis.T @ x[:, column])
        left = left - basis @ (basis.T @ left)
        size = float(np.linalg.norm(left))
        if size > _RANK * max(float(np.linalg.norm(x[:, column])), _RANK):
            kept.append(column)
            basis = np.column_stack((basis, left / size))
    return kept
