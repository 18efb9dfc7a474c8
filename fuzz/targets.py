"""What is fuzzed: each reader takes bytes and may raise InputError (or ModelError), nothing else."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from motiflens.data.files.intervals import read_intervals
from motiflens.data.peaks import read_peaks
from motiflens.data.read import read_batches, read_dataset, read_sequences
from motiflens.errors import MotiflensError
from motiflens.model.classic.keras_import import import_keras
from motiflens.model.store import load_model
from motiflens.motifs.formats import read_motifs
from motiflens.run.files import read_attributions, read_history, read_hits, read_predictions, read_record
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import Metrics
from motiflens.run.schema.motifs import MotifRecord

Reader = Callable[[Path], object]

_BED = "chr1\t5\t60\n"
_GENOME = ">chr1\n" + "ACGTTGCA" * 20 + "\n"


def _run_record(file: Path) -> object:
    """The bytes as run.json of a folder."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "run.json").write_bytes(file.read_bytes())
        return Run.load(folder)


def _model(file: Path) -> object:
    """The bytes as config.json of a model without weights."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_bytes(file.read_bytes())
        return load_model(Path(folder))


def _beside(text: str, name: str, call: Callable[[str], object]) -> object:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(text)
        return call(str(Path(folder) / name))


#: By name: the ending that the file has, and the reader.
TARGETS: Mapping[str, tuple[str, Reader]] = {
    "fasta": (".fa", lambda file: list(read_batches(str(file), length=8, crop="left"))),
    "labelled": (".fa", lambda file: read_dataset([f"a={file}"])),
    "gzip": (".fa.gz", lambda file: list(read_sequences(str(file)))),
    "csv": (".csv", lambda file: read_dataset([str(file)], length=8)),
    "tsv": (".tsv", lambda file: read_dataset([str(file)], length=8)),
    "parquet": (".parquet", lambda file: read_dataset([str(file)], length=8)),
    "bed": (".bed", lambda file: read_intervals(str(file))),
    "peaks": (".bed", lambda file: _beside(_GENOME, "g.fa", lambda genome: read_peaks(str(file), genome, length=8))),
    "genome": (".fa", lambda file: _beside(_BED, "p.bed", lambda bed: read_peaks(bed, str(file), length=8))),
    "motifs": (".meme", lambda file: read_motifs(file)),
    "keras": (".keras", lambda file: import_keras(file)),
    "run": (".json", _run_record),
    "model": (".json", _model),
    "metrics": (".json", lambda file: read_record(file, Metrics)),
    "motif_record": (".json", lambda file: read_record(file, MotifRecord)),
    "history": (".csv", lambda file: read_history(file, "binary")),
    "hits": (".tsv", read_hits),
    "predictions": (".tsv", lambda file: read_predictions(file, ("a", "b"), "binary")),
    "attributions": (".npz", read_attributions),
}


def feed(name: str, content: bytes) -> str:
    """Read the bytes: "read", or "refused" by one line that names the file. Any other error is a finding and passes."""
    ending, reader = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"fuzzed{ending}"
        file.write_bytes(content)
        try:
            reader(file)
        except MotiflensError as error:
            if "\n" in str(error):
                raise AssertionError(f"a message of several lines: {str(error)!r}") from error
            return "refused"
    return "read"
