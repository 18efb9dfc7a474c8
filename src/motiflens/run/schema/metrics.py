"""metrics.json."""

from typing import Literal

from pydantic import Field

from motiflens.run.schema.record import Figure, Interval, Record, Task

Level = Literal["good", "caution", "poor"]


class Figures(Record):
    """Figures by name, with their intervals in `ci`."""

    n: int
    ci: dict[str, Interval] = Field(default_factory=dict)

    def value(self, name: str) -> float | None:
        """Return the figure `name`, None where it is undefined."""
        value: float | None = getattr(self, name, None)
        return value

    def interval(self, name: str) -> tuple[float, float] | None:
        """Return the 95 % interval of the figure `name`, None where it is undefined."""
        low, high = self.ci.get(name, (None, None))
        return None if low is None or high is None else (low, high)


class ClassScores(Figures):
    """One class against the rest."""

    auroc: Figure = None
    auprc: Figure = None
    precision: Figure = None
    recall: Figure = None
    f1: Figure = None


class Scores(Figures):
    """Figures of one model on one test set.

    `undefined` has the reason for each one that is None, `no_intervals` the reason why `ci` is empty. `ece_debiased`
    is the calibration error without what chance adds to `ece`.
    """

    accuracy: Figure = None
    auroc: Figure = None
    auprc: Figure = None
    mcc: Figure = None
    f1: Figure = None
    log_loss: Figure = None
    brier: Figure = None
    ece: Figure = None
    ece_debiased: Figure = None
    per_class: dict[str, ClassScores] = Field(default_factory=dict)
    undefined: dict[str, str] = Field(default_factory=dict)
    no_intervals: str = ""


class Comparison(Record):
    """Difference of two models in one figure on the same sequences, with its 95 % interval."""

    metric: str
    difference: Figure
    low: Figure = None
    high: Figure = None


class Interactions(Record):
    """What a model gains over the simpler one that it contains."""

    nested: Scores
    comparison: Comparison | None


class EnsembleAgreement(Record):
    """How far the members of an ensemble agree on the test set."""

    members: int
    median_width: Figure
    disagreements: int


class Verdict(Record):
    """What the figures mean, in sentences; `doubts` are those of the `points` that warn."""

    headline: str
    level: Level
    points: tuple[str, ...]
    doubts: tuple[str, ...] = ()


class CalibrationBin(Record):
    """Sequences of about the same predicted probability: its mean, the share that came true and its 95 % interval."""

    confidence: Figure
    observed: Figure
    n: int
    low: Figure = None
    high: Figure = None


class Curves(Record):
    """For each class the points [fpr, tpr] and [recall, precision]."""

    roc: dict[str, tuple[tuple[Figure, Figure], ...]]
    pr: dict[str, tuple[tuple[Figure, Figure], ...]]


class BayesOptimal(Record):
    """Figures of the exact Bayes rule on simulated test sequences."""

    accuracy: Figure = None
    auroc: Figure = None
    auprc: Figure = None
    log_loss: Figure = None


class Metrics(Record):
    """metrics.json: figures on the test set, baselines, comparisons, curves and verdict.

    `trained_on`, of an evaluation: how many of its sequences the model was trained or validated on.
    """

    task: Task
    classes: tuple[str, ...]
    test: Scores
    baselines: dict[str, Scores] = Field(default_factory=dict)
    comparisons: dict[str, Comparison | None] = Field(default_factory=dict)
    verdict: Verdict | None = None
    test_without_near_duplicates: Scores | None = None
    interactions: Interactions | None = None
    ensemble: EnsembleAgreement | None = None
    bayes_optimal: BayesOptimal | None = None
    trained_on: int | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    curves: Curves | None = None
    classification_report: str = ""
