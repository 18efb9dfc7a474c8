"""The data checks of a fit, and `motiflens audit` alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from motiflens.data.assemble import merge_test, with_positive
from motiflens.data.audit.audit import audit_dataset
from motiflens.data.audit.duplicates import find_duplicates
from motiflens.data.audit.finding import Audit, Finding, most_severe_first
from motiflens.data.checks import check_dataset, file_names
from motiflens.data.dataset import AnyDataset, Dataset
from motiflens.data.drop import drop_records
from motiflens.data.peaks import read_regions
from motiflens.data.read import read_dataset
from motiflens.data.read_targets import check_targets, read_targets
from motiflens.data.split_groups import group_records
from motiflens.data.splits import Split, split_dataset, split_names
from motiflens.errors import InputError
from motiflens.groups.near_duplicates import DuplicateIndex
from motiflens.shapes import Strands
from motiflens.workflow.run_log import RunLog
from motiflens.workflow.settings import Settings


@dataclass(frozen=True, kw_only=True)
class LabelledRegions:
    """Data as intervals of a genome: (class, BED file) pairs, (class, BED file) pairs for testing, and a genome."""

    files: tuple[tuple[str, str], ...]
    genome: str
    test: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class LeakagePolicy:
    """What a fit does about a leak: stop (the default) or go on; `dropped` lists records that were removed before."""

    allow_leakage: bool = False
    dropped: pd.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class CheckedData:
    """Split and audit of a data set, and the test rows `near` that resemble a training or validation row."""

    split: Split
    audit: Audit
    near: np.ndarray


def audit_files(
    arguments: Sequence[str],
    *,
    test: Sequence[str] = (),
    regions: LabelledRegions | None = None,
    settings: Settings | None = None,
) -> Audit:
    """Audit labelled files as the command line names them, without training.

    Raises InputError for files that cannot be read; problems with the data are returned as findings, not raised.
    """
    settings = settings or Settings()
    dataset = read_labelled(arguments, test=test, regions=regions, settings=settings, allow_conflicts=True)
    found = audit_dataset(dataset, strands=_strands(settings))
    notes = (Finding(name="reading", severity="warning", text=note) for note in dataset.notes)
    return replace(found, findings=most_severe_first((*notes, *found.findings)))


def read_labelled(
    arguments: Sequence[str],
    *,
    test: Sequence[str],
    regions: LabelledRegions | None,
    settings: Settings,
    allow_conflicts: bool = False,
) -> AnyDataset:
    """The data that a fit with these settings reads: labelled files, numbers, or regions of a genome.

    Raises InputError for bad data.
    """
    columns = settings.data.columns
    if columns.kind != "classes":
        if regions is not None:
            raise InputError("--target, --replicates, --labels: give sequences in a table, not --genome")
        if settings.data.positive is not None:
            raise InputError("--positive: only with classes, not with --target, --replicates or --labels")
        if settings.data.class_names:
            raise InputError("--class-names: only with classes, not with --target, --replicates or --labels")
        if columns.offset and settings.fit.loss != "poisson":
            raise InputError("--offset: the exposure of counts; add --loss poisson, or divide the numbers by it")
        return read_targets(
            arguments,
            columns,
            test=test,
            counts=settings.fit.loss == "poisson",
            length=settings.data.length,
            crop=settings.data.crop,
            minimum=settings.data.minimum_measured,
            allow_conflicts=allow_conflicts,
        )
    if settings.fit.loss != "mse":
        raise InputError("--loss poisson: only with --target or --replicates; classes have a loss of their own")
    if regions is not None:
        if settings.data.class_names:
            raise InputError("--class-names: names the labels of a table; of regions, give NAME=FILE.bed")
        return _read_labelled_regions(regions, settings, allow_conflicts=allow_conflicts)
    return read_dataset(
        arguments,
        test=test,
        positive=settings.data.positive,
        length=settings.data.length,
        crop=settings.data.crop,
        class_names=settings.data.class_names,
        allow_conflicts=allow_conflicts,
        seed=settings.seed,
    )


def _read_labelled_regions(regions: LabelledRegions, settings: Settings, *, allow_conflicts: bool) -> Dataset:
    chosen, positive = settings.data, settings.data.positive
    dataset = read_regions(
        regions.files, regions.genome, negatives=chosen.negatives, length=chosen.length, seed=settings.seed
    )
    if positive is not None:
        dataset = with_positive(dataset, positive)
    check_dataset(dataset, minimum_per_class=chosen.minimum_per_class, allow_conflicts=allow_conflicts)
    if not regions.test:
        return dataset
    held_out = read_regions(
        regions.test,
        regions.genome,
        negatives=chosen.negatives,
        length=dataset.length,
        seed=settings.seed + 1,
        avoid=[path for _, path in regions.files],
    )
    return merge_test(dataset, held_out, allow_conflicts=allow_conflicts)


def drop_conflicting(dataset: AnyDataset, settings: Settings) -> tuple[AnyDataset, pd.DataFrame]:
    """The data without conflicting records, and the table of those.

    Raises InputError if too few records remain.
    """
    if isinstance(dataset, Dataset):
        dropped = drop_records(dataset, strands=_strands(settings))
        check_dataset(dropped.dataset, minimum_per_class=settings.data.minimum_per_class)
        return dropped.dataset, dropped.table
    measured = drop_records(dataset, strands=_strands(settings))
    checked = check_targets(measured.dataset, minimum=settings.data.minimum_measured)
    return checked, measured.table


def check_and_split(dataset: AnyDataset, *, settings: Settings, policy: LeakagePolicy, log: RunLog) -> CheckedData:
    """Split the data and audit them; warnings go to `log`.

    Raises InputError where a test part that the data fix holds copies of training records, unless `policy` allows it.
    """
    index = DuplicateIndex(dataset.codes, strands=_strands(settings))
    split = split_dataset(
        dataset,
        test_share=settings.data.test_share,
        validation_share=settings.data.validation_share,
        groups=group_records(dataset, index, by=settings.data.split_by).groups,
        seed=settings.seed,
    )
    audited = replace(dataset, split=split_names(dataset, split))
    duplicates = find_duplicates(audited, index)
    audit = audit_dataset(audited, duplicates=duplicates)
    fixed = dataset.split is not None and "test" in dataset.split
    leaks = [finding for finding in audit.of("error") if finding.name == "copies_across_test"]
    if leaks and fixed and not policy.allow_leakage:
        raise InputError(f"{file_names(dataset.sources)}: {leaks[0]}")
    for note in dataset.notes:
        log.warn(note)
    if policy.dropped is not None and len(policy.dropped):
        log.warn(f"{len(policy.dropped):,} records were dropped; see dropped.tsv in the run folder")
    for finding in (*audit.of("error"), *audit.of("warning")):
        log.warn(str(finding))
    return CheckedData(split=split, audit=audit, near=np.flatnonzero(duplicates.nearest >= 0))


def _strands(settings: Settings) -> Strands:
    """Strands on which copies count: both, unless the user chose the forward strand."""
    return "forward" if settings.fit.strands == "forward" else "both"
