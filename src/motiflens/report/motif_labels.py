"""What motifs are called: by the known motif that they equal; by their number where there is none, or several alike."""

from collections import Counter
from collections.abc import Mapping, Sequence

from motiflens.run.schema.motifs import MotifEntry


def motif_labels(entries: Sequence[MotifEntry]) -> Mapping[str, str]:
    """Return a short label of each motif by its name: "CTCF", "ETS family", "motif_3"; "CTCF (motif_3)" where two are.

    A family's members are left to the table.
    """
    short = {entry.name: entry.known_as.partition(":")[0] for entry in entries}
    alike = Counter(short.values())
    return {name: label if label and alike[label] == 1 else _numbered(label, name) for name, label in short.items()}


def _numbered(label: str, name: str) -> str:
    return f"{label} ({name})" if label else name
