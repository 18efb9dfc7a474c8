"""What each motif adds to a number while the others are held constant: one multiple regression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy.stats import norm

from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.position_windows import PositionWindow
from motiflens.discovery.seqlets import Direction

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


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number of each sequence, NaN where it was not measured, and what composition makes of it."""

    values: Float64[np.ndarray, " n"]
    expected: Float64[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a motif is said to do: raise ("for") or lower a number, anywhere or in a window."""

    number: str
    direction: Direction
    window: PositionWindow | None


def unfounded_claim(
    sites: Bool[np.ndarray, "n motifs"],
    claims: Sequence[Claim],
    numbers: Mapping[str, Number],
    *,
    config: EvidenceConfig,
) -> tuple[int, str] | None:
    """Return the motif that adds least of what it must while the others are held constant, and the reason in words.

    A word that one motif makes rarer, or composition's part in another, can pass the test of a single motif. The least
    effect that this asks for must also be there given the others; None where it is, for all motifs. Of two with nearly
    the same sites, leaving one out restores the other. Where the sites of others determine a motif's own, the data
    cannot say whose the effect is, and it is not unfounded.

    Args:
        sites: whether each sequence has a site of each motif.
        claims: what each motif is said to do.
        numbers: the numbers, by name.
        config: the least effects.
    """
    slopes = {
        name: effects_given_others(sites, numbers[name].values, numbers[name].expected)
        for name in {claim.number for claim in claims}
    }
    own = [slopes[claim.number][i] for i, claim in enumerate(claims)]
    shares = [_share_of_least(slope, claim, numbers, config) for slope, claim in zip(own, claims, strict=True)]
    weakest = int(np.argmin(shares)) if shares else 0
    if not shares or shares[weakest] >= 1:
        return None
    return weakest, _reason(own[weakest], claims[weakest], numbers, config)


def _reason(slope: Slope, claim: Claim, numbers: Mapping[str, Number], config: EvidenceConfig) -> str:
    sign, bound = (1, "at least") if claim.direction == "for" else (-1, "at most")
    return (
        f"with the other motifs held constant, a site adds {slope.mean:+.3g} ({slope.low:+.3g} to {slope.high:+.3g}): "
        f"it must be {bound} {sign * _share(claim, config):+g} standard deviations "
        f"({sign * _least(claim, numbers, config):+.3g})"
    )


def _share_of_least(slope: Slope, claim: Claim, numbers: Mapping[str, Number], config: EvidenceConfig) -> float:
    least = _least(claim, numbers, config)
    if np.isnan(slope.mean) or least == 0:  # the other motifs determine who has a site: nothing speaks against it
        return np.inf
    return (slope.mean if claim.direction == "for" else -slope.mean) / least


def _least(claim: Claim, numbers: Mapping[str, Number], config: EvidenceConfig) -> float:
    """The smallest effect in the units of the number."""
    values = numbers[claim.number].values
    known = values[np.isfinite(values)]
    return _share(claim, config) * float(known.std(ddof=1)) if len(known) > 1 else 0.0


def _share(claim: Claim, config: EvidenceConfig) -> float:
    return config.min_effect if claim.window is None else config.min_effect_in_window


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
