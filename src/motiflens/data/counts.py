"""Counts as numbers that do not depend on the exposure: logarithms of rates, and Pearson residuals."""

import numpy as np
from jaxtyping import Bool, Float64

Counts = Float64[np.ndarray, "n targets"]

_HALF = 0.5  # so that a count of 0 has a logarithm
_LEAST = 1e-12


def exposure_of(offset: Float64[np.ndarray, " n"] | None, n: int) -> Float64[np.ndarray, "n 1"]:
    """Return the exposure of n records from its logarithm; 1 where there is none."""
    return np.ones((n, 1)) if offset is None else np.exp(offset)[:, None]


def log_rates(counts: Counts, exposure: Float64[np.ndarray, "n 1"]) -> Counts:
    """Return natural logarithms of the rates: of large counts; of zeros it is the exposure's."""
    return np.log(counts + _HALF) - np.log(exposure)


def mean_rates(counts: Counts, exposure: Float64[np.ndarray, "n 1"]) -> Float64[np.ndarray, " targets"]:
    """Return the rate of each target: all its counts by all their exposure; 0 where there are none."""
    known = np.isfinite(counts)
    return np.asarray(np.nansum(counts, axis=0) / np.maximum((exposure * known).sum(axis=0), _LEAST))


def expected_counts(counts: Counts, exposure: Float64[np.ndarray, "n 1"]) -> Counts:
    """Return what the exposure alone makes of each count: the mean rate times its own exposure."""
    return exposure * mean_rates(counts, exposure).clip(_LEAST)


def pearson_residuals(counts: Counts, exposure: Float64[np.ndarray, "n 1"]) -> Counts:
    """Return how many standard deviations of a Poisson count each is above what its exposure alone makes of it.

    Their mean does not depend on the exposure, however small the counts are. NaN where a count is missing.
    """
    expected = expected_counts(counts, exposure)
    return (counts - expected) / np.sqrt(expected)


def as_numbers(counts: Counts, exposure: Float64[np.ndarray, "n 1"], *, small: Bool[np.ndarray, " targets"]) -> Counts:
    """Return Pearson residuals of the targets whose counts are `small`, logarithms of rates of the others."""
    return np.where(small, pearson_residuals(counts, exposure), log_rates(counts, exposure))
