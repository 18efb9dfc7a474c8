"""Every knob of an analysis in one frozen tree: the defaults, a TOML file over them, the command line over both."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from motiflens.data.config import DataConfig
from motiflens.errors import InputError
from motiflens.motifs.config import Taxon
from motiflens.training.config import FitConfig
from motiflens.workflow.config import Device


class ExplainConfig(BaseModel):
    """How many sequences are explained in a fit: of training and validation for discovery, of test for the browser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    discovery_sequences: PositiveInt = 4000
    test_sequences: PositiveInt = 1000


class MotifConfig(BaseModel):
    """How many sequences motifs are searched in, and what names them: a motif file, or a group of JASPAR's motifs.

    `contrasts` are differences of two targets, "K562-HepG2", that are searched as numbers of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequences: PositiveInt = 20_000
    database: Path | None = None
    taxon: Taxon = "auto"
    contrasts: tuple[str, ...] = ()


class Settings(BaseModel):
    """One analysis: data, model and training, explanation, motifs, seed and device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataConfig = Field(default_factory=DataConfig)
    fit: FitConfig = Field(default_factory=FitConfig)
    explain: ExplainConfig = Field(default_factory=ExplainConfig)
    motifs: MotifConfig = Field(default_factory=MotifConfig)
    seed: NonNegativeInt = 0
    device: Device = "auto"
    devices: PositiveInt = 1
    num_nodes: PositiveInt = 1


def settings_from(
    overrides: Mapping[str, Any], *, file: Path | None = None, names: Mapping[str, str] | None = None
) -> Settings:
    """Defaults, then `file` (TOML with the tables of Settings), then `overrides` ("fit.training.epochs": 5).

    An override of None is none. Raises InputError that names the file or option and what is wrong with it; `names` are
    what the caller calls the overrides.
    """
    tree: dict[str, Any] = {}
    if file is not None:
        try:
            tree = tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{file}: cannot be read as TOML ({error}); see the documentation of --config") from error
    for path, value in overrides.items():
        if value is not None:
            *tables, name = path.split(".")
            _table(tree, tables, file)[name] = value
    if "network" in _table(tree, ["fit"], file):
        _table(tree, ["fit", "network"], file).setdefault("preset", FitConfig().network.preset)
    if "training" in tree["fit"]:
        _table(tree, ["fit", "training"], file)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        setting = _setting(where, names or {})
        if setting and names:
            raise InputError(f"{names[setting]}={overrides[setting]!r}: {_wrong(first)}") from error
        raise InputError(f"{file or 'options'}: {where}: {_wrong(first)}") from error


def _setting(where: str, names: Mapping[str, str]) -> str | None:
    """The named setting at this place; those of a preset stand below its name."""
    path, _, last = where.rpartition(".")
    shorter = f"{path.rpartition('.')[0]}.{last}"
    return next((name for name in (where, shorter, f"{where}.preset") if name in names), None)


def _wrong(error: Any) -> str:
    """Describe an invalid setting, replacing unhelpful pydantic messages."""
    match error["type"]:
        case "extra_forbidden":
            return "unknown setting"
        case _:
            return str(error["msg"])


def _table(tree: dict[str, Any], names: list[str], file: Path | None) -> dict[str, Any]:
    """The table at a path of names, made if there is none. Raises InputError where something else stands there."""
    for depth, name in enumerate(names, 1):
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            path = ".".join(names[:depth])
            raise InputError(f"{file or 'options'}: {path} is a table, not a single value: write [{path}]")
    return tree
