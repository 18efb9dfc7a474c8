"""Inputs from good ones: bytes changed, removed, repeated, joined; and some that are noise throughout."""

from collections.abc import Iterator, Sequence

import numpy as np

_SPICE = (
    b"",
    b"\0",
    b"\n",
    b"\r",
    b"\t",
    b">",
    b",",
    b"=",
    b"-1",
    b"1e999",
    b"nan",
    b"\xff\xfe",
    b"\xc3\x28",
    b"9" * 40,
)


def mutated(good: Sequence[bytes], *, seed: int, n: int) -> Iterator[bytes]:
    """n inputs, the same for one seed."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        content = good[int(rng.integers(len(good)))] if rng.random() < 0.95 else rng.bytes(int(rng.integers(0, 300)))
        for _ in range(int(rng.integers(0, 6))):
            content = _changed(content, rng)
        yield content


def _changed(content: bytes, rng: np.random.Generator) -> bytes:
    first, last = sorted(rng.integers(0, len(content) + 1, 2).tolist())
    match int(rng.integers(5)):
        case 0:
            return content[:first] + rng.bytes(1) + content[first + 1 :]
        case 1:
            return content[:first] + content[last:]
        case 2:
            return content[:last] + content[first:]
        case 3:
            return content[:first] + _SPICE[rng.integers(len(_SPICE))] + content[first:]
        case _:
            return content[:first]
