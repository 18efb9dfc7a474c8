"""How large a change is by chance: random changes of every kind in sequences that the model was not trained on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from motiflens.apply.variants.config import VariantConfig
from motiflens.apply.variants.kinds import SINGLE, bounds_of
from motiflens.apply.variants.scores import Scorer
from motiflens.apply.variants.windows import Windows
from motiflens.shapes import Codes

_AT_A_TIME = 2048


@dataclass(frozen=True, kw_only=True)
class Null:
    """Sorted effects of random changes (targets, n) by kind."""

    effects: Mapping[str, Float32[np.ndarray, "targets n"]] = field(default_factory=dict)

    def p_values(
        self, kind: str, deltas: Float64[np.ndarray, "m targets"], *, places: int = 1
    ) -> Float64[np.ndarray, "m targets"]:
        """Return two-sided p-values: twice the share of random changes, and itself, that go at least as far its way.

        A gain is compared with gains, and a loss with losses, since losses are larger and more frequent by chance: a
        random change breaks sites more often than it makes one. Of the largest of several places, by Šidák, which is
        on the safe side where they agree.
        """
        effects = self.effects[kind]
        count = effects.shape[1]
        above, below = np.empty(deltas.shape), np.empty(deltas.shape)
        for target, (row, column) in enumerate(zip(effects, deltas.T.astype(np.float32), strict=True)):
            above[:, target] = count - np.searchsorted(row, column, side="left")
            below[:, target] = np.searchsorted(row, column, side="right")
        p = np.minimum(2 * (1 + np.minimum(above, below)) / (1 + count), 1.0)
        return p if places == 1 else -np.expm1(places * np.log1p(-np.minimum(p, 1 - 1e-16)))


def with_kinds(
    null: Null, kinds: Iterable[str], scorer: Scorer, *, held_out: Codes, seed: int, config: VariantConfig
) -> Null:
    """Return a null that has these kinds too; what one gets depends on its name, the sequences and the seed alone."""
    counts = {kind: config.null_substitutions if kind == SINGLE else config.null_changes for kind in kinds}
    new = {
        kind: _effects(kind, scorer, held_out, seed=seed, count=count)
        for kind, count in counts.items()
        if kind not in null.effects or null.effects[kind].shape[1] < count
    }
    return Null(effects={**null.effects, **new})


def _effects(kind: str, scorer: Scorer, held_out: Codes, *, seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng([seed, crc32(kind.encode())])
    parts = []
    for start in range(0, count, _AT_A_TIME):
        windows = random_changes(kind, held_out, rng, count=min(_AT_A_TIME, count - start))
        parts.append(scorer.deltas(windows).delta)
    return np.sort(np.concatenate(parts).T.astype(np.float32), axis=1)


def random_changes(kind: str, codes: Codes, rng: np.random.Generator, *, count: int) -> Windows:
    """Return `count` changes of one kind at random places of sequences drawn with replacement.

    Letters that are written, and those that enter at the ends where letters are lost, come from random places of other
    sequences. The letters beside the change give way, or close up, on both sides alike, as around real variants.
    """
    length = codes.shape[1]
    name, _, size = kind.partition("_")
    low, high = bounds_of(int(size.partition("-")[0]))
    low, high = min(low, length), min(high, length)
    if kind == SINGLE:
        return _substitutions(codes[rng.integers(len(codes), size=count)], rng)
    pairs = np.array([_lengths(name, low, high, rng) for _ in range(count)], np.int64)
    rows = rng.integers(len(codes), size=count)
    first = codes[rows]
    second = first.copy()
    spans = np.empty((count, 4), np.int64)
    for i, (ref, alt) in enumerate(pairs.tolist()):
        start = int(rng.integers(length - max(ref, alt) + 1))
        written = _stretch(codes, alt, rng)
        if name == "substitution":
            kept = first[i, start : start + ref]
            written = _unlike(kept, written, rng)
        before = min(max(start + ref // 2 - alt // 2, 0), length - alt)
        left = _cut_left(first[i, :start], before, codes, rng)
        right = _cut_right(first[i, start + ref :], length - before - alt, codes, rng)
        second[i] = np.concatenate((left, written, right))
        spans[i] = start, start + ref, before, before + alt
    return Windows(rows=np.arange(count), first=first, second=second, first_span=spans[:, :2], second_span=spans[:, 2:])


def _substitutions(first: Codes, rng: np.random.Generator) -> Windows:
    """Return a single substitution at a random place of each sequence."""
    rows = np.arange(len(first))
    starts = rng.integers(first.shape[1], size=len(first))
    second = first.copy()
    second[rows, starts] = (first[rows, starts] % 4 + rng.integers(1, 4, len(first))) % 4
    spans = np.stack((starts, starts + 1), 1)
    return Windows(rows=rows, first=first, second=second, first_span=spans, second_span=spans)


def _lengths(name: str, low: int, high: int, rng: np.random.Generator) -> tuple[int, int]:
    """Return the letters replaced and written of one change."""
    size = int(rng.integers(low, high + 1))
    if name == "replacement":  # of unlike lengths, the longer of which is of the class
        other = int(rng.integers(1, size)) if size > 1 else 1
        return (size, other) if rng.random() < 0.5 else (other, size)
    return (0 if name == "insertion" else size), (0 if name == "deletion" else size)


def _stretch(codes: Codes, size: int, rng: np.random.Generator) -> UInt8[np.ndarray, " size"]:
    start = int(rng.integers(codes.shape[1] - size + 1))
    return codes[int(rng.integers(len(codes))), start : start + size]


def _unlike(old: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return letters whose first and last differ from the old ones, as those of a trimmed substitution do."""
    new = new.copy()
    for i in {0, len(new) - 1}:
        if old[i] == new[i] or len(new) == 1:
            new[i] = (old[i] % 4 + rng.integers(1, 4)) % 4
    return new


def _cut_left(letters: np.ndarray, count: int, codes: Codes, rng: np.random.Generator) -> np.ndarray:
    """Return the last `count` letters, with letters of another sequence in front where there are fewer."""
    missing = count - len(letters)
    return letters[len(letters) - count :] if missing <= 0 else np.concatenate((_stretch(codes, missing, rng), letters))


def _cut_right(letters: np.ndarray, count: int, codes: Codes, rng: np.random.Generator) -> np.ndarray:
    missing = count - len(letters)
    return letters[:count] if missing <= 0 else np.concatenate((letters, _stretch(codes, missing, rng)))
