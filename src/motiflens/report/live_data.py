"""What the live view needs of a run: its model, and the supported motifs as they are scored."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter

from motiflens.errors import RunFolderError
from motiflens.live.export import LiveModel, NotLive, live_model
from motiflens.motifs.motif import log_odds
from motiflens.run.folder import Run
from motiflens.run.schema.motifs import MotifEntry, MotifRecord


@dataclass(frozen=True, kw_only=True)
class LiveMotif:
    """A motif as its sites are found: log-odds in bits (rows A, C, G, T), the lowest score of a site, and its stretch.

    `letters` are the most probable ones, to be written into a sequence; against a class they are those of the others.
    """

    name: str
    label: str
    letters: str
    scores: list[list[float]]
    cut: float
    window: tuple[int, int] | None
    both: bool


@dataclass(frozen=True, kw_only=True)
class LiveData:
    """The live view's data; without a model, `reason` says why."""

    model: LiveModel | None
    reason: str
    motifs: list[LiveMotif]

    def json(self) -> str:
        """Return the data as compact JSON."""
        return TypeAdapter(LiveData).dump_json(self).decode()


def live_data(run: Run, record: MotifRecord | None, labels: Mapping[str, str]) -> LiveData:
    """Return the data of the live view; `labels` are what motifs are called, by name."""
    try:
        found = live_model(run.model_folder)
    except RunFolderError:  # the rest of the page does not need it
        found = NotLive(reason="It cannot be read: it is damaged, or of another version.")
    if isinstance(found, NotLive):
        return LiveData(model=None, reason=found.reason, motifs=[])
    motifs = [_motif(entry, record, labels[entry.name]) for entry in record.motifs] if record else []
    return LiveData(model=found, reason="", motifs=motifs)


def _motif(entry: MotifEntry, record: MotifRecord, label: str) -> LiveMotif:
    return LiveMotif(
        name=entry.name,
        label=label,
        letters="".join("ACGT"[base] for base in entry.probabilities.argmax(0)),
        scores=log_odds(entry.probabilities, np.array(record.background)).round(9).tolist(),
        cut=entry.cut,
        window=entry.position_window,
        both=record.strands == "both",
    )
