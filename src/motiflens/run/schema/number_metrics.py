"""metrics.json of a run that predicts numbers, or several labels a sequence."""

from typing import Literal

from pydantic import Field

from motiflens.run.schema.metrics import ClassScores, Comparison, Curves, Figures, Verdict
from motiflens.run.schema.record import Figure, Interval, Record


class ReplicateCeiling(Record):
    """Largest Pearson's correlation and R2 with the mean of replicates, by their own agreement."""

    n: int
    replicates: int
    replicate_pearson: Figure
    pearson: Figure
    r2: Figure
    ci: dict[str, Interval] = Field(default_factory=dict)


class TargetScores(Figures):
    """Figures of one target; RMSE and MAE in its units.

    `undefined` has the reason for each one that is None, `no_intervals` the reason why `ci` is empty;
    `explained_of_ceiling` is R2 over that of the ceiling.
    """

    pearson: Figure = None
    spearman: Figure = None
    r2: Figure = None
    rmse: Figure = None
    mae: Figure = None
    replicate_ceiling: ReplicateCeiling | None = None
    explained_of_ceiling: Figure = None
    undefined: dict[str, str] = Field(default_factory=dict)
    no_intervals: str = ""


class TrendPoint(Record):
    """A tenth of the test sequences, by prediction: mean predicted and measured value, and the latter's error."""

    predicted: Figure
    measured: Figure
    error: Figure
    n: int


class Coverage(Record):
    """How many of `n` measurements lie in the 95 % predictive interval, and its median width."""

    n: int
    covered: Figure
    median_width: Figure


class EnsembleCoverage(Record):
    """Coverage of the predictive intervals of an ensemble, by target."""

    members: int
    targets: dict[str, Coverage]


class NumberInteractions(Record):
    """What a model gains over the simpler one that it contains, by target."""

    nested: dict[str, TargetScores]
    comparison: dict[str, Comparison | None]


class NumberMetrics(Record):
    """metrics.json of numbers: figures on the test set, baselines and comparisons by target, and verdict."""

    task: Literal["regression"] = "regression"
    targets: tuple[str, ...]
    test: dict[str, TargetScores]
    baselines: dict[str, dict[str, TargetScores]] = Field(default_factory=dict)
    comparisons: dict[str, dict[str, Comparison | None]] = Field(default_factory=dict)
    trend: dict[str, tuple[TrendPoint, ...]] = Field(default_factory=dict)
    verdict: Verdict | None = None
    test_without_near_duplicates: dict[str, TargetScores] | None = None
    interactions: NumberInteractions | None = None
    ensemble: EnsembleCoverage | None = None


class LabelScores(Figures):
    """Figures of several labels on one test set.

    `macro` is the mean over the labels, `micro` over all pairs of a sequence and a label; `per_label` has each label by
    itself. `n` counts sequences.
    """

    macro: ClassScores
    micro: ClassScores
    per_label: dict[str, ClassScores]
    no_intervals: str = ""


class LabelPair(Record):
    """How often two labels occur together in the test set, measured and predicted (probability > .5)."""

    a: str
    b: str
    n: int
    both: int
    expected: Figure
    predicted_both: int


class LabelMetrics(Record):
    """metrics.json of several labels a sequence."""

    task: Literal["multilabel"] = "multilabel"
    labels: tuple[str, ...]
    test: LabelScores
    baselines: dict[str, LabelScores] = Field(default_factory=dict)
    comparisons: dict[str, dict[str, Comparison | None]] = Field(default_factory=dict)
    co_occurrence: tuple[LabelPair, ...] = ()
    curves: Curves | None = None
    verdict: Verdict | None = None
    test_without_near_duplicates: LabelScores | None = None
