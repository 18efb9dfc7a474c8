"""Whether a run's model was trained on sequences that it is now tested on."""

import numpy as np

from motiflens.groups.fingerprints import fingerprints
from motiflens.run.folder import Run
from motiflens.shapes import Codes


def trained_on(run: Run, codes: Codes) -> int | None:
    """Return how many of the sequences, on either strand, the model was trained or validated on.

    None where the run does not know: an imported model's does not.
    """
    if not run.has("training_sequences.npy"):
        return None
    return int(np.isin(fingerprints(codes), run.training_sequences()).sum())


def trained_on_warning(known: int, n: int) -> str:
    """Return what a reader of the figures must know."""
    return (
        f"{known:,} of {n:,} sequences are among those that the model was trained on: figures on them do not show how "
        "it does on new data; evaluate on sequences that it has not seen"
    )
