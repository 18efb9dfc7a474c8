"""motiflens in scikit-learn's conventions."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from motiflens.data.memory import label_values, sequence_texts
from motiflens.data.read import dataset_from_sequences
from motiflens.data.splits import split_for_training
from motiflens.errors import InputError
from motiflens.explain.explanation import Explanation, explain
from motiflens.model.device import resolve_device
from motiflens.model.predict import EnsemblePrediction, predict_ensemble, predict_values
from motiflens.model.presets import DEFAULT_PRESET
from motiflens.model.store import load_model, save_model
from motiflens.motifs.motif import Motif
from motiflens.run.schema.motifs import MotifRecord
from motiflens.sequence.alphabet import encode
from motiflens.shapes import Codes, Scores
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.workflow.config import Device
from motiflens.workflow.find_motifs import motif_of
from motiflens.workflow.motifs_of_model import MIN_CLASS_SIZE, motifs_of_model
from motiflens.workflow.settings import settings_from

_SETTINGS = {
    "preset": "fit.network.preset",
    "strands": "fit.strands",
    "aligned": "fit.aligned",
    "ensemble": "fit.ensemble",
    "epochs": "fit.training.epochs",
    "learning_rate": "fit.training.learning_rate",
    "seed": "seed",
    "device": "device",
}


class MotifClassifier(ClassifierMixin, BaseEstimator):
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

        Labels that scikit-learn holds equal are one class (True and 1). Raises InputError for sequences or labels that
        are missing or none, bad letters, mixed lengths, fewer than two classes, and parameters out of range.
        """
        self.seed_ = self._seed()
        settings = self._settings()
        if not isinstance(self.validation_share, float | np.floating) or not 0 < self.validation_share < 1:
            raise InputError(f"validation_share={self.validation_share!r}: give a share between 0 and 1, such as 0.2")
        texts, values = sequence_texts(sequences), label_values(labels)
        dataset = dataset_from_sequences(texts, values.texts, minimum_per_class=MIN_CLASS_SIZE)
        self.classes_ = values.classes
        order = [dataset.classes.index(name) for name in values.names]
        split = split_for_training(dataset, validation_share=float(self.validation_share), seed=self.seed_)
        fitted = fit_model(
            dataset.take(split.train),
            dataset.take(split.val),
            config=settings.fit,
            seed=self.seed_,
            compute=Compute(device=resolve_device(self.device)),
        )
        self.model_, self.history_, self.length_ = fitted.model, fitted.history, dataset.length
        self._columns, self._dataset, self._split = order, dataset, split
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
        """The most probable label of each sequence (n,)."""
        check_is_fitted(self, "model_")
        return self.classes_[self.predict_proba(sequences).argmax(1)]

    def explain(self, sequences: Iterable[Any], *, target: Any = None) -> Explanation:
        """Mutagenesis, attention and contributions towards `target` (a label), by default the positive or predicted."""
        check_is_fitted(self, "model_")
        known = dict(zip(self.classes_.tolist(), self._columns, strict=True))
        name = self.model_.classes[known[target]] if target in known else str(target)
        return explain(self.model_, self._encode(sequences), target=None if target is None else name)

    def motifs(self, *, database: str | Path | None = None) -> list[Motif]:
        """Return the supported motifs of the training data, strongest first; `motif_record` has their evidence."""
        return [motif_of(entry) for entry in self.motif_record(database=database).motifs]

    def motif_record(self, *, database: str | Path | None = None) -> MotifRecord:
        """Return the motifs with names and evidence, as motifs.json has them.

        Args:
            database: Motif file to name the motifs by; JASPAR without one.

        Raises:
            InputError: The classifier was loaded and has no data, or `database` cannot be read.
        """
        check_is_fitted(self, "model_")
        if not hasattr(self, "_dataset"):
            raise InputError("this classifier was loaded without its data: fit it to find motifs")
        found = motifs_of_model(self.model_, self._dataset, self._split, settings=self._settings(), database=database)
        return found.record

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder that `MotifClassifier.load` reads: config.json and safetensors.

        Raises InputError where it cannot be written.
        """
        check_is_fitted(self, "model_")
        try:
            save_model(_folder(folder), self.model_)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be written ({error.strerror or error}); choose another folder"
            ) from error

    @classmethod
    def load(cls, folder: str | Path) -> "MotifClassifier":
        """A fitted classifier from `save`, or from a run; labels are text. It cannot find motifs."""
        path = _folder(folder)
        model = load_model(path / "model" if (path / "model").is_dir() else path)
        loaded = cls(preset=model.config.preset, strands=model.strands, ensemble=len(model.members))
        loaded.model_, loaded.length_ = model, model.length
        loaded.classes_, loaded._columns = np.unique(model.classes), np.argsort(model.classes).tolist()
        return loaded

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.non_deterministic = self.seed is None
        return tags

    def _seed(self) -> int:
        if self.seed is None:
            return int.from_bytes(os.urandom(4), "little")
        if isinstance(self.seed, int | np.integer) and not isinstance(self.seed, bool) and self.seed >= 0:
            return int(self.seed)
        raise InputError(f"seed={self.seed!r}: give a whole number of 0 or more, or None")

    def _settings(self) -> Any:
        values = self.get_params(deep=False) | {"seed": getattr(self, "seed_", self.seed)}
        given = {
            path: values[name].item() if isinstance(values[name], np.generic) else values[name]
            for name, path in _SETTINGS.items()
        }
        return settings_from(given, names={path: name for name, path in _SETTINGS.items()})

    def _encode(self, sequences: Iterable[Any]) -> Codes:
        return encode(sequence_texts(sequences))


def _folder(folder: str | Path) -> Path:
    try:
        return Path(folder)
    except TypeError:
        raise InputError(f"folder: a {type(folder).__name__}; give a path") from None
