"""Sequences of other lengths than a run's model takes: whether, and where, they are cropped or padded."""

from motiflens.data.config import Crop
from motiflens.errors import InputError
from motiflens.run.folder import Run
from motiflens.workflow.settings import Settings


def chosen_crop(run: Run, *, length: int | None, crop: Crop | None) -> Crop | None:
    """Return the part of longer sequences that is kept; None where other lengths than the model's are an error.

    A `length` alone asks for the part that the run was fitted with. Raises InputError unless it is the model's.
    """
    if length is None:
        return crop
    if length != run.info.length:
        raise InputError(
            f"--length {length}: the model of {run.path} takes {run.info.length} letters; give --length "
            f"{run.info.length}, which crops or pads to them, or fit a model of {length}"
        )
    return crop or Settings.model_validate(run.info.config).data.crop
