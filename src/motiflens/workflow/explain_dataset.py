"""Choose and explain a data set's sequences; explain new sequences by a given method."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from motiflens.data.dataset import AnyDataset, Dataset, TargetDataset
from motiflens.data.read import SequenceBatch
from motiflens.data.splits import Split
from motiflens.data.strata import strata_of
from motiflens.explain.attention import attention_maps
from motiflens.explain.contributions import contributions, letter_contributions
from motiflens.explain.gradients import GradientAttribution, deeplift, integrated_gradients, saliency
from motiflens.explain.mutagenesis import mutagenesis, mutagenesis_by_class
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_values
from motiflens.run.folder import Attributions
from motiflens.sequence.alphabet import at_observed_letters
from motiflens.shapes import Attribution
from motiflens.workflow.config import Method
from motiflens.workflow.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Explained records of a data set: `rows` (n,) of it; `by_target` the hypothetical contributions (n, 4, length)
    of all of them towards each target class; `attributions` what the run keeps; `notes` what the user should know.
    """

    rows: np.ndarray
    by_target: dict[str, Attribution]
    attributions: Attributions
    notes: tuple[str, ...] = ()


def explain_dataset(
    model: Model, dataset: AnyDataset, split: Split, *, predicted: np.ndarray, settings: Settings
) -> Explained:
    """Mutagenesis of a stratified sample of the training and validation records, and of the test records.

    `predicted` are the values of all records. Of several numbers or labels every record is kept towards each, and so
    many fewer test records.
    """
    rng = np.random.default_rng(settings.seed)
    learned, strata = np.sort(np.concatenate([split.train, split.val])), strata_of(dataset)
    several = 1 if isinstance(dataset, Dataset) else len(dataset.targets)
    most_tested = max(1, settings.explain.test_sequences // several)
    rows = np.concatenate(
        [
            sample_by_class(strata, learned, most=settings.explain.discovery_sequences, rng=rng),
            sample_by_class(strata, split.test, most=most_tested, rng=rng),
        ]
    )
    effects = mutagenesis_by_class(model, dataset.codes[rows])
    output = model.output
    by_target = {output.names[index]: effects[output.names[index]].hypothetical for index in output.explained}
    notes = dict.fromkeys(effect.note for effect in effects.values() if effect.note)
    if isinstance(dataset, Dataset):
        kept = _kept(model, dataset, rows, by_target, predicted)
    else:
        kept = _kept_targets(model, dataset, rows, by_target, predicted)
    return Explained(rows=rows, by_target=by_target, attributions=kept, notes=tuple(notes))


def sample_by_class(labels: np.ndarray, rows: np.ndarray, *, most: int, rng: np.random.Generator) -> np.ndarray:
    """At most `most` of the rows (m,), classes in proportion but none below an even share, in rising order."""
    if len(rows) <= most:
        return rows
    rows = rng.permutation(rows)
    classes, counts = np.unique(labels[rows], return_counts=True)
    even = np.minimum(counts, most // len(classes))
    spare = most - even.sum()
    rest = counts - even
    quota = even + np.floor(spare * rest / max(rest.sum(), 1)).astype(int)
    chosen = [rows[labels[rows] == c][:q] for c, q in zip(classes, quota, strict=True)]
    return np.sort(np.concatenate(chosen))


def _kept(
    model: Model,
    dataset: Dataset,
    rows: np.ndarray,
    by_target: dict[str, Attribution],
    probabilities: np.ndarray,
) -> Attributions:
    """Explain each record towards its own class, or towards the only class that is explained."""
    names = np.array(dataset.classes)
    labels = dataset.labels[rows]
    explained = np.array(output_for(dataset.classes).explained)
    own = np.full(len(rows), explained[0]) if len(explained) == 1 else labels
    stacked = np.stack(list(by_target.values()))
    maps = attention_maps(model, dataset.codes[rows])
    return Attributions(
        hypothetical=stacked[np.searchsorted(explained, own), np.arange(len(rows))],
        codes=dataset.codes[rows],
        ids=dataset.ids[rows].astype(str),
        target=names[own],
        label=names[labels],
        probability=probabilities[rows, own].astype(np.float32),
        method="in-silico mutagenesis",
        attention_widths=maps.widths,
        attention=maps.maps,
    )


def _kept_targets(
    model: Model, dataset: TargetDataset, rows: np.ndarray, by_target: dict[str, Attribution], predicted: np.ndarray
) -> Attributions:
    """Explain each record towards every target, one record after the other."""
    n, targets = len(rows), len(by_target)
    by_record = np.repeat(np.arange(n), targets)
    names = np.tile(np.array(list(by_target)), n)
    maps = attention_maps(model, dataset.codes[rows])
    length = dataset.length
    return Attributions(
        hypothetical=np.stack(list(by_target.values()), axis=1).reshape(n * targets, 4, length),
        codes=dataset.codes[rows][by_record],
        ids=dataset.ids[rows].astype(str)[by_record],
        target=names,
        label=names,
        probability=predicted[rows].reshape(-1).astype(np.float32),
        method="in-silico mutagenesis",
        attention_widths=maps.widths,
        attention=maps.maps[by_record],
    )


def explained_arrays(model: Model, batch: SequenceBatch, *, method: Method, target: str | None) -> dict[str, Any]:
    """What part_<n>.npz holds of n sequences, as numpy stores it.

    codes (n, length), ids, target, probability (n,), method (), notes (k,), attention_widths (s,), attention (n, s,
    length), observed (n, length): the contribution of each base that is there, in logits. By method also hypothetical,
    deltas, multipliers (n, 4, length), error (n,), contributions (n, length), bias (n,). Raises ModelError if the
    network does not support the method.
    """
    arrays = _METHODS[method](model, batch, target)
    codes, names = batch.codes, arrays.pop("target")
    column = [model.output.names.index(name) for name in names]
    maps = attention_maps(model, codes)
    return {
        "codes": codes,
        "ids": batch.ids,
        "target": np.array(names),
        "probability": predict_values(model, codes)[np.arange(len(column)), column],
        "attention_widths": np.array(maps.widths, np.int64),
        "attention": maps.maps,
        "notes": np.array([note] if (note := arrays.pop("note", "")) else [], dtype=str),
    } | arrays


def _by_mutagenesis(model: Model, batch: SequenceBatch, target: str | None) -> dict[str, Any]:
    found = mutagenesis(model, batch.codes, target=target)
    arrays = {
        "observed": at_observed_letters(found.hypothetical, batch.codes),
        "hypothetical": found.hypothetical,
        "deltas": found.deltas,
        "target": found.target,
        "method": found.method,
        "note": found.note,
    }
    if not model.has_contributions:
        return arrays
    own = contributions(model, batch.codes, target=found.target)
    return arrays | {"contributions": own.values, "bias": own.bias}


def _by_contributions(model: Model, batch: SequenceBatch, target: str | None) -> dict[str, Any]:
    own = contributions(model, batch.codes, target=target)
    arrays = {"target": own.target, "method": "contributions", "bias": own.bias}
    letters = letter_contributions(model, batch.codes, target=own.target)
    return arrays | {"observed": letters.values, "contributions": own.values}


def _by_gradients(function: Callable[..., GradientAttribution]) -> Callable[..., dict[str, Any]]:
    def explain(model: Model, batch: SequenceBatch, target: str | None) -> dict[str, Any]:
        found = function(model, batch.codes, target=target)
        return {
            # saliency sums to nothing, so its correction costs nothing; the others sum as multipliers
            "observed": at_observed_letters(
                found.hypothetical if function is saliency else found.multipliers, batch.codes
            ),
            "hypothetical": found.hypothetical,
            "multipliers": found.multipliers,
            "error": found.error,
            "target": found.target,
            "method": found.method,
            "note": found.note,
        }

    return explain


_METHODS: Mapping[Method, Callable[[Model, SequenceBatch, str | None], dict[str, Any]]] = {
    "mutagenesis": _by_mutagenesis,
    "contributions": _by_contributions,
    "saliency": _by_gradients(saliency),
    "integrated-gradients": _by_gradients(integrated_gradients),
    "deeplift": _by_gradients(deeplift),
}
