"""motiflens in scikit-learn's conventions."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from motiflens.data.memory import MeasuredValues, label_matrix, label_values, sequence_texts
from motiflens.data.read import dataset_from_sequences
from motiflens.data.read_targets import dataset_from_values
from motiflens.data.splits import split_for_training
from motiflens.errors import InputError
from motiflens.explain.explanation import Explanation, explain
from motiflens.model.device import resolve_device
from motiflens.model.predict import EnsemblePrediction, predict_ensemble, predict_values
from motiflens.model.presets import DEFAULT_PRESET
from motiflens.model.targets import ManyLabels
from motiflens.motifs.motif import Motif
from motiflens.run.notebook import motifs_html
from motiflens.run.schema.motifs import MotifRecord
from motiflens.shapes import Scores
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.config import Device
from motiflens.workflow.estimator import MotifEstimator, stored_model
from motiflens.workflow.find_motifs import motif_of
from motiflens.workflow.motifs_of_model import MIN_CLASS_SIZE, motifs_of_model
from motiflens.workflow.settings import Settings

_THRESHOLD = 0.5  # probability from which a label is called


class MotifClassifier(ClassifierMixin, MotifEstimator):
    """Classify DNA sequences of one length and name the motifs that tell the classes apart.

    Sequences are strings, bytes or Biopython's records, in a list, a data frame's column, or an array (n,) or (n, 1).
    Parameters mean what the command line's options of the same name mean; None leaves the preset's default, and as
    `seed` asks for another one at each fit. The constructor only stores them. After `fit`: `classes_` (sorted labels),
    `model_`, `history_`, `length_`, `seed_`.
    """

    def __init__(
        self,
        *,
        preset: str = DEFAULT_PRESET,
        strands: Literal["auto", "both", "forward"] = "auto",
        aligned: bool = False,
        ensemble: int | np.integer = 1,
        epochs: int | np.integer | None = None,
        learning_rate: float | np.floating | None = None,
        validation_share: float | np.floating = 0.2,
        device: Device = "auto",
        seed: int | np.integer | None = 0,
    ) -> None:
        self.preset = preset
        self.strands = strands
        self.aligned = aligned
        self.ensemble = ensemble
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.validation_share = validation_share
        self.device = device
        self.seed = seed

    def fit(self, sequences: Iterable[Any], labels: Iterable[Any]) -> "MotifClassifier":
        """Train on sequences and their labels; `validation_share` of them stops the training, and joins its last round.

        Labels that scikit-learn holds equal are one class (True and 1). An array or data frame (n, labels) of 0 and 1
        is several labels a sequence; `predict_proba` and `predict` then have a column for each. Raises InputError for
        sequences or labels that are missing or none, bad letters, mixed lengths, fewer than two classes, and parameters
        out of range.
        """
        self.seed_ = self._seed()
        settings, share = self._settings(), self._validation_share()
        several = label_matrix(labels)
        if several is not None:
            return self._fit_labels(sequence_texts(sequences), several, settings=settings, share=share)
        texts, values = sequence_texts(sequences), label_values(labels)
        dataset = dataset_from_sequences(texts, values.texts, minimum_per_class=MIN_CLASS_SIZE)
        self.classes_ = values.classes
        order = [dataset.classes.index(name) for name in values.names]
        split = split_for_training(dataset, validation_share=share, seed=self.seed_)
        fitted = fit_model(
            dataset.take(split.train),
            dataset.take(split.val),
            config=settings.fit,
            seed=self.seed_,
            compute=Compute(device=resolve_device(self.device)),
        )
        self.model_, self.history_, self.length_ = fitted.model, fitted.history, dataset.length
        self._columns, self._dataset, self._split = order, dataset, split
        self._records: dict[str, MotifRecord] = {}
        return self

    def predict_proba(self, sequences: Iterable[Any]) -> Scores:
        """Probabilities (n, classes) in the order of `classes_`."""
        check_is_fitted(self, "model_")
        return predict_values(self.model_, self._encode(sequences))[:, self._columns]

    def predict_interval(self, sequences: Iterable[Any]) -> EnsemblePrediction:
        """Probabilities with 95 % predictive intervals, columns in the order of `classes_`.

        Raises InputError for a classifier of one network (`ensemble=1`).
        """
        check_is_fitted(self, "model_")
        found = predict_ensemble(self.model_, self._encode(sequences))
        return EnsemblePrediction(
            values=found.values[:, self._columns],
            low=found.low[:, self._columns],
            high=found.high[:, self._columns],
            members=found.members[:, :, self._columns],
        )

    def predict(self, sequences: Iterable[Any]) -> np.ndarray:
        """The most probable label of each sequence (n,); of several labels 1 (there) or 0 (not), (n, labels)."""
        check_is_fitted(self, "model_")
        if isinstance(self.model_.output, ManyLabels):
            return (self.predict_proba(sequences) > _THRESHOLD).astype(np.int64)
        return self.classes_[self.predict_proba(sequences).argmax(1)]

    def explain(self, sequences: Iterable[Any], *, target: Any = None) -> Explanation:
        """Mutagenesis, attention and contributions towards `target` (a label), by default the positive or predicted."""
        check_is_fitted(self, "model_")
        known = dict(zip(self.classes_.tolist(), self._columns, strict=True))
        name = self.model_.output.names[known[target]] if target in known else str(target)
        return explain(self.model_, self._encode(sequences), target=None if target is None else name)

    def motifs(self, *, database: str | Path | None = None) -> list[Motif]:
        """Return the supported motifs of the training data, strongest first; `motif_record` has their evidence."""
        return [motif_of(entry) for entry in self.motif_record(database=database).motifs]

    def motif_record(self, *, database: str | Path | None = None) -> MotifRecord:
        """Return the motifs with names and evidence, as motifs.json has them; they are computed once.

        Args:
            database: Motif file to name the motifs by; JASPAR without one.

        Raises:
            InputError: The classifier was loaded and has no data, or `database` cannot be read.
        """
        check_is_fitted(self, "model_")
        if isinstance(self.model_.output, ManyLabels):
            raise InputError("several labels a sequence: motifs are found for one; fit each label by itself")
        if not hasattr(self, "_dataset"):
            raise InputError("this classifier was loaded without its data: fit it to find motifs")
        if (key := str(database)) not in self._records:
            found = motifs_of_model(
                self.model_, self._dataset, self._split, settings=self._settings(), database=database
            )
            self._records[key] = found.record
        return self._records[key]

    @classmethod
    def load(cls, folder: str | Path) -> "MotifClassifier":
        """A fitted classifier from `save`, or from a run; labels are text. It cannot find motifs."""
        model = stored_model(folder)
        loaded = cls(preset=model.config.preset, strands=model.strands, ensemble=len(model.members))
        loaded.model_, loaded.length_ = model, model.length
        if isinstance(model.output, ManyLabels):
            loaded.classes_, loaded._columns = np.array(model.output.names), list(range(model.n_outputs))
        else:
            loaded.classes_, loaded._columns = np.unique(model.classes), np.argsort(model.classes).tolist()
        return loaded

    def _repr_html_(self) -> str:
        """Show the parameters, and after a fit how well it went and the motifs, once they are computed."""
        parts = [f"<pre>{escape(repr(self))}</pre>"]
        if hasattr(self, "history_"):
            best = self.history_.sort_values("val_loss").iloc[0].to_dict()
            right, loss = f"{100 * best['val_accuracy']:.1f} %", f"{best['val_loss']:.3f}"
            parts.append(f"<p>Best epoch: {right} of the validation sequences right, log loss {loss}.</p>")
        records = list(getattr(self, "_records", {}).values())
        parts.append(motifs_html(records[-1]) if records else "<p><code>motifs()</code> finds the motifs.</p>")
        return f"<div>{''.join(parts)}</div>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _fit_labels(
        self, texts: list[str], several: MeasuredValues, *, settings: Settings, share: float
    ) -> "MotifClassifier":
        """Train on several labels a sequence."""
        dataset = dataset_from_values(texts, several.values, targets=several.names, kind="labels")
        split = split_for_training(dataset, validation_share=share, seed=self.seed_)
        fitted = fit_model(
            dataset.take(split.train),
            dataset.take(split.val),
            config=settings.fit,
            seed=self.seed_,
            compute=Compute(device=resolve_device(self.device)),
        )
        self.model_, self.history_, self.length_ = fitted.model, fitted.history, dataset.length
        self.classes_, self._columns = np.array(several.names), list(range(len(several.names)))
        return self
