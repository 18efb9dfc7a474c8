"""Which test compares the numbers of sequences with a site and of those without."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

_SHARED = 0.04  # chance that two sequences share a number: that of one which a fifth of them have
_NARROWEST = 0.05  # share of a count that composition leaves at least

TestName = Literal["rank sum", "permutation", "Fisher"]


def share_numbers(values: Float64[np.ndarray, "n targets"]) -> Bool[np.ndarray, " targets"]:
    """Return for each target whether so many sequences share a number that ranks say little; NaN is a missing one."""
    columns = (column[np.isfinite(column)] for column in values.T)
    times = (np.unique(column, return_counts=True)[1] for column in columns)
    return np.array([((n / max(n.sum(), 1)) ** 2).sum() > _SHARED for n in times], bool)


@dataclass(frozen=True, kw_only=True, eq=False)
class NumberTest:
    """The test that numbers are compared by.

    Attributes:
        name: by ranks; where many share a number, by permutation; of labels Fisher's.
        root_mean: of Pearson residuals, the root of the count that each is off from; None of other numbers.
    """

    name: TestName
    root_mean: Float64[np.ndarray, " n"] | None = None

    @classmethod
    def of(cls, values: Float64[np.ndarray, " n"]) -> "NumberTest":
        """Return the test that suits numbers such as these; NaN where one is missing."""
        known = values[np.isfinite(values)]
        if np.isin(known, (0, 1)).all():
            return cls(name="Fisher")
        return cls(name="permutation" if share_numbers(known[:, None])[0] else "rank sum")

    def in_rows(self, rows: Bool[np.ndarray, " n"]) -> "NumberTest":
        """Return the test of the numbers of these rows."""
        return self if self.root_mean is None else replace(self, root_mean=self.root_mean[rows])

    def spread(self, expected: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        """Return how many times wider than without composition each number spreads: counts as the root of their mean.

        Args:
            expected: what composition makes of each, in the units of the numbers.
        """
        if self.root_mean is None:
            return np.ones(len(expected))
        return np.sqrt(np.maximum(1 + expected / self.root_mean, _NARROWEST))

    def middle(self, values: Float64[np.ndarray, " n"]) -> float:
        """Return what parts higher numbers from lower ones: the median, or the mean where many share a number."""
        known = values[np.isfinite(values)]
        return float(np.median(known) if self.name == "rank sum" else known.mean())
