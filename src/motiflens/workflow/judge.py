"""A fitted model on its test set: predictions, figures beside the baselines, verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Shaped

from motiflens.data.dataset import AnyDataset, Dataset, TargetDataset
from motiflens.data.negatives import ids_on_genome
from motiflens.data.shuffles import class_of_shuffles
from motiflens.data.splits import Split, split_names
from motiflens.evaluation.assessment import agreement, assess
from motiflens.evaluation.baselines import fit_baselines
from motiflens.evaluation.label_baselines import fit_label_baselines
from motiflens.evaluation.label_metrics import assess_labels, evaluate_labels
from motiflens.evaluation.label_verdict import label_verdict
from motiflens.evaluation.metrics import evaluate
from motiflens.evaluation.number_assessment import assess_numbers, interval_coverage
from motiflens.evaluation.number_baselines import exposure_alone, fit_number_baselines
from motiflens.evaluation.number_metrics import evaluate_numbers
from motiflens.evaluation.number_verdict import number_verdict
from motiflens.evaluation.verdict import verdict
from motiflens.model.ensemble import Model
from motiflens.model.predict import EnsemblePrediction, predict_ensemble, predict_values
from motiflens.model.targets import Numbers
from motiflens.motifs.genome_places import place_columns
from motiflens.run.schema.metrics import BayesOptimal, Metrics, Scores
from motiflens.run.schema.number_metrics import LabelMetrics, LabelScores, NumberMetrics, TargetScores
from motiflens.sequence.alphabet import count_gc, count_valid
from motiflens.shapes import Scores as Values
from motiflens.words import EXPOSURE
from motiflens.workflow.audit import CheckedData

#: Figures of the best possible rule on the test set, where the data are simulated.
Best = Callable[[Dataset], BayesOptimal]
#: Content of metrics.json.
AnyMetrics = Metrics | NumberMetrics | LabelMetrics


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a model is judged by: the data, their split and audit, its predictions of all records, and the seed."""

    dataset: AnyDataset
    checked: CheckedData
    model: Model
    predicted: Values
    seed: int

    @property
    def split(self) -> Split:
        """The three parts."""
        return self.checked.split

    @property
    def names(self) -> Shaped[np.ndarray, " n"]:
        """The part of each record."""
        return split_names(self.dataset, self.split)

    @property
    def clean(self) -> np.ndarray | None:
        """Test rows without near duplicates in training; None where all or none have."""
        rows = np.setdiff1d(self.split.test, self.checked.near)
        return rows if len(rows) and len(self.checked.near) else None


def judge(judged: Judged, *, bayes_optimal: Best | None = None) -> AnyMetrics:
    """Return the content of metrics.json."""
    if isinstance(judged.dataset, Dataset):
        return _judge_classes(judged, judged.dataset, bayes_optimal)
    if judged.dataset.kind == "labels":
        return _judge_labels(judged, judged.dataset)
    return _judge_numbers(judged, judged.dataset)


def judge_alone(model: Model, dataset: AnyDataset, *, seed: int) -> AnyMetrics:
    """Return figures of a model on other data, as metrics.json has them, without baselines and verdict."""
    predicted = predict_values(model, dataset.codes)
    if isinstance(dataset, Dataset):
        return Metrics.model_validate(assess(dataset.labels, predicted, {}, classes=model.classes, seed=seed))
    if dataset.kind == "labels":
        return LabelMetrics.model_validate(assess_labels(dataset.values, predicted, {}, labels=dataset.targets))
    figures = assess_numbers(dataset, in_measured_units(dataset, predicted), {})
    if len(model.members) > 1:
        found = ensemble_in_measured_units(dataset, predict_ensemble(model, dataset.codes))
        figures["ensemble"] = interval_coverage(dataset.values, found, dataset.targets)
    return NumberMetrics.model_validate(figures)


def predictions_table(dataset: AnyDataset, split: Shaped[np.ndarray, " n"], predicted: Values) -> pd.DataFrame:
    """Return predictions.tsv: id and split, label and p_<class>; y_<label> and p_<label>; y_<target> and pred_<target>.

    Where ids name intervals of a genome, also chrom, start, end and strand. Of numbers also GC content and number of
    letters, against which the report draws residuals.
    """
    places = place_columns(ids_on_genome(dataset), [dataset.length] * len(dataset))
    table = pd.concat([pd.DataFrame({"id": dataset.ids}), places, pd.DataFrame({"split": split})], axis=1)
    if isinstance(dataset, Dataset):
        table["label"] = np.array(dataset.classes)[dataset.labels]
        for column, name in enumerate(dataset.classes):
            table[f"p_{name}"] = predicted[:, column]
        return table
    for column, name in enumerate(dataset.targets):
        table[f"y_{name}"] = dataset.values[:, column]
    for column, name in enumerate(dataset.targets):
        table[f"{'p' if dataset.kind == 'labels' else 'pred'}_{name}"] = predicted[:, column]
    if dataset.kind == "numbers":
        letters = count_valid(dataset.codes)
        table["gc"] = (count_gc(dataset.codes) / np.maximum(letters, 1)).round(4)
        table["length"] = letters
    return table


def counts_by_part(dataset: AnyDataset, split: Split) -> dict[str, dict[str, int]]:
    """Return, for each part, the records of each class, or those with a value of each target, or with each label."""
    parts = {"train": split.train, "val": split.val, "test": split.test}
    if isinstance(dataset, Dataset):
        return {
            part: {c: int((dataset.labels[rows] == i).sum()) for i, c in enumerate(dataset.classes)}
            for part, rows in parts.items()
        }
    counted = dataset.values == 1 if dataset.kind == "labels" else np.isfinite(dataset.values)
    return {
        part: dict(zip(dataset.targets, counted[rows].sum(axis=0).tolist(), strict=True))
        for part, rows in parts.items()
    }


def in_measured_units(dataset: TargetDataset, predicted: Values) -> Values:
    """Return predictions of what was measured: of counts the rate times the exposure."""
    return predicted if dataset.offset is None else predicted * np.exp(dataset.offset)[:, None]


def ensemble_in_measured_units(dataset: TargetDataset, found: EnsemblePrediction) -> EnsemblePrediction:
    """Return an ensemble's predictions of what was measured."""
    if dataset.offset is None:
        return found
    exposure = np.exp(dataset.offset)[:, None].astype(np.float32)
    parts = {name: getattr(found, name) * exposure for name in ("values", "low", "high", "members")}
    return EnsemblePrediction(**parts)


def _judge_classes(judged: Judged, dataset: Dataset, bayes_optimal: Best | None) -> Metrics:
    model, split, seed = judged.model, judged.split, judged.seed
    baselines = fit_baselines(dataset, judged.names, strands=model.strands, seed=seed)
    test = dataset.take(split.test)
    simple = {name: baseline.predict_proba(test.codes) for name, baseline in baselines.items()}
    nested = model.nested()
    figures: dict[str, Any] = assess(
        test.labels,
        judged.predicted[split.test],
        simple,
        classes=dataset.classes,
        seed=seed,
        nested=None if nested is None else predict_values(nested, test.codes),
    )
    if len(model.members) > 1:
        figures["ensemble"] = agreement(predict_ensemble(model, test.codes))
    figures["verdict"] = verdict(
        figures,
        counts=counts_by_part(dataset, split),
        notes=dataset.notes,
        leaks=len(judged.checked.near),
        shuffled_negatives=class_of_shuffles(dataset) is not None,
    )
    rows = judged.clean
    if rows is not None:
        found = evaluate(dataset.labels[rows], judged.predicted[rows], dataset.classes, seed=seed)
        figures["test_without_near_duplicates"] = Scores.model_validate(found.metrics)
    figures["bayes_optimal"] = bayes_optimal(test) if bayes_optimal else None
    return Metrics.model_validate(figures)


def _judge_numbers(judged: Judged, dataset: TargetDataset) -> NumberMetrics:
    model, split = judged.model, judged.split
    counts = isinstance(model.output, Numbers) and model.output.counts
    baselines = fit_number_baselines(dataset, judged.names, strands=model.strands, seed=judged.seed, counts=counts)
    test = dataset.take(split.test)
    simple = {name: in_measured_units(test, b.predict(test.codes)) for name, b in baselines.items()}
    if test.offset is not None:
        simple[EXPOSURE] = exposure_alone(dataset, judged.names, test)
    nested = model.nested()
    figures = assess_numbers(
        test,
        in_measured_units(test, judged.predicted[split.test]),
        simple,
        nested=None if nested is None else in_measured_units(test, predict_values(nested, test.codes)),
    )
    if len(model.members) > 1:
        found = ensemble_in_measured_units(test, predict_ensemble(model, test.codes))
        figures["ensemble"] = interval_coverage(test.values, found, test.targets)
    figures["verdict"] = number_verdict(
        figures, counts=counts_by_part(dataset, split), notes=dataset.notes, leaks=len(judged.checked.near)
    )
    rows = judged.clean
    if rows is not None and np.isfinite(dataset.values[rows]).any(axis=0).all():
        clean = dataset.take(rows)
        values = evaluate_numbers(clean.values, in_measured_units(clean, judged.predicted[rows]), clean.targets).blocks
        figures["test_without_near_duplicates"] = {
            name: TargetScores.model_validate(block) for name, block in values.items()
        }
    return NumberMetrics.model_validate(figures)


def _judge_labels(judged: Judged, dataset: TargetDataset) -> LabelMetrics:
    baselines: Mapping[str, Any] = fit_label_baselines(
        dataset, judged.names, strands=judged.model.strands, seed=judged.seed
    )
    test = dataset.take(judged.split.test)
    simple = {name: baseline.predict_proba(test.codes) for name, baseline in baselines.items()}
    figures = assess_labels(test.values, judged.predicted[judged.split.test], simple, labels=dataset.targets)
    figures["verdict"] = label_verdict(figures, notes=dataset.notes, leaks=len(judged.checked.near))
    rows = judged.clean
    if rows is not None:
        found = evaluate_labels(dataset.values[rows], judged.predicted[rows], dataset.targets)
        figures["test_without_near_duplicates"] = LabelScores.model_validate(found.metrics)
    return LabelMetrics.model_validate(figures)
