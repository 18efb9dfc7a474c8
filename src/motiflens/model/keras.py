"""A trained Keras model of the tutorial as a model."""

from dataclasses import dataclass
from pathlib import Path

from motiflens.errors import InputError
from motiflens.model.classic.keras_import import import_keras
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for


@dataclass(frozen=True, kw_only=True)
class KerasModel:
    """A model read from a `.keras` file, the name in the file, and the Keras version that wrote it."""

    model: Model
    name: str
    keras_version: str


def import_keras_model(path: Path, *, classes: tuple[str, ...] | None = None) -> KerasModel:
    """Return the tutorial's model in a `.keras` file.

    Args:
        path: the file.
        classes: names in the model's order (of two, the second is the positive one); by default 0, 1, ...

    Raises:
        InputError: the file holds no whole model of the tutorial's architecture, or one of another number of classes.
    """
    imported = import_keras(path)
    number = imported.n_classes
    names = classes or tuple(str(i) for i in range(number))
    if len(names) != number or len(set(names)) != number:
        raise InputError(f"{path}: the model has {number} classes; give that many different names with --classes")
    model = Model(members=(imported.network,), config=imported.network.config, output=output_for(names))
    return KerasModel(model=model, name=imported.name, keras_version=imported.keras_version)
