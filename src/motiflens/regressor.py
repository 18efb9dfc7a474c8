"""Numbers in scikit-learn's conventions."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from motiflens.data.memory import measured_values, sequence_texts
from motiflens.data.read_targets import dataset_from_values
from motiflens.data.splits import split_for_training
from motiflens.errors import ModelError
from motiflens.explain.explanation import Explanation, explain
from motiflens.model.device import resolve_device
from motiflens.model.predict import EnsemblePrediction, predict_ensemble, predict_values
from motiflens.model.presets import DEFAULT_PRESET
from motiflens.model.targets import Numbers
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute
from motiflens.training.training_config import Loss
from motiflens.workflow.config import Device
from motiflens.workflow.estimator import MotifEstimator, stored_model


class MotifRegressor(RegressorMixin, MotifEstimator):
    """Predict measured numbers of DNA sequences of one length, one or several a sequence.

    Sequences are strings, bytes or Biopython's records, in a list, a data frame's column, or an array (n,) or (n, 1).
    Parameters mean what the command line's options of the same name mean; None leaves the preset's default, and as
    `seed` asks for another one at each fit. The constructor only stores them. After `fit`: `targets_` (names of the
    numbers), `model_`, `history_`, `length_`, `seed_`. `score` is R2.
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
        loss: Loss = "mse",
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
        self.loss = loss
        self.device = device
        self.seed = seed

    def fit(
        self, sequences: Iterable[Any], values: Any, sample_weight: Iterable[float] | None = None
    ) -> "MotifRegressor":
        """Train on sequences and their numbers; `validation_share` of them stops the training and joins the last round.

        Args:
            sequences: Sequences (n,).
            values: Numbers (n,) or (n, targets), NaN where one is missing.
            sample_weight: How much each sequence counts (n,), above 0.

        Raises:
            InputError: Sequences or numbers that are missing, no numbers, or infinite; mixed lengths, fewer than 20
                numbers of a target, and parameters out of range.
        """
        self.seed_ = self._seed()
        settings, share = self._settings(), self._validation_share()
        measured = measured_values(values)
        dataset = dataset_from_values(
            sequence_texts(sequences), measured.values, targets=measured.names, weights=sample_weight
        )
        split = split_for_training(dataset, validation_share=share, seed=self.seed_)
        fitted = fit_model(
            dataset.take(split.train),
            dataset.take(split.val),
            config=settings.fit,
            seed=self.seed_,
            compute=Compute(device=resolve_device(self.device)),
        )
        self.model_, self.history_, self.length_ = fitted.model, fitted.history, dataset.length
        self.targets_, self._one = measured.names, measured.one
        return self

    def predict(self, sequences: Iterable[Any]) -> Float[np.ndarray, "..."]:
        """Numbers (n,), or (n, targets) where `fit` was given such; of counts, rates at an exposure of 1."""
        check_is_fitted(self, "model_")
        found = predict_values(self.model_, self._encode(sequences))
        return found[:, 0] if self._one else found

    def predict_interval(self, sequences: Iterable[Any]) -> EnsemblePrediction:
        """Numbers with 95 % predictive intervals of a new measurement, (n, targets) each.

        Raises InputError for a regressor of one network (`ensemble=1`).
        """
        check_is_fitted(self, "model_")
        return predict_ensemble(self.model_, self._encode(sequences))

    def explain(self, sequences: Iterable[Any], *, target: str | int | None = None) -> Explanation:
        """Mutagenesis, attention and contributions towards a target, by name or number; by default the first."""
        check_is_fitted(self, "model_")
        return explain(self.model_, self._encode(sequences), target=target)

    @classmethod
    def load(cls, folder: str | Path) -> "MotifRegressor":
        """A fitted regressor from `save`, or from a run of numbers.

        Raises ModelError for a model that predicts no numbers.
        """
        model = stored_model(folder)
        if not isinstance(model.output, Numbers):
            raise ModelError(
                f"{folder}: this model predicts no numbers ({model.output.task}); use MotifClassifier.load"
            )
        loaded = cls(preset=model.config.preset, strands=model.strands, ensemble=len(model.members))
        loaded.model_, loaded.length_ = model, model.length
        loaded.targets_, loaded._one = model.output.names, len(model.output.names) == 1
        return loaded

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
