"""run.json."""

import platform
from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import ConfigDict, Field, JsonValue

import motiflens
from motiflens.run.schema.record import Record, Task

#: Version of the run folder's layout and keys; other versions are refused.
FORMAT: Final = 2


class Source(Record):
    """One input file: its path as given, the sha256 of its bytes, and the number of its records."""

    path: str
    sha256: str
    records: int


class Stage(Record):
    """A step of the fit."""

    name: str
    seconds: float
    peak_memory_mb: float


class ImportedModel(Record):
    """Where the model of `motiflens import-keras` comes from."""

    path: str
    name: str
    keras: str


class NetworkInfo(Record):
    """The architecture as trained; every further setting of the preset is kept."""

    model_config = ConfigDict(extra="allow")

    preset: str


class RunInfo(Record):
    """run.json: how the run was made, and the sha256 of every file.

    `classes` are the names of the classes, or of the targets or labels; `explained` those of them that motifs and
    contributions are shown for, in `unit`. `counts` has the records of each class, with a value of each target, or with
    each label; `parts` has all records of each part. What only a fit knows is empty or None in
    the run of an imported model. `staged` is not empty while an update is moved into place.
    """

    model_config = ConfigDict(extra="allow")

    motiflens: str = Field(default_factory=lambda: motiflens.__version__)
    format: Literal[2] = FORMAT
    python: str = Field(default_factory=platform.python_version)
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    command: str
    task: Task
    classes: tuple[str, ...]
    positive: str | None
    explained: tuple[str, ...]
    unit: Literal["logits", "target units", "log target units"] = "logits"
    length: int
    seed: int
    seeds: tuple[int, ...] = ()
    config: dict[str, JsonValue] = Field(default_factory=dict)
    network: NetworkInfo | None = None
    strands: str = ""
    parameters: int | None = None
    data: tuple[Source, ...] = ()
    counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    parts: dict[str, int] = Field(default_factory=dict)
    device: str = ""
    notes: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    warnings: tuple[str, ...] = ()
    imported: ImportedModel | None = None
    files: dict[str, str] = Field(default_factory=dict)
    staged: dict[str, str] = Field(default_factory=dict)
