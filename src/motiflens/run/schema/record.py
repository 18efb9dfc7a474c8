"""Base and field types of all models. A figure that the data cannot give is None, and null in the file."""

import math
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float64
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


def _finite(value: Any) -> Any:
    """Return None for a float that is not finite, anything else as it is."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _matrix(value: Any) -> Any:
    try:
        return np.asarray(value, np.float64)
    except (TypeError, OverflowError) as error:  # of which pydantic makes no ValidationError
        raise ValueError("not a matrix of numbers") from error


#: A number that may be undefined.
Figure = Annotated[float | None, BeforeValidator(_finite)]
#: Low and high end of a 95 % interval.
Interval = tuple[Figure, Figure]
#: Rows A, C, G, T; one column a position. A list of four lists in JSON.
Matrix = Annotated[
    Float64[np.ndarray, "4 _"],  # "_": the widths of motifs differ
    BeforeValidator(_matrix),
    PlainSerializer(np.ndarray.tolist, return_type=list[list[float]]),
]
#: What a run predicts: one of two or of more classes, numbers, or several labels a sequence.
Task = Literal["binary", "multiclass", "regression", "multilabel"]


class Record(BaseModel):
    """Base of all models: frozen, also built from the attributes of any object with the same names.

    Keys that a model does not know are ignored.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True, arbitrary_types_allowed=True)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.model_dump_json() == other.model_dump_json()
