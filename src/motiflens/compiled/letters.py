"""Letters of sequences in compiled code; importing this imports numba."""

from typing import no_type_check

from motiflens.compiled.simd import inlined


@inlined
@no_type_check
def common_letters(a, b):
    """Return the number of letters of two arrays of codes before their first difference."""
    i = 0
    while i < len(a) and a[i] == b[i]:
        i += 1
    return i
