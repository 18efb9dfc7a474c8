"""Repeated measurements: their mean, what it is called, how far they agree, and how much each mean is worth."""

import re
from collections.abc import Sequence
from itertools import combinations, takewhile

import numpy as np
from jaxtyping import Float64
from scipy.special import digamma, polygamma

from motiflens.errors import InputError

_MIN_PAIRS = 10  # rows that two replicates have in common
_Z = 1.96
_FEWEST = 100  # rows with two replicates or more, to tell whether their noise differs
_CLEAR = 3.0  # standard errors by which variances must differ more than by chance
_UNEXPLAINED = 0.5  # share of the signal's variance that a model is expected to leave, beside the noise

Replicates = Float64[np.ndarray, "n replicates"]


def target_name(columns: Sequence[str]) -> str:
    """Return what the mean of replicates is called: what their columns have in common, or "activity"."""
    shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*columns, strict=False))
    common = "".join(letters[0] for letters in shared)
    plain = re.sub(r"[\W_]*(rep|replicate|r)?[\W_]*$", "", common, flags=re.IGNORECASE)
    return plain or "activity"


def mean_of_replicates(replicates: Replicates) -> Float64[np.ndarray, " n"]:
    """Return the mean of the replicates that are there, NaN where none is."""
    known = np.isfinite(replicates)
    total = np.where(known, replicates, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def noise_weights(replicates: Float64[np.ndarray, "n targets replicates"]) -> Float64[np.ndarray, " n"] | None:
    """Return what each row is worth, mean 1, where the noise of the replicates differs by row; None where it does not.

    Of two or three replicates a row's own variance says little: it is shrunk towards that of all rows, by as much as
    the variances differ by chance alone (Smyth 2004). A row counts by 1 / (noise of its mean + what a model leaves).
    Of several targets the mean counts.
    """
    found = [weights for of_target in replicates.swapaxes(0, 1) if (weights := _weights(of_target)) is not None]
    return np.mean(found, axis=0) if found else None


def _weights(replicates: Replicates) -> Float64[np.ndarray, " n"] | None:
    known = np.isfinite(replicates)
    count = known.sum(axis=1)
    repeated = count > 1
    if repeated.sum() < _FEWEST:
        return None
    means = mean_of_replicates(replicates)
    left = np.where(known, replicates - means[:, None], 0.0)
    left = np.where(known, left - left[repeated].sum(0) / np.maximum(known[repeated].sum(0), 1), 0.0)
    freedom = np.maximum(count - 1, 1).astype(float)
    variance = (left**2).sum(axis=1) / freedom
    typical = float(variance[repeated].mean())
    if typical == 0:
        return None
    shrunk = _shrunk(np.maximum(variance, 1e-3 * typical), freedom, repeated)  # some are equal by rounding
    if shrunk is None:
        return None
    noise = shrunk / np.maximum(count, 1)
    signal = max(float(np.nanvar(means) - noise[count > 0].mean()), 0.0)
    weights = np.where(count > 0, 1 / (noise + _UNEXPLAINED * signal), 0.0)
    weights[count == 0] = weights[count > 0].mean()
    return np.asarray(weights / weights.mean())


def _shrunk(
    variance: Float64[np.ndarray, " n"], freedom: Float64[np.ndarray, " n"], repeated: np.ndarray
) -> Float64[np.ndarray, " n"] | None:
    """Return variances shrunk towards the common one, which rows without a repetition have; None where all are one."""
    of, degrees = variance[repeated], freedom[repeated]
    logs = np.log(of) - digamma(degrees / 2) + np.log(degrees / 2)
    spread = (logs - logs.mean()) ** 2
    excess = float(spread.mean() - polygamma(1, degrees / 2).mean())
    if excess <= _CLEAR * spread.std() / np.sqrt(len(spread)):
        return None
    prior = 2 * _inverse_trigamma(excess)
    common = float(np.exp(logs.mean() + digamma(prior / 2) - np.log(prior / 2)))
    return np.where(repeated, (prior * common + freedom * variance) / (prior + freedom), common)


def _inverse_trigamma(value: float) -> float:
    """Return x with trigamma(x) = value > 0, by Newton's method for 1 / trigamma, which is nearly a line."""
    x = 0.5 + 1 / value
    for _ in range(50):
        slope = float(polygamma(1, x))
        step = slope * (1 - slope / value) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-10:
            break
    return x


def check_replicates_agree(replicates: Replicates, columns: Sequence[str], path: str) -> None:
    """Raise InputError for two replicates that do not correlate: chance alone could explain how far they do."""
    for a, b in combinations(range(len(columns)), 2):
        both = np.isfinite(replicates[:, [a, b]]).all(axis=1)
        n = int(both.sum())
        if n < _MIN_PAIRS:
            raise InputError(
                f"{path}: replicates {columns[a]} and {columns[b]} have {n} rows in common where {_MIN_PAIRS} are "
                "needed to compare them; leave one out"
            )
        r = float(np.corrcoef(replicates[both, a], replicates[both, b])[0, 1])
        if not np.arctanh(np.clip(r, -0.999999, 0.999999)) * np.sqrt(n - 3) > _Z:
            raise InputError(
                f"{path}: replicates {columns[a]} and {columns[b]} do not correlate (Pearson {r:.2f} over {n} rows): "
                "there is nothing in them to learn; check the columns and the order of their rows"
            )
