"""Defaults of reading and splitting: each stands here and nowhere else."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Crop = Literal["left", "center", "right"]
Negatives = Literal["matched", "flanking", "shuffled"]
SplitBy = Literal["similarity", "copies", "group", "chromosome"]
Share = Annotated[float, Field(gt=0, lt=1)]


class DataConfig(BaseModel):
    """How labelled sequences are brought to one length, ordered into classes and split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    positive: str | None = None
    """The positive class of two; None: the first CLASS=FILE given, or the second label of a table in sorted order."""
    length: PositiveInt | None = None
    """Crop or pad every sequence to this many letters; None: all must have one length already."""
    crop: Crop = "center"
    """Part of a sequence that is kept when it is cropped, and where it stands when it is padded."""
    minimum_per_class: PositiveInt = 10
    """Fewer sequences of a class than this are an error."""
    test_share: Share = 0.2
    """Share of the sequences that is held out for testing."""
    validation_share: Share = 0.2
    """Share of the remaining sequences that is held out for early stopping."""
    negatives: Negatives = "matched"
    """Negatives for peaks of a genome: like them in GC and repeats, beside them, or shuffles of them."""
    split_by: SplitBy = "similarity"
    """What stays on one side of a split: near duplicates, only copies, the column `group`, or a chromosome."""


DEFAULTS = DataConfig()
