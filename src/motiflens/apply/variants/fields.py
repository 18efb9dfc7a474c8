"""The fields that a scored file gets: their names, their texts, p-values and false discovery rates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from motiflens.apply.variants.block import Block
from motiflens.apply.variants.genotypes import PLOIDY
from motiflens.apply.variants.haplotypes import Joint
from motiflens.apply.variants.motif_words import settled_column
from motiflens.apply.variants.null import Null

MISSING = "."


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field with a value for each ALT: its name in VCF, its type there, and what it holds.

    `source` is the array of a block that has the values, of the target of that number.
    """

    name: str
    kind: str
    text: str
    source: str
    target: int = 0

    @property
    def column(self) -> str:
        """Name of the column of a table, in which ref and alt are the alleles."""
        plain = self.name.removeprefix("ML_").lower()
        return f"score_{plain}" if self.source in ("ref", "alt") else plain

    @property
    def header(self) -> str:
        """The line of a VCF header."""
        return f'##INFO=<ID={self.name},Number=A,Type={self.kind},Description="{self.text}">'


def suffixes_of(targets: Sequence[str]) -> tuple[str, ...]:
    """Return what the names of fields end in, by target; nothing where there is one target alone."""
    if len(targets) == 1:
        return ("",)
    plain = [re.sub(r"[^0-9A-Za-z_.]", "_", name) for name in targets]
    return tuple(f"_{name}" if plain.count(name) == 1 else f"_{name}_{i + 1}" for i, name in enumerate(plain))


def fields_of(
    targets: Sequence[str], *, ensemble: bool, null: bool, places: int, haplotypes: bool = False
) -> list[Field]:
    """Return the fields of a scoring, in their order."""
    found: list[Field] = []
    texts = {"delta": "ALT less REF"}
    texts |= dict.fromkeys(("low", "high"), "End of the 95 % interval of the change, over the networks of the ensemble")
    texts["p"] = "Two-sided p-value of the change, among random changes of its kind in held-out sequences"
    texts["q"] = "False discovery rate over this file"
    sources = ("ref", "alt", "delta", *(("low", "high") if ensemble else ()), *(("p", "q") if null else ()))
    for number, (target, suffix) in enumerate(zip(targets, suffixes_of(targets), strict=True)):
        towards = re.sub(r'["\\]', "_", target)
        for source in sources:
            text = texts.get(source, f"Score of the window with {source.upper()}, towards {towards}")
            name = f"ML_{source.upper()}{suffix}"
            found.append(Field(name=name, kind="Float", text=text, source=source, target=number))
    if places > 1:
        text = "Where in the window, counted from 0, the variant is put: where its change is largest"
        found.append(Field(name="ML_OFFSET", kind="Integer", text=text, source="offset"))
    if haplotypes:
        found += _haplotype_fields(targets)
    text = "Motifs that change at the variant: what happens, name, change of the best match in bits; joined by &"
    found.append(Field(name="ML_MOTIF", kind="String", text=text, source="motif"))
    found.append(Field(name="ML_SKIP", kind="String", text="Why this ALT has no score", source="skip"))
    return found


def _haplotype_fields(targets: Sequence[str]) -> list[Field]:
    found = []
    for haplotype in range(1, PLOIDY + 1):
        name = f"ML_HAP{haplotype}"
        text = f"Other variants of haplotype {haplotype} in the window, joined by &"
        found.append(Field(name=f"{name}_WITH", kind="String", text=text, source=f"hap{haplotype}_with"))
        texts = {
            "DELTA": f"Change of the score by all variants of haplotype {haplotype} in the window",
            "INTERACTION": f"ML_HAP{haplotype}_DELTA less the sum of the changes by each of them alone",
        }
        for number, suffix in enumerate(suffixes_of(targets)):
            for what, text in texts.items():
                source = f"hap{haplotype}_{what.lower()}_{number}"
                found.append(Field(name=f"{name}_{what}{suffix}", kind="Float", text=text, source=source))
    return found


def joint_texts(joint: Sequence[Joint], *, count: int, targets: int) -> dict[str, Sequence[str]]:
    """Return the columns of the fields of haplotypes, by the sources of these, of a block of `count` alleles."""
    texts: dict[str, list[str]] = {}
    for haplotype in range(1, PLOIDY + 1):
        texts[f"hap{haplotype}_with"] = [MISSING] * count
        for number in range(targets):
            for what in ("delta", "interaction"):
                texts[f"hap{haplotype}_{what}_{number}"] = [MISSING] * count
    for one in joint:
        texts[f"hap{one.haplotype}_with"][one.row] = "&".join(one.others)
        for what, values in (("delta", one.delta), ("interaction", one.interaction)):
            for number, value in enumerate([] if values is None else values.tolist()):
                texts[f"hap{one.haplotype}_{what}_{number}"][one.row] = f"{value:.6g}"
    return {**texts}


@dataclass(kw_only=True)
class FalseDiscovery:
    """Benjamini-Hochberg over a file that is read in blocks; p-values are counted, as few of them are distinct."""

    counts: dict[int, dict[float, int]] = field(default_factory=dict)
    _tables: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def add(self, p_values: Float64[np.ndarray, "n targets"]) -> None:
        """Count the p-values of some alleles; nan is none."""
        for target, column in enumerate(p_values.T):
            own = self.counts.setdefault(target, {})
            values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
            for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                own[value] = own.get(value, 0) + count

    def q_values(self, p_values: Float64[np.ndarray, "n targets"]) -> Float64[np.ndarray, "n targets"]:
        """Return the q-values of p-values that have been counted."""
        out = np.full(p_values.shape, np.nan)
        for target, column in enumerate(p_values.T):
            if target not in self._tables:
                self._tables[target] = _table(self.counts.get(target, {}))
            values, q = self._tables[target]
            known = ~np.isnan(column)
            out[known, target] = q[np.searchsorted(values, column[known])]
        return out


def _table(counts: dict[float, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct p-values in rising order and the q-value of each."""
    values = np.array(sorted(counts), np.float64)
    ranks = np.cumsum([counts[value] for value in values.tolist()])
    if not len(values):
        return values, values
    raw = values * ranks[-1] / ranks
    return values, np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)


def p_values_of(block: Block, null: Null, *, places: int) -> Float64[np.ndarray, "n targets"]:
    """Return the p-values of a block, nan where there is no score."""
    p = np.full(block.delta.shape, np.nan)
    for number, kind in enumerate(block.kinds):
        rows = block.kind == number
        p[rows] = null.p_values(kind, block.delta[rows], places=places)
    return p


def values_of(
    block: Block,
    fields: Sequence[Field],
    *,
    p: np.ndarray | None,
    q: np.ndarray | None,
    offsets: Sequence[int],
    agreement: float,
) -> list[list[str]]:
    """Return the texts of each field, one for each allele of the block; `agreement` is that of weak sites."""
    scored = (block.skips < 0).tolist()
    arrays = {"ref": block.ref, "alt": block.alt, "delta": block.delta, "low": block.low, "high": block.high}
    if p is not None and q is not None:
        arrays |= {"p": p, "q": q}
    texts = {
        "motif": [text or MISSING for text in settled_column(block.motifs, p, agreement=agreement)],
        "skip": [block.skip(row) or MISSING for row in range(len(block.skips))],
        "offset": [str(offsets[k]) if ok else MISSING for k, ok in zip(block.place.tolist(), scored, strict=True)],
        **block.extra,
    }
    columns = []
    for one in fields:
        if one.source in texts:
            columns.append(list(texts[one.source]))
        else:
            values = arrays[one.source][:, one.target].tolist()
            columns.append([f"{v:.6g}" if ok else MISSING for v, ok in zip(values, scored, strict=True)])
    return columns
