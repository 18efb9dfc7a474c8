"""What would make numbers or labels misleading: outliers, heavy tails, few values, batches, composition, noise."""

from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float64
from scipy.stats import skew

from motiflens.data.audit.duplicates import Duplicates
from motiflens.data.audit.finding import Finding, about
from motiflens.data.counts import exposure_of, pearson_residuals
from motiflens.data.dataset import TargetDataset
from motiflens.sequence.alphabet import count_gc, count_valid

SMALL, SMALL_TEST, SMALL_LABEL = 500, 100, 50
NOTED, LARGE = 0.05, 0.25
"""Share of a target's variance, explained by a single property, from which it gets a note; a warning."""
_FAR = 2.0  # standard deviations between near duplicates
_OUTLIER = 10.0  # standard deviations (by the median of absolute deviations) from the median
_SKEWED = 2.0
_FEW_VALUES = 20
_COMMON = 0.2  # share of one value
_SAME = 0.98  # correlation of two targets or labels

Column = Float64[np.ndarray, " n"]


def target_findings(dataset: TargetDataset, duplicates: Duplicates) -> list[Finding | None]:
    """Return the findings about the values of each target."""
    findings = [_too_few(dataset), _small_test(dataset, duplicates.test), *_same_targets(dataset)]
    for name, values in zip(dataset.targets, dataset.values.T, strict=True):
        what, rates = name, values
        if dataset.offset is not None:  # deeper libraries have more of everything
            what = f"the rate of {name}"
            rates = pearson_residuals(values[:, None], exposure_of(dataset.offset, len(values)))[:, 0]
        findings += [_gc_content(dataset, what, rates), _batches(dataset, what, rates)]
        if dataset.kind == "numbers":
            findings.append(_near_but_different(dataset, what, rates, duplicates=duplicates))
            if dataset.offset is None:
                findings += [_heavy_tail(name, values), _outliers(dataset, name, values)]
            findings.append(_few_values(dataset, name, values))
        else:
            findings.append(_rare_label(name, values))
    return findings


def variance_explained(values: Column, groups: np.ndarray) -> float:
    """Return the share of the variance that the means of groups explain, without what chance explains (omega squared).

    0 where there is a single group, or none with two members.
    """
    _, group = np.unique(groups, return_inverse=True)
    n, k = len(values), int(group.max(initial=-1)) + 1
    if k < 2 or n <= k:
        return 0.0
    means = np.bincount(group, values) / np.bincount(group)
    within = float(((values - means[group]) ** 2).sum())
    total = float(((values - values.mean()) ** 2).sum())
    noise = within / (n - k)
    return max(0.0, (total - within - (k - 1) * noise) / (total + noise)) if total else 0.0


def _too_few(dataset: TargetDataset) -> Finding | None:
    known = np.isfinite(dataset.values).sum(axis=0)
    name, n = dataset.targets[int(known.argmin())], int(known.min())
    if n >= SMALL:
        return None
    return Finding(
        name="too_little_data",
        severity="warning",
        text=f"{n:,} sequences have a value of {name}: few to learn from and to test on",
        remedy="add sequences, or trust the scores no further than their intervals",
        count=n,
    )


def _small_test(dataset: TargetDataset, test: Bool[np.ndarray, " n"]) -> Finding | None:
    known = np.isfinite(dataset.values[test]).sum(axis=0)
    if not test.any() or known.min() >= SMALL_TEST:
        return None
    name, n = dataset.targets[int(known.argmin())], int(known.min())
    text = f"the test part has {n:,} sequences with a value of {name}"
    return Finding(name="small_test", severity="warning", text=text, remedy="test on more sequences", count=n)


def _same_targets(dataset: TargetDataset) -> list[Finding | None]:
    found: list[Finding | None] = []
    for a, b in combinations(range(len(dataset.targets)), 2):
        pair = dataset.values[:, [a, b]]
        both = pair[np.isfinite(pair).all(axis=1)]
        if len(both) < 3 or not np.ptp(both, axis=0).all():
            continue
        r = float(np.corrcoef(both.T)[0, 1])
        if abs(r) >= _SAME:
            names = f"{dataset.targets[a]} and {dataset.targets[b]}"
            text = f"{names} are almost the same (Pearson {r:.3f} over {len(both):,} sequences)"
            found.append(
                Finding(
                    name="same_targets", severity="note", text=text, remedy="fit one of them", figures={"pearson": r}
                )
            )
    return found


def _gc_content(dataset: TargetDataset, name: str, values: Column) -> Finding | None:
    known = np.isfinite(values)
    gc = (count_gc(dataset.codes) / np.maximum(count_valid(dataset.codes), 1))[known]
    if not np.ptp(gc) or not np.ptp(values[known]):
        return None
    r = float(np.corrcoef(gc, values[known])[0, 1])
    if r**2 < NOTED:
        return None
    return Finding(
        name="gc_content",
        severity="warning" if r**2 >= LARGE else "note",
        text=f"GC content alone explains {r**2:.0%} of the variance of {name} (Pearson {r:+.2f})",
        remedy="compare the model with the GC baseline; GC-rich or AT-rich motifs may only reflect this",
        figures={"r2": r**2, "pearson": r},
    )


def _batches(dataset: TargetDataset, name: str, values: Column) -> Finding | None:
    """Return a finding about a batch, or else a group, that predicts the target."""
    known = np.isfinite(values)
    for what, labels in (("batch", dataset.batch), ("group", dataset.group)):
        if labels is None:
            continue
        rows = known & (labels != "")
        share = variance_explained(values[rows], labels[rows]) if rows.any() else 0.0
        if share >= NOTED and what == "batch":
            return Finding(
                name="batch",
                severity="warning" if share >= 2 * NOTED else "note",
                text=f"the {what} alone explains {share:.0%} of the variance of {name}",
                remedy="correct the values for it, or keep a batch on one side of the split (column group)",
                figures={"share": share},
            )
        if share >= LARGE:
            return Finding(
                name="group",
                severity="note",
                text=f"the {what} alone explains {share:.0%} of the variance of {name}",
                remedy="this is why a group is kept on one side of the split",
                figures={"share": share},
            )
    return None


def _heavy_tail(name: str, values: Column) -> Finding | None:
    known = values[np.isfinite(values)]
    tail = float(skew(known))
    if tail < _SKEWED or known.min() < 0:
        return None
    shift = 0.0 if known.min() > 0 else float(known[known > 0].min())
    if abs(float(skew(np.log2(known + shift)))) > tail / 2:
        return None
    formula = f"log2({name})" if known.min() > 0 else f"log2({name} + {shift:.3g})"
    return Finding(
        name="heavy_tail",
        severity="note",
        text=f"{name} has a heavy tail (skewness {tail:.1f}, median {np.median(known):.3g}, up to {known.max():.3g}): "
        "few sequences have most of the loss",
        remedy=f"give {formula} in its place, or counts with --loss poisson",
        figures={"skewness": tail},
    )


def _outliers(dataset: TargetDataset, name: str, values: Column) -> Finding | None:
    known = values[np.isfinite(values)]
    middle = np.median(known)
    spread = 1.4826 * np.median(np.abs(known - middle))
    if not spread:
        return None
    far = np.nan_to_num(np.abs(values - middle) / spread) > _OUTLIER
    if not far.any() or far.mean() > 0.01:  # many are a tail
        return None
    worst = float(values[far][np.abs(values[far] - middle).argmax()])
    return about(
        dataset,
        far,
        name="outliers",
        severity="note",
        text=f"{far.sum():,} values of {name} lie more than {_OUTLIER:g} standard deviations from the median "
        f"({middle:.3g}), {worst:.3g} the farthest",
        remedy="check these measurements",
    )


def _few_values(dataset: TargetDataset, name: str, values: Column) -> Finding | None:
    known = values[np.isfinite(values)]
    different, counts = np.unique(known, return_counts=True)
    common, share = float(different[counts.argmax()]), float(counts.max() / len(known))
    if len(different) <= _FEW_VALUES:
        text = f"{name} has {len(different)} different values only, {share:.0%} of them {common:g}"
        remedy = "ranks and intervals are coarse; where the values are classes, name them in a column `label`"
    elif share >= _COMMON:
        text = f"{share:.0%} of the values of {name} are {common:g}"
        remedy = "where this is a limit of detection, effects of motifs are smaller than they would be without it"
    else:
        return None
    return about(
        dataset,
        values == common,
        name="few_values",
        severity="note",
        text=text,
        remedy=remedy,
        figures={"share": share},
    )


def _near_but_different(dataset: TargetDataset, name: str, values: Column, *, duplicates: Duplicates) -> Finding | None:
    """Return a finding about near duplicates whose values differ by more than two standard deviations."""
    by_group = pd.Series(values).groupby(duplicates.similar)
    size, width = by_group.transform("count"), by_group.transform("max") - by_group.transform("min")
    several = (size > 1).to_numpy() & np.isfinite(values)
    far = several & (width > _FAR * np.nanstd(values)).to_numpy()
    if not far.any():
        return None
    share = variance_explained(values[several], duplicates.similar[several])
    return about(
        dataset,
        far,
        name="near_duplicates_with_different_values",
        severity="warning" if far.sum() > several.sum() / 2 and far.sum() >= SMALL_TEST else "note",
        text=f"{far.sum():,} records belong to sets of near duplicates whose values of {name} differ by more than "
        f"{_FAR:g} standard deviations; of the variance among near duplicates their set explains {share:.0%}",
        remedy="a few changed letters may do this, and so does noise: look at replicates",
        figures={"explained": share},
    )


def _rare_label(name: str, values: Column) -> Finding | None:
    there = values == 1
    n = int(min(there.sum(), (values == 0).sum()))
    if n >= SMALL_LABEL:
        return None
    kind = "with" if there.sum() == n else "without"
    return Finding(
        name="rare_label",
        severity="warning",
        text=f"{n:,} sequences are {kind} the label {name}: too few to learn from and to test on",
        remedy="add sequences, or trust its scores no further than their intervals",
        count=n,
    )
