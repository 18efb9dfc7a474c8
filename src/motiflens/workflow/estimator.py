"""What the estimators in scikit-learn's conventions share: parameters, seed, settings, storage."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from motiflens.data.memory import sequence_texts
from motiflens.errors import InputError
from motiflens.model.ensemble import Model
from motiflens.model.store import load_model, save_model
from motiflens.sequence.alphabet import encode
from motiflens.shapes import Codes
from motiflens.workflow.settings import Settings, settings_from

_SETTINGS = {
    "preset": "fit.network.preset",
    "strands": "fit.strands",
    "aligned": "fit.aligned",
    "ensemble": "fit.ensemble",
    "epochs": "fit.training.epochs",
    "learning_rate": "fit.training.learning_rate",
    "loss": "fit.loss",
    "seed": "seed",
    "device": "device",
}


class MotifEstimator(BaseEstimator):
    """Base of the estimators; a subclass has the parameters, and sets `model_` in `fit`."""

    model_: Model

    def save(self, folder: str | Path) -> None:
        """Write the model to a folder that `load` reads: config.json and safetensors.

        Raises InputError where it cannot be written.
        """
        check_is_fitted(self, "model_")
        try:
            save_model(_folder(folder), self.model_)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be written ({error.strerror or error}); choose another folder"
            ) from error

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.non_deterministic = self.get_params(deep=False)["seed"] is None
        return tags

    def _seed(self) -> int:
        seed = self.get_params(deep=False)["seed"]
        if seed is None:
            return int.from_bytes(os.urandom(4), "little")
        if isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0:
            return int(seed)
        raise InputError(f"seed={seed!r}: give a whole number of 0 or more, or None")

    def _settings(self) -> Settings:
        values = self.get_params(deep=False)
        values["seed"] = getattr(self, "seed_", values["seed"])
        paths = {name: path for name, path in _SETTINGS.items() if name in values}
        given = {
            path: values[name].item() if isinstance(values[name], np.generic) else values[name]
            for name, path in paths.items()
        }
        return settings_from(given, names={path: name for name, path in paths.items()})

    def _validation_share(self) -> float:
        share = self.get_params(deep=False)["validation_share"]
        if not isinstance(share, float | np.floating) or not 0 < share < 1:
            raise InputError(f"validation_share={share!r}: give a share between 0 and 1, such as 0.2")
        return float(share)

    def _encode(self, sequences: Iterable[Any]) -> Codes:
        return encode(sequence_texts(sequences))


def stored_model(folder: str | Path) -> Model:
    """Return the model of a run, or of a folder that `save` wrote."""
    path = _folder(folder)
    return load_model(path / "model" if (path / "model").is_dir() else path)


def _folder(folder: str | Path) -> Path:
    try:
        return Path(folder)
    except TypeError:
        raise InputError(f"folder: a {type(folder).__name__}; give a path") from None
