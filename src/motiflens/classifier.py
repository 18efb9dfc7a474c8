"""motiflens in scikit-learn's conventions."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from motiflens.data.read import dataset_from_sequences
from motiflens.data.splits import split_for_training
from motiflens.errors import InputError
from motiflens.explain.explanation import Explanation, explain
from motiflens.model.device import resolve_device
from motiflens.model.predict import EnsemblePrediction, predict_ensemble, predict_probabilities
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


class MotifClassifier(ClassifierMixin, BaseEstimator):
    """Classify DNA sequences (strings of one length) and name the motifs that tell the classes apart.

    Parameters mean what the command line's options of the same name mean; None leaves the preset's default. The
    constructor only stores them. After `fit`: `classes_` (sorted labels), `model_`, `history_`, `length_`.
    """

    def __init__(
        self,
        *,
        preset: str = DEFAULT_PRESET,
        strands: Literal["auto", "both", "forward"] = "auto",
        aligned: bool = False,
        ensemble: int = 1,
        epochs: int | None = None,
        learning_rate: float | None = None,
        validation_share: float = 0.2,
        device: Device = "auto",
        seed: int = 0,
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

    def fit(self, sequences: Iterable[str], labels: Iterable[Any]) -> "MotifClassifier":
        """Train on sequences and their labels; `validation_share` of them stops the training, and joins its last round.

        Raises InputError for bad letters, mixed lengths, or fewer than two classes.
        """
        settings = self._settings()
        self.classes_, names = np.unique(np.asarray(labels)), [str(label) for label in labels]
        dataset = dataset_from_sequences(list(sequences), names, minimum_per_class=MIN_CLASS_SIZE)
        order = [dataset.classes.index(str(label)) for label in self.classes_]
        split = split_for_training(dataset, validation_share=self.validation_share, seed=self.seed)
        fitted = fit_model(
            dataset.take(split.train),
            dataset.take(split.val),
            config=settings.fit,
            seed=self.seed,
            compute=Compute(device=resolve_device(self.device)),
        )
        self.model_, self.history_, self.length_ = fitted.model, fitted.history, dataset.length
        self._columns, self._dataset, self._split = order, dataset, split
        return self

    def predict_proba(self, sequences: Iterable[str]) -> Scores:
        """Probabilities (n, classes) in the order of `classes_`."""
        check_is_fitted(self, "model_")
        return predict_probabilities(self.model_, self._encode(sequences))[:, self._columns]

    def predict_interval(self, sequences: Iterable[str]) -> EnsemblePrediction:
        """Probabilities with 95 % predictive intervals, columns in the order of `classes_`.

        Raises InputError for a classifier of one network (`ensemble=1`).
        """
        check_is_fitted(self, "model_")
        found = predict_ensemble(self.model_, self._encode(sequences))
        return EnsemblePrediction(
            probabilities=found.probabilities[:, self._columns],
            low=found.low[:, self._columns],
            high=found.high[:, self._columns],
            members=found.members[:, :, self._columns],
        )

    def predict(self, sequences: Iterable[str]) -> np.ndarray:
        """The most probable label of each sequence (n,)."""
        check_is_fitted(self, "model_")
        return self.classes_[self.predict_proba(sequences).argmax(1)]

    def explain(self, sequences: Iterable[str], *, target: Any = None) -> Explanation:
        """Mutagenesis, attention and contributions towards `target` (a label), by default the positive or predicted."""
        check_is_fitted(self, "model_")
        return explain(self.model_, self._encode(sequences), target=None if target is None else str(target))

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
        """Write the model to a folder that `MotifClassifier.load` reads: config.json and safetensors."""
        check_is_fitted(self, "model_")
        save_model(Path(folder), self.model_)

    @classmethod
    def load(cls, folder: str | Path) -> "MotifClassifier":
        """A fitted classifier from `save`, or from a run's `model` folder; labels are text. It cannot find motifs."""
        model = load_model(Path(folder))
        loaded = cls(preset=model.config.preset, strands=model.strands, ensemble=len(model.members))
        loaded.model_, loaded.length_ = model, model.length
        loaded.classes_, loaded._columns = np.unique(model.classes), np.argsort(model.classes).tolist()
        return loaded

    def _settings(self) -> Any:
        return settings_from(
            {
                "fit.network.preset": self.preset,
                "fit.strands": self.strands,
                "fit.aligned": self.aligned,
                "fit.ensemble": self.ensemble,
                "fit.training.epochs": self.epochs,
                "fit.training.learning_rate": self.learning_rate,
                "seed": self.seed,
                "device": self.device,
            }
        )

    def _encode(self, sequences: Iterable[str]) -> Codes:
        return encode(list(sequences))
