"""The whole audit of a labelled data set."""

import numpy as np

from motiflens.data.audit.composition import composition_findings
from motiflens.data.audit.constructs import construct_findings
from motiflens.data.audit.duplicates import Duplicates, duplicate_findings, find_duplicates
from motiflens.data.audit.finding import Audit, Finding, most_severe_first
from motiflens.data.audit.targets import target_findings
from motiflens.data.dataset import AnyDataset, Dataset
from motiflens.groups.near_duplicates import DEFAULT, DuplicateIndex
from motiflens.shapes import Strands

SMALL_CLASS, SMALL_TEST_CLASS = 100, 25
IMBALANCED = 20.0


def audit_dataset(dataset: AnyDataset, *, strands: Strands = "both", duplicates: Duplicates | None = None) -> Audit:
    """Look for whatever would make the scores of a model misleading: leaks, duplicates, shortcuts, too few records.

    Args:
        dataset: The records; `dataset.split` names the test part.
        strands: With "both", a reverse complement is a copy.
        duplicates: Duplicates of the data set, if they have been found already; `strands` is ignored then.
    """
    if duplicates is None:
        duplicates = find_duplicates(dataset, DuplicateIndex(dataset.codes, strands=strands))
    findings = duplicate_findings(dataset, duplicates)
    if isinstance(dataset, Dataset):
        findings += [*_sizes(dataset, duplicates.test), *composition_findings(dataset)]
    else:
        findings += [*target_findings(dataset, duplicates), *construct_findings(dataset, duplicates)]
    return Audit(findings=most_severe_first(findings), records=len(dataset), similarity=str(DEFAULT))


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
