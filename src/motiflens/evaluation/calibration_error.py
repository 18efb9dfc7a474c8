"""The expected calibration error without the part that chance makes, and an interval that covers it.

Even where all probabilities are right, the observed frequency of a bin differs from its forecast, and the error sums
the sizes of these differences: it is above the truth in every test set. So the truth is sought whose test sets have
an error like the observed one. Test sets are simulated for a range of true errors; a true error belongs to the
interval where the observed one is in neither tail, and the one that has the observed error as its median is the
estimate.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.stats import beta

from motiflens.evaluation.predictions import CALIBRATION_BINS, Predictions

SMALLER, LARGER = 8, 8  # true errors that are tried up to the observed one, and beyond it
FARTHEST = 4.0  # standard errors beyond the observed error
TAILS = 0.05  # of both together

Bins = Float64[np.ndarray, " bins"]
Grid = Float64[np.ndarray, " tried"]


@dataclass(frozen=True, kw_only=True)
class CalibrationError:
    """The error over bins as it is usually given, the same without the bias of chance, and a 95 % interval."""

    observed: float
    debiased: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class _Bins:
    """Forecasts by bin: how many, their mean, and how far the observed frequency is below it, as a share of all."""

    counts: Bins
    forecast: Bins
    gaps: Bins

    @classmethod
    def of(cls, predictions: Predictions) -> "_Bins":
        forecast, came_true = predictions.forecast()
        bins = predictions.calibration_bins()
        sums = [np.bincount(bins, values, CALIBRATION_BINS) for values in (np.ones(len(bins)), forecast, came_true)]
        counts, forecasts, events = (values[sums[0] > 0] for values in sums)
        return cls(counts=counts, forecast=forecasts / counts, gaps=(forecasts - events) / len(bins))

    def events(self) -> Bins:
        """Return how many events there were."""
        return self.counts * self.forecast - self.gaps * self.counts.sum()

    def standard_errors(self) -> Bins:
        """Return the chance size of each gap, from a frequency with half an event more either way."""
        pulled = (self.events() + 0.5) / (self.counts + 1)
        variance = np.maximum(pulled * (1 - pulled), self.forecast * (1 - self.forecast) / 2)
        return np.sqrt(self.counts * variance) / self.counts.sum()

    def most_of_one(self) -> float:
        """Return the largest gap that a bin alone allows, by Jeffreys' interval of its frequency."""
        events = self.events()
        ends = beta.interval(1 - TAILS, events + 0.5, self.counts - events + 0.5)
        return float((np.abs(ends - self.forecast) * self.counts).max() / self.counts.sum())

    def frequencies(self) -> Float64[np.ndarray, "tried bins"]:
        """Return true frequencies of the events, from those that the forecasts say to far from them.

        Up to the observed error the gaps of all bins shrink, half of the way in proportion, half by as many standard
        errors each, so that gaps that are chance go first. Beyond it, gaps that are small by chance grow too.
        """
        errors, sizes = self.standard_errors(), np.abs(self.gaps)
        threshold = (sizes / errors).max() * (1 - np.linspace(0, 1, SMALLER + 1)[:, None]) ** 1.5
        left = np.maximum(sizes - threshold * errors, 0)
        shrunk = (left + left.sum(axis=1, keepdims=True) * sizes / max(sizes.sum(), 1e-12)) / 2
        larger = np.hypot(sizes, errors)
        beyond = sizes.sum() + np.linspace(0, FARTHEST, LARGER + 1)[1:, None] * np.sqrt((errors**2).sum())
        grown = beyond * larger / larger.sum()
        too_high = np.where(sizes == 0, self.forecast > 0.5, self.gaps > 0)
        gaps = np.concatenate([shrunk, grown]) * np.where(too_high, 1, -1)
        return np.clip(self.forecast - gaps * self.counts.sum() / self.counts, 0, 1)


def calibration_error(predictions: Predictions, n: int, *, seed: int) -> CalibrationError:
    """Return the calibration error over 15 bins of equal width, debiased, with its interval from `n` simulations.

    The interval includes the observed error, and begins at 0 where that is no larger than right probabilities give
    in 95 % of test sets. It ends no lower than the largest error that one bin alone allows: where a bin has hardly an
    event, and others happen to be right, no true error would have an error as small as the observed one.
    """
    bins = _Bins.of(predictions)
    observed = float(np.abs(bins.gaps).sum())
    frequencies = bins.frequencies()
    true = np.abs((bins.forecast - frequencies) * bins.counts).sum(axis=1) / bins.counts.sum()
    rng = np.random.default_rng(seed)
    events = rng.binomial(bins.counts.astype(np.int64), frequencies, size=(n, *frequencies.shape))
    simulated = np.abs(bins.counts * bins.forecast - events).sum(axis=2) / bins.counts.sum()
    above = ((simulated > observed - 1e-12).mean(axis=0) + (simulated > observed + 1e-12).mean(axis=0)) / 2
    above = np.maximum.accumulate(above)  # the larger the true error, the more often beyond the observed one
    # At 0 the whole of both tails lies above: an error cannot be too small for right probabilities.
    upper = TAILS / 2 * (1 + np.exp(-true / np.maximum(simulated.std(axis=0), 1e-12)))
    low = _crossing(true, above - upper)
    high = _crossing(true, above - (1 - (TAILS - upper)))
    debiased = min(_crossing(true, above - 0.5), observed)
    high = min(max(high, observed, bins.most_of_one()), 1.0)
    return CalibrationError(observed=observed, debiased=debiased, low=min(low, debiased), high=high)


def _crossing(x: Grid, y: Grid) -> float:
    """Return the least x at which y, read as a line between the points, is above 0; the last x where it never is."""
    first = int(np.argmax(y > 0)) if (y > 0).any() else len(y)
    if first in (0, len(y)):
        return float(x[0] if first == 0 else x[-1])
    share = -y[first - 1] / (y[first] - y[first - 1])
    return float(x[first - 1] + share * (x[first] - x[first - 1]))
