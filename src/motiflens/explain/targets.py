"""Which class, number or label each sequence is explained towards."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from motiflens.errors import InputError
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits
from motiflens.shapes import Codes

#: A class, number or label by name or index; None is the positive class of two, the predicted class of each sequence
#: where there are more, and the first of several numbers or labels.
Target = str | int | None


def class_index(model: Model, target: str | int) -> int:
    """Return the index of a class given by name or index.

    Raises:
        InputError: there is no such class; the message lists those there are.
    """
    if target in model.output.names:
        return model.output.names.index(str(target))
    if isinstance(target, int) and 0 <= target < len(model.output.names):
        return target
    raise InputError(f"unknown target {target!r}: the model knows {', '.join(model.output.names)}")


def target_indices(model: Model, codes: Codes, target: Target | Sequence[str | int]) -> Int64[np.ndarray, " n"]:
    """Return the class index of each row of codes (n, length), for one target or one a row.

    Raises:
        InputError: an unknown class, or a sequence of targets of another length than n.
    """
    if target is None:
        return model.output.default_targets(predict_logits(model, codes))
    if isinstance(target, str | int):
        return np.full(len(codes), class_index(model, target), np.int64)
    if len(target) != len(codes):
        raise InputError(f"{len(target)} targets for {len(codes)} sequences: give one class, or one for each sequence")
    return np.array([class_index(model, t) for t in target], np.int64)
