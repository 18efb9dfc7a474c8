"""Compiled best matches of motifs at a stretch of a sequence; importing this imports numba."""

from typing import no_type_check

from motiflens.compiled.jit import njit


@njit(cache=True, nogil=True)
@no_type_check
def best_at(codes, spans, scores, bounds, out):
    """Fill out (n, matrices) with the best score of the windows of each matrix that see the stretch spans[row].

    codes (n, length); spans (n, 2), half-open; a window sees an empty stretch where it has letters on both sides of
    it. scores (5, columns of all matrices), matrix k at bounds[k]..bounds[k + 1]. Where there is no such window, the
    score stays.
    """
    length = codes.shape[1]
    for row in range(len(codes)):
        begin, end = spans[row, 0], spans[row, 1]
        for k in range(len(bounds) - 1):
            low, width = bounds[k], bounds[k + 1] - bounds[k]
            first = max(begin - width + 1, 0)
            last = min(end - 1, length - width)
            for start in range(first, last + 1):
                total = 0
                for j in range(width):
                    total += scores[codes[row, start + j], low + j]
                out[row, k] = max(out[row, k], total)
