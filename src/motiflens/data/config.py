"""Defaults of reading and splitting: each stands here and nowhere else."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

Crop = Literal["left", "center", "right"]
Negatives = Literal["matched", "flanking", "shuffled"]
SplitBy = Literal["similarity", "copies", "group", "chromosome"]
Share = Annotated[float, Field(gt=0, lt=1)]


class TargetColumns(BaseModel):
    """Which columns of a table are learned, where it is not the class in `label`: numbers, or several labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: tuple[str, ...] = ()
    """Columns of numbers; several are tasks that are learned together."""
    labels: tuple[str, ...] = ()
    """Columns of 0 and 1: labels of which a sequence may have several."""
    replicates: tuple[tuple[str, ...], ...] = ()
    """Columns of repeated measurements, whose mean is a target; one group of columns a target."""
    weight: str | None = None
    """Column that says how much a row counts in training, such as barcodes or reads."""
    offset: str | None = None
    """Column with the exposure of counts, such as the size of the library."""
    average: bool = False
    """Average the rows of one sequence; otherwise rows that differ are an error."""

    @property
    def kind(self) -> Literal["classes", "numbers", "labels"]:
        """What is learned."""
        if self.labels:
            return "labels"
        return "numbers" if self.target or self.replicates else "classes"

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read for its numbers."""
        grouped = (name for group in self.replicates for name in group)
        return (*self.target, *self.labels, *grouped, *(name for name in (self.weight, self.offset) if name))

    @model_validator(mode="after")
    def _belong_together(self) -> "TargetColumns":
        for option, given in (("weight", self.weight), ("offset", self.offset)):
            if given and self.kind == "classes":
                raise ValueError(f"--{option} {given}: only with --target, --replicates or --labels")
        if self.labels and (self.target or self.replicates):
            raise ValueError("--labels: cannot be combined with --target or --replicates; fit them apart")
        for group in self.replicates:
            if len(group) < 2:
                raise ValueError(f"--replicates {','.join(group)}: name two columns or more, with commas between them")
        measured = (*self.target, *self.labels, *(name for group in self.replicates for name in group))
        for name in measured:
            if not name:
                raise ValueError(
                    "--target, --labels, --replicates: a column name is empty; put one comma between names"
                )
            if measured.count(name) > 1:
                raise ValueError(f"column {name} is named twice; name it once")
            if name.lower() in ("sequence", "id", "split", "group"):
                raise ValueError(f"column {name} holds no numbers to learn; name the column of the measurements")
        return self


class DataConfig(BaseModel):
    """How labelled sequences are brought to one length, ordered into classes and split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    positive: str | None = None
    """The positive class of two; None: the first CLASS=FILE given, or the second label of a table in sorted order."""
    length: PositiveInt | None = None
    """Crop or pad every sequence to this many letters; None: all must have one length already."""
    class_names: dict[str, str] = Field(default_factory=dict)
    """What labels of a table are called from here on: {"0": "background", "1": "bound"}."""
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
    columns: TargetColumns = TargetColumns()
    """Columns of a table that are learned in place of the class in `label`."""
    minimum_measured: PositiveInt = 50
    """Fewer sequences with a value of a target than this are an error."""


DEFAULTS = DataConfig()
