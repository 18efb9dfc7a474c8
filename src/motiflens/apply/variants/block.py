"""Scored records of a block, in memory and on disk."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
from jaxtyping import Float64, Int8, Int64

from motiflens.apply.variants.alleles import Skip

_SKIPS: tuple[Skip, ...] = get_args(Skip)
_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What became of records and alleles; `examples` by reason; `translated` names of contigs, file to genome.

    Of haplotypes, `together` counts alleles scored with others, `apart` those that cannot be, `unphased` those without
    a phase.
    """

    records: int = 0
    alleles: int = 0
    compared: int = 0
    mismatched: int = 0
    swapped: int = 0
    together: int = 0
    apart: int = 0
    unphased: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    translated: dict[str, str] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        reasons = self.examples | other.examples
        return Tally(
            records=self.records + other.records,
            alleles=self.alleles + other.alleles,
            compared=self.compared + other.compared,
            mismatched=self.mismatched + other.mismatched,
            swapped=self.swapped + other.swapped,
            together=self.together + other.together,
            apart=self.apart + other.apart,
            unphased=self.unphased + other.unphased,
            skipped=self.skipped + other.skipped,
            examples={r: [*self.examples.get(r, []), *other.examples.get(r, [])][:_EXAMPLES] for r in reasons},
            translated=self.translated | other.translated,
        )


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some records of a file, scored; a row of an array is an allele, the columns are targets.

    Attributes:
        texts: the records' lines.
        bounds: (records + 1,), the alleles of each.
        skips: (n,), the number of the reason why an allele is not scored, -1 where it is.
        kinds, kind: names, and (n,) which of them a change is; -1 where it is not scored.
        ref, alt, delta, low, high: (n, targets), nan where not scored.
        place: (n,), which place in the window.
        motifs: (n,), changes of motifs as the file has them.
        extra: further columns (n,) by name, as texts.
        tally: counts.
        strongest: rows and windows of those with the largest changes.
    """

    texts: Sequence[str]
    bounds: Int64[np.ndarray, " bounds"]
    skips: Int8[np.ndarray, " n"]
    kinds: tuple[str, ...]
    kind: Int64[np.ndarray, " n"]
    ref: Float64[np.ndarray, "n targets"]
    alt: Float64[np.ndarray, "n targets"]
    delta: Float64[np.ndarray, "n targets"]
    low: Float64[np.ndarray, "n targets"]
    high: Float64[np.ndarray, "n targets"]
    place: Int64[np.ndarray, " n"]
    motifs: Sequence[str]
    tally: Tally
    extra: dict[str, Sequence[str]] = field(default_factory=dict)
    strongest: Sequence[dict[str, Any]] = ()

    def skip(self, row: int) -> str:
        """Return why an allele is not scored; empty where it is."""
        number = int(self.skips[row])
        return "" if number < 0 else _SKIPS[number]

    def save(self, path: Path) -> None:
        """Write the block to a file that is whole or absent."""
        texts = {"texts": list(self.texts), "motifs": list(self.motifs), "kinds": self.kinds, "extra": self.extra}
        notes = texts | {
            "tally": vars(self.tally) | {"skipped": dict(self.tally.skipped)},
            "strongest": list(self.strongest),
        }
        raw = np.frombuffer(json.dumps(notes, default=list).encode(), np.uint8)
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        partial = path.with_name(f".{path.name}.new")
        with partial.open("wb") as file:
            np.savez(file, notes=raw, **arrays)
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path) -> "Block":
        """Return the block that `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            notes = json.loads(arrays["notes"].tobytes())
            kept = {name: arrays[name] for name in _ARRAYS}
        tally = notes.pop("tally")
        tally["skipped"] = Counter(tally["skipped"])
        notes["kinds"] = tuple(notes["kinds"])
        return cls(**kept, **notes, tally=Tally(**tally))


_ARRAYS = ("bounds", "skips", "kind", "ref", "alt", "delta", "low", "high", "place")


def skip_numbers(skips: Sequence[Skip | None]) -> Int8[np.ndarray, " n"]:
    """Return the number of each reason, -1 for none."""
    number = {name: i for i, name in enumerate(_SKIPS)}
    return np.array([-1 if skip is None else number[skip] for skip in skips], np.int8)
