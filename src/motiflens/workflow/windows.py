"""The windows of a genome that a fit learned from, as a run keeps them: FASTA and BED, a class each."""

from collections.abc import Mapping

import numpy as np

from motiflens.data.dataset import Dataset
from motiflens.sequence.alphabet import decode
from motiflens.sequence.coordinates import parse_interval
from motiflens.workflow.outputs import file_stems


def window_files(dataset: Dataset) -> Mapping[str, str]:
    """Return texts by file name: CLASS.fa, and CLASS.bed of records whose ids name intervals."""
    stems = file_stems(dataset.classes)
    files: dict[str, str] = {}
    for number, name in enumerate(dataset.classes):
        rows = np.flatnonzero(dataset.labels == number).tolist()
        files[f"{stems[name]}.fa"] = "".join(f">{dataset.ids[i]}\n{_letters(dataset, i)}\n" for i in rows)
        placed = [line for i in rows if (line := _bed_line(str(dataset.ids[i])))]
        if placed:
            files[f"{stems[name]}.bed"] = "".join(placed)
    return files


def _letters(dataset: Dataset, row: int) -> str:
    """Return the letters of a record, soft-masked ones in lower case."""
    text = decode(dataset.codes[row])
    if dataset.soft_masked is None:
        return text
    letters = np.frombuffer(text.encode(), np.uint8)
    return (letters + 32 * dataset.soft_masked[row].astype(np.uint8)).tobytes().decode()


def _bed_line(name: str) -> str:
    place = parse_interval(name)
    if place is None:
        return ""
    strand = name[-2] if name.endswith(")") else "."
    return f"{place.chromosome}\t{place.start}\t{place.end}\t{name}\t0\t{strand}\n"
