"""From explained sequences to motifs with names and evidence, as the run folder keeps them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from motiflens.data.dataset import Dataset
from motiflens.data.splits import Split
from motiflens.motifs.formats import format_motifs
from motiflens.motifs.motif import Motif
from motiflens.run import Run
from motiflens.workflow.explain import Explained


@dataclass(frozen=True, kw_only=True)
class MotifParts:
    """motifs.json, motifs.meme and hits.tsv of a run."""

    record: dict[str, Any]
    hits: pd.DataFrame
    supported: list[Motif] = field(default_factory=list)

    def files(self) -> dict[str, Any]:
        """The parts by the names that RunWriter.write and Run.update take."""
        return {"motifs": self.record, "hits": self.hits, "meme": format_motifs(self.supported)}


def find_motifs(explained: Explained, dataset: Dataset, split: Split, *, strands: str) -> MotifParts:
    hits = pd.DataFrame(columns=["sequence_id", "start", "end", "strand", "motif", "score", "p", "q"])
    record = {"classes": list(dataset.classes), "background": [.25]*4, "motifs": [], "not_supported": [], "discovery": {"explained_sequences": 0, "seqlets_called": 0, "seqlets_kept": 0, "clusters": 0, "note": ""}}
    return MotifParts(record=record, hits=hits)


def motifs_of_run(run: Run, *, database: Path | None) -> MotifParts:
    raise NotImplementedError
