"""Read and write each file of a run folder; `folder` decides when and where."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import numpy as np
import pandas as pd
from jaxtyping import Float32, UInt64
from pydantic import BaseModel, ValidationError

from motiflens.errors import RunFolderError
from motiflens.run.schema.checks import AuditRecord, Faithfulness
from motiflens.run.schema.metrics import Metrics
from motiflens.run.schema.motifs import MotifRecord
from motiflens.run.schema.number_metrics import LabelMetrics, NumberMetrics
from motiflens.run.schema.record import Record, Task
from motiflens.sequence.alphabet import at_observed_letters, decode, reverse_complement
from motiflens.shapes import Attribution, Codes

#: Remedy for a file that is not as it was written.
RESTORE = "restore it from a copy, or fit again with `motiflens fit`"


def remedy_for(error: OSError) -> str:
    """Return what to do about a file that cannot be read."""
    if isinstance(error, PermissionError):
        return "its owner can let others read it: chmod -R a+rX on the run folder"
    return RESTORE


Model = TypeVar("Model", bound=Record)

_PREDICTIONS = {"id": str, "split": str}
_HITS = {"sequence_id": str, "start": int, "end": int, "strand": str, "motif": str}
_HITS |= {"score": float, "p": float, "q": float}
_HISTORY = {"epoch": int, "loss": float, "val_loss": float, "accuracy": float, "val_accuracy": float}
_HISTORY |= {"learning_rate": float}
_NUMBER_HISTORY = {name: kind for name, kind in _HISTORY.items() if "accuracy" not in name}


@dataclass(frozen=True, kw_only=True)
class Attributions:
    """Explained sequences; a row is one (sequence, target class) pair.

    hypothetical (n, 4, length) float32 in logits towards `target`, mean-centred over the bases; codes (n, length)
    uint8, N = 4; ids, target, label (n,) str; attention (n, scales, length) float32, fractions that sum to one over
    scales and positions, each scale named by the width of its filters; probability (n,) float32 of the target class. Of
    numbers, hypothetical is in target units, `label` is the target, and `probability` is the predicted value.
    """

    hypothetical: Attribution
    codes: Codes
    ids: np.ndarray
    target: np.ndarray
    label: np.ndarray
    probability: Float32[np.ndarray, " n"]
    method: str
    attention_widths: tuple[int, ...]
    attention: Float32[np.ndarray, "n scales length"]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def observed(self) -> Float32[np.ndarray, "n length"]:
        """Contribution of each base that is there, in logits; 0 at an N."""
        return at_observed_letters(self.hypothetical, self.codes)

    @property
    def attention_total(self) -> Float32[np.ndarray, "n length"]:
        """Attention of all scales together."""
        return self.attention.sum(1)

    def letters(self, row: int, start: int = 0, end: int | None = None, *, strand: str = "+") -> str:
        """Letters of positions start..end (0-based, half-open) of a row, 5' to 3' on `strand`."""
        codes = self.codes[row, start:end]
        return decode(reverse_complement(codes) if strand == "-" else codes)


def read_history(file: Path, task: Task) -> pd.DataFrame:
    """Return history.csv; of numbers it has no accuracy."""
    return _read_table(file, _NUMBER_HISTORY if task == "regression" else _HISTORY, separator=",")


def read_predictions(file: Path, names: tuple[str, ...], task: Task) -> pd.DataFrame:
    """Return predictions.tsv: label and p_<class>; of numbers y_<target> and pred_<target>, of labels y_ and p_<label>.

    `names` are those of the classes, targets or labels.
    """
    if task in ("binary", "multiclass"):
        columns: dict[str, type] = {"label": str} | {f"p_{name}": float for name in names}
    else:
        predicted = "pred" if task == "regression" else "p"
        columns = {f"{kind}_{name}": float for kind in ("y", predicted) for name in names}
        columns |= {"gc": float, "length": int} if task == "regression" else {}
    return _read_table(file, _PREDICTIONS | columns, separator="\t")


def read_hits(file: Path) -> pd.DataFrame:
    """Return hits.tsv."""
    return _read_table(file, _HITS, separator="\t")


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object in `file`, not yet validated."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{file}: cannot be read as JSON ({error}); {RESTORE}") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{file}: holds no JSON object; {RESTORE}")
    return content


def read_record(file: Path, model: type[Model]) -> Model:
    """Return the JSON object in `file` as a model.

    Raises:
        RunFolderError: The file is missing, is no JSON object or lacks a key.
    """
    content = read_json(file)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise RunFolderError(f"{file}: wrong content at {key!r} ({first['msg']}); {RESTORE}") from error


def _read_table(file: Path, columns: Mapping[str, type], *, separator: str) -> pd.DataFrame:
    numeric = {name: ["", "nan"] for name, kind in columns.items() if kind is not str}
    try:
        table = pd.read_csv(file, sep=separator, dtype=dict(columns), keep_default_na=False, na_values=numeric)
        missing = [name for name in columns if name not in table]
        if missing:
            raise ValueError(f"no column {missing[0]!r} among {', '.join(map(str, table.columns))}")
        return table
    except (OSError, ValueError, OverflowError) as error:  # the last of pandas, for a number of 50 digits
        reason = " ".join(str(error).split())
        raise RunFolderError(f"{file}: cannot be read as a table ({reason}); {RESTORE}") from error


def read_attributions(file: Path) -> Attributions:
    """Return attributions.npz, after a check of the shapes."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            names = Attributions.__dataclass_fields__
            arrays = {name: archive[name] for name in names}
        n, _, length = arrays["hypothetical"].shape
        scales = len(arrays["attention_widths"])
        rows = {"ids": (n,), "target": (n,), "label": (n,), "probability": (n,)}
        shapes = rows | {"hypothetical": (n, 4, length), "codes": (n, length), "attention": (n, scales, length)}
        wrong = [name for name, shape in shapes.items() if arrays[name].shape != shape]
        if wrong:
            raise ValueError(f"{wrong[0]} has shape {arrays[wrong[0]].shape}, expected {shapes[wrong[0]]}")
        texts: dict[str, Any] = {name: arrays[name].astype(str) for name in ("ids", "target", "label")}
        floats = {name: arrays[name].astype(np.float32) for name in ("hypothetical", "attention", "probability")}
        return Attributions(
            **texts,
            **floats,
            codes=arrays["codes"].astype(np.uint8),
            method=str(arrays["method"]),
            attention_widths=tuple(map(int, arrays["attention_widths"])),
        )
    except Exception as error:  # zip, npy header and shape errors come as half a dozen types
        raise RunFolderError(f"{file}: cannot be read as attributions ({error}); {RESTORE}") from error


def read_training_sequences(file: Path) -> UInt64[np.ndarray, " n"]:
    """Return training_sequences.npy."""
    try:
        found = np.load(file, allow_pickle=False)
        if found.dtype != np.uint64 or found.ndim != 1:
            raise ValueError(f"an array of {found.dtype} with {found.ndim} dimensions")
        return found
    except (OSError, ValueError, EOFError) as error:
        raise RunFolderError(f"{file}: cannot be read as fingerprints ({error}); {RESTORE}") from error


def _write_array(file: Path, array: np.ndarray) -> None:
    np.save(file, array, allow_pickle=False)


def write_record(file: Path, record: BaseModel) -> None:
    """Replace `file` by the record as JSON, atomically."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(record.model_dump_json(indent=1) + "\n", "utf-8")
    os.replace(fresh, file)


def _write_text(file: Path, content: str) -> None:
    file.write_text(content, "utf-8", newline="\n")


def _write_csv(file: Path, table: pd.DataFrame) -> None:
    table.to_csv(file, index=False, lineterminator="\n", encoding="utf-8")


def _write_tsv(file: Path, table: pd.DataFrame) -> None:
    table.to_csv(file, sep="\t", index=False, lineterminator="\n", encoding="utf-8")


def _write_attributions(file: Path, rows: Attributions) -> None:
    arrays: dict[str, Any] = {name: np.asarray(getattr(rows, name)) for name in Attributions.__dataclass_fields__}
    np.savez(file, **{name: a.astype(str) if a.dtype == object else a for name, a in arrays.items()})


def _write_arrays(file: Path, arrays: Mapping[str, np.ndarray]) -> None:
    with file.open("wb") as stream:
        np.savez(stream, **dict(arrays))  # type: ignore[arg-type]


def _write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in texts.items():
        _write_text(folder / name, content)


def _write_figures(folder: Path, figures: Mapping[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in figures.items():
        (folder / name).write_bytes(content)


class Parts(TypedDict, total=False):
    """The parts of a run that can be written, by name."""

    metrics: Metrics | NumberMetrics | LabelMetrics
    history: pd.DataFrame
    predictions: pd.DataFrame
    motifs: MotifRecord
    meme: str
    motif_table: pd.DataFrame
    hits: pd.DataFrame
    measured: pd.DataFrame
    attributions: Attributions
    faithfulness: Faithfulness
    audit: AuditRecord
    dropped: pd.DataFrame
    training_sequences: np.ndarray
    windows: Mapping[str, str]
    variant_null: Mapping[str, np.ndarray]
    figures: Mapping[str, bytes]
    report: str
    multiqc: str
    multiqc_motifs: str


_WRITERS: Mapping[str, tuple[str, Callable[[Path, Any], None]]] = {
    "metrics": ("metrics.json", write_record),
    "history": ("history.csv", _write_csv),
    "predictions": ("predictions.tsv", _write_tsv),
    "motifs": ("motifs.json", write_record),
    "meme": ("motifs.meme", _write_text),
    "motif_table": ("motifs.tsv", _write_tsv),
    "hits": ("hits.tsv", _write_tsv),
    "measured": ("measured.tsv", _write_tsv),
    "attributions": ("attributions.npz", _write_attributions),
    "faithfulness": ("faithfulness.json", write_record),
    "audit": ("audit.json", write_record),
    "dropped": ("dropped.tsv", _write_tsv),
    "training_sequences": ("training_sequences.npy", _write_array),
    "windows": ("windows", _write_texts),
    "variant_null": ("variant_null.npz", _write_arrays),
    "figures": ("figures", _write_figures),
    "report": ("report.html", _write_text),
    "multiqc": ("motiflens_mqc.json", _write_text),
    "multiqc_motifs": ("motiflens_motifs_mqc.json", _write_text),
}


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an npz file."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # zip, npy header and shape errors come as half a dozen types
        raise RunFolderError(f"{file}: cannot be read as arrays ({error}); {RESTORE}") from error


def write_parts(folder: Path, parts: Parts) -> None:
    """Write the parts into `folder`."""
    for name, value in parts.items():
        relative, write = _WRITERS[name]
        write(folder / relative, value)
