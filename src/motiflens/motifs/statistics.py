"""Corrections for many tests."""

import numpy as np


def benjamini_hochberg(p: np.ndarray, *, tests: int | None = None) -> np.ndarray:
    """q-values (n,) of p-values (n,), monotone in p and at most 1 (Benjamini & Hochberg 1995).

    `tests` is the number of tests made when `p` holds only the smallest of their p-values; the q-values are then
    those of the full procedure or, where a p-value left out would lower them, above.
    """
    order = np.argsort(p, kind="stable")
    ranked = p[order] * (len(p) if tests is None else tests) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q
