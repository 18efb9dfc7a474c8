"""The sequences with numbers that motifs are found in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int64

from motiflens.data.counts import as_numbers, expected_counts, exposure_of, mean_rates
from motiflens.data.dataset import TargetDataset
from motiflens.discovery.number_test import NumberTest, share_numbers
from motiflens.errors import InputError
from motiflens.shapes import Attribution, Codes
from motiflens.workflow.explain_dataset import Explained
from motiflens.workflow.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """The difference of two numbers, `more` less `less`, taken as a number of its own."""

    name: str
    more: str
    less: str


@dataclass(frozen=True, kw_only=True)
class MeasuredInput:
    """Sequences to find motifs in, with a row of numbers each.

    Attributes:
        codes: the sequences.
        values: their numbers, NaN where one is missing.
        targets: names of the columns.
        ids: names of the sequences.
        held_out: the test set, which the model has not seen.
        contributions: rows of the sequences that are explained, and their contributions by target, in its units.
        counts: of counts, these themselves; `values` are the logarithms of their rates, of small ones their Pearson
            residuals.
        exposure: exposure of the counts.
        contrasts: differences that are searched too.
        soft_masked: letters that the file has in lower case, where it has some.
    """

    codes: Codes
    values: Float64[np.ndarray, "n targets"]
    targets: tuple[str, ...]
    ids: np.ndarray
    held_out: Bool[np.ndarray, " n"]
    contributions: dict[str, tuple[Int64[np.ndarray, " m"], Attribution]]
    counts: Float64[np.ndarray, "n targets"] | None = None
    exposure: Float64[np.ndarray, "n 1"] | None = None
    contrasts: tuple[Contrast, ...] = ()
    soft_masked: Bool[np.ndarray, "n length"] | None = None

    @cached_property
    def numbers(self) -> dict[str, Float64[np.ndarray, " n"]]:
        """All numbers by name, the differences last."""
        out = {name: self.values[:, column] for column, name in enumerate(self.targets)}
        return out | {one.name: out[one.more] - out[one.less] for one in self.contrasts}

    @cached_property
    def tests(self) -> dict[str, NumberTest]:
        """The test of each number; of a difference by permutation where one of the two is."""
        out = {name: self._test(column) for column, name in enumerate(self.targets)}
        for one in self.contrasts:
            by_permutation = "permutation" in (out[one.more].name, out[one.less].name)
            out[one.name] = NumberTest(name="permutation") if by_permutation else NumberTest.of(self.numbers[one.name])
        return out

    def _test(self, column: int) -> NumberTest:
        """The test of a target: of small counts that of their Pearson residuals, of large ones of ranks."""
        if self.counts is None or self.exposure is None:
            return NumberTest.of(self.values[:, column])
        counts = self.counts[:, [column]]
        if not share_numbers(counts)[0]:
            return NumberTest(name="rank sum")
        return NumberTest(name="permutation", root_mean=np.sqrt(expected_counts(counts, self.exposure))[:, 0])

    def is_higher(self, name: str) -> Bool[np.ndarray, " n"]:
        """Return which sequences have a higher number than the middle; those without one have not."""
        values = self.numbers[name]
        return np.asarray(values > self.tests[name].middle(values))

    def rate(self, name: str, rows: Bool[np.ndarray, " n"]) -> float | None:
        """Return the rate of a count over some sequences, all counts by all exposure; None of other numbers."""
        if self.counts is None or self.exposure is None or name not in self.targets:
            return None
        counts = self.counts[rows, self.targets.index(name)][:, None]
        return float(mean_rates(counts, self.exposure[rows])[0]) if np.isfinite(counts).any() else None

    def explained(self, name: str) -> tuple[Int64[np.ndarray, " m"], Attribution] | None:
        """Return rows and contributions of a number or a difference; None where there are none."""
        for one in self.contrasts:
            if one.name == name and {one.more, one.less} <= set(self.contributions):
                rows, more = self.contributions[one.more]
                return rows, more - self.contributions[one.less][1]
        return self.contributions.get(name)


def contrasts_of(texts: Sequence[str], targets: Sequence[str]) -> tuple[Contrast, ...]:
    """Return the contrasts that texts such as "K562-HepG2" name.

    Raises:
        InputError: a text is no difference of two of the targets.
    """
    found = []
    for text in texts:
        parts = [
            (text[:at], text[at + 1 :])
            for at, letter in enumerate(text)
            if letter == "-" and {text[:at], text[at + 1 :]} <= set(targets) and text[:at] != text[at + 1 :]
        ]
        if not parts:
            raise InputError(
                f"contrast {text!r}: give two of the targets with a minus between them ({', '.join(targets)})"
            )
        found.append(Contrast(name=text, more=parts[0][0], less=parts[0][1]))
    return tuple(found)


def measured_input(
    explained: Explained,
    dataset: TargetDataset,
    *,
    held_out: Int64[np.ndarray, " rows"],
    settings: Settings,
) -> MeasuredInput:
    """Return the explained records and further ones, as many as the settings ask for.

    Of counts, motifs are searched by the logarithm of the rate, which the model's contributions add up to; of small
    counts, whose logarithms are those of the exposure, by the Pearson residual. Labels are numbers, 0 and 1.

    Args:
        explained: explained records.
        dataset: all records.
        held_out: rows that the model has not seen.
        settings: the number of sequences, the contrasts, and the seed.
    """
    others = np.setdiff1d(np.arange(len(dataset)), explained.rows)
    further = max(settings.motifs.sequences - len(explained.rows), 0)
    more = np.random.default_rng(settings.seed).permutation(others)[:further]
    rows = np.sort(np.concatenate([explained.rows, more]))
    where = np.searchsorted(rows, explained.rows)
    values, counts, exposure = dataset.values[rows], None, None
    if settings.fit.loss == "poisson" and dataset.kind == "numbers":
        counts, exposure = values, exposure_of(dataset.offset, len(dataset))[rows]
        values = as_numbers(counts, exposure, small=share_numbers(counts))
    return MeasuredInput(
        codes=dataset.codes[rows],
        values=values,
        targets=dataset.targets,
        ids=dataset.ids[rows],
        held_out=np.isin(rows, held_out),
        contributions={target: (where, effects) for target, effects in explained.by_target.items()},
        counts=counts,
        exposure=exposure,
        contrasts=contrasts_of(settings.motifs.contrasts, dataset.targets),
        soft_masked=None if dataset.soft_masked is None else dataset.soft_masked[rows],
    )
