"""The whole audit of a labelled data set."""

import numpy as np
from jaxtyping import Int64

from motiflens.data.audit.composition import composition_findings
from motiflens.data.audit.duplicates import duplicate_findings, find_duplicates
from motiflens.data.audit.finding import Audit, Finding, gravest_first
from motiflens.data.dataset import Dataset
from motiflens.groups.duplicates import Groups
from motiflens.groups.near_duplicates import DEFAULT, nearest_known, similar_groups

SMALL_CLASS, SMALL_TEST_CLASS = 100, 25
IMBALANCED = 20.0


def audit_dataset(
    dataset: Dataset,
    *,
    both_strands: bool = True,
    similar: Groups | None = None,
    nearest: Int64[np.ndarray, " n"] | None = None,
) -> Audit:
    """Look for whatever would make the scores of a model dishonest.

    `both_strands`: reverse complements are copies. `similar`: groups of near duplicates, and `nearest`: for each
    test record the row of a copy or near duplicate outside of the test part (-1: none), where they are known already.
    The test part is what `dataset.split` calls so.
    """
    if similar is None:
        similar = similar_groups(dataset.codes, both_strands=both_strands)
    test = np.zeros(len(dataset), bool) if dataset.split is None else dataset.split == "test"
    if nearest is None:
        nearest = nearest_known(dataset.codes, ~test, both_strands=both_strands)
    duplicates = find_duplicates(dataset, similar=similar, test=test, nearest=nearest, both=both_strands)
    findings = [
        *duplicate_findings(dataset, duplicates),
        *_sizes(dataset, test),
        *composition_findings(dataset),
    ]
    return Audit(findings=gravest_first(findings), records=len(dataset), similarity=str(DEFAULT))


def _sizes(dataset: Dataset, test: np.ndarray) -> list[Finding | None]:
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    held_out = np.bincount(dataset.labels[test], minlength=len(dataset.classes))
    smallest = int(counts.argmin())
    findings: list[Finding | None] = []
    if counts[smallest] < SMALL_CLASS:
        findings.append(
            Finding(
                name="too_little_data",
                severity="warning",
                text=f"class {dataset.classes[smallest]} has {counts[smallest]:,} sequences: too few to learn from "
                "and to test on",
                remedy="add sequences, or trust the scores no further than their intervals",
                count=int(counts[smallest]),
            )
        )
    if test.any() and held_out.min() < SMALL_TEST_CLASS:
        name, n = dataset.classes[int(held_out.argmin())], int(held_out.min())
        text = f"the test part has {n:,} sequences of class {name}"
        findings.append(
            Finding(name="small_test", severity="warning", text=text, remedy="test on more sequences", count=n)
        )
    ratio = float(counts.max() / max(counts.min(), 1))
    if ratio >= IMBALANCED:
        largest = dataset.classes[int(counts.argmax())]
        findings.append(
            Finding(
                name="imbalance",
                severity="note",
                text=f"class {largest} has {ratio:.0f} times as many sequences as {dataset.classes[smallest]}",
                remedy="look at AUPRC and MCC rather than accuracy",
                figures={"ratio": ratio},
            )
        )
    return findings
