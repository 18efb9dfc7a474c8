"""What "towards a class" means in logits, for two classes and for more."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64, Int64

from motiflens.errors import InputError
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits
from motiflens.shapes import Codes

#: A class by name or index; None is the positive class of two, and the predicted class of each sequence otherwise.
Target = str | int | None


def class_weights(model: Model) -> Float64[np.ndarray, "classes heads"]:
    """Weights that turn the logits (heads,) into the target logit of each class.

    Two classes share one logit: that of `classes[1]`, its negative for `classes[0]`. With more, a class's logit counts
    from the mean of all: softmax does not see a shift of all logits, so an explanation must not either.
    """
    if model.heads == 1:
        return np.array([[-1.0], [1.0]])
    return np.eye(model.heads) - 1 / model.heads


def class_index(model: Model, target: str | int) -> int:
    """Index of a class given by name or index. Raises InputError that lists the classes there are."""
    if target in model.classes:
        return model.classes.index(str(target))
    if isinstance(target, int) and 0 <= target < len(model.classes):
        return target
    raise InputError(f"unknown target {target!r}: the model knows the classes {', '.join(model.classes)}")


def target_indices(model: Model, codes: Codes, target: Target | Sequence[str | int]) -> Int64[np.ndarray, " n"]:
    """Class index of each row of codes (n, length), for one target or one a row.

    Raises InputError for an unknown class, or a sequence of targets of another length than n.
    """
    if target is None:
        if model.heads == 1:
            return np.ones(len(codes), np.int64)
        return predict_logits(model, codes).argmax(1).astype(np.int64)
    if isinstance(target, str | int):
        return np.full(len(codes), class_index(model, target), np.int64)
    if len(target) != len(codes):
        raise InputError(f"{len(target)} targets for {len(codes)} sequences: give one class, or one for each sequence")
    return np.array([class_index(model, t) for t in target], np.int64)
