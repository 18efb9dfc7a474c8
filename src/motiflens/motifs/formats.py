"""Motif files: MEME, JASPAR, TRANSFAC and HOMER, read and written, and several more read, plain or gzip.

What is the same in all:
- A motif has a name and, where the file gives two labels, an accession; no two motifs of a file share their identifier
  (the accession, else the name).
- MEME and HOMER matrices hold probabilities: a position whose sum is up to 0.02 off 1 is renormalised (rounding), more
  is an error. Other matrices hold probabilities where most positions sum to 1 in decimals, else counts; the largest
  sum is then the number of sites.
- Lines that start with # are comments.
"""

import gzip
import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from motiflens.errors import InputError
from motiflens.motifs.motif import UNIFORM, Motif
from motiflens.motifs.parse import parse_motifs, read_motifs
from motiflens.sequence.alphabet import ALPHABET
from motiflens.shapes import Strands

__all__ = ["format_motifs", "parse_motifs", "read_motifs", "write_motifs"]


def write_motifs(path: str | Path, motifs: Sequence[Motif], *, format: str = "meme") -> None:
    """Write motifs to a file, gzipped if the name ends in .gz; an existing file is replaced, never half written.

    Args:
        path: the file.
        motifs: the motifs.
        format: "meme", "jaspar", "transfac" or "homer".

    Raises:
        InputError: as `format_motifs`, and if the file cannot be written.
    """
    path = Path(path)
    raw = format_motifs(motifs, format=format).encode()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def format_motifs(
    motifs: Sequence[Motif],
    *,
    format: str = "meme",
    background: Float64[np.ndarray, "4"] = UNIFORM,
    strands: Strands = "both",
) -> str:
    """Return motifs as text in the format "meme" (minimal, version 4), "jaspar", "transfac" or "homer".

    MEME and HOMER hold probabilities to eight decimals; JASPAR and TRANSFAC hold counts where `sites` is known, else
    probabilities. Blanks in a name become underscores where the format ends a name at a blank. Contributions are not
    written. MEME also holds the background frequencies of A, C, G, T, and the strands that sites lie on.

    Raises:
        InputError: for an unknown format, a motif without a name, and two motifs with one identifier.
    """
    if format not in _WRITERS:
        raise InputError(f"unknown motif format {format!r}: choose one of {', '.join(_WRITERS)}")
    keys = [_label(motif.accession or motif.name) for motif in motifs]
    if "" in keys:
        raise InputError(f"motif {keys.index('') + 1} has no name: give it one")
    key, times = next(iter(Counter(keys).most_common(1)), ("", 0))
    if times > 1:
        raise InputError(f"{times} motifs are called {key!r}: a motif file needs distinct names; rename them")
    header = _meme_header(background, strands) if format == "meme" else ""
    return header + "".join(_WRITERS[format](motif) for motif in motifs)


def _label(name: str) -> str:
    return "_".join(name.split())


def _header(motif: Motif) -> str:
    """ "accession name", or the name alone without blanks."""
    return f"{_label(motif.accession)} {' '.join(motif.name.split())}" if motif.accession else _label(motif.name)


def _counts(motif: Motif) -> list[list[str]]:
    """Numbers of each position: counts, whole where they fit, if the number of sites is known; else probabilities."""
    if not motif.sites:
        return [[f"{value:.8f}" for value in column] for column in motif.probabilities.T]
    counts = motif.probabilities * motif.sites
    whole = counts.round()
    # Six-digit probabilities of another file turn back into the counts that they came from.
    if (whole.sum(axis=0) == motif.sites).all() and abs(counts - whole).max() <= 1e-6 * motif.sites:
        return [[f"{value:.0f}" for value in column] for column in whole.T]
    return [[f"{value:.10g}" for value in column] for column in counts.T]


def _probability_rows(motif: Motif, separator: str) -> str:
    return "".join(separator.join(f"{value:.8f}" for value in column) + "\n" for column in motif.probabilities.T)


def _meme(motif: Motif) -> str:
    sites = f" nsites= {motif.sites}" if motif.sites else ""
    head = f"MOTIF {_header(motif)}\nletter-probability matrix: alength= 4 w= {motif.width}{sites}\n"
    return head + _probability_rows(motif, " ") + "\n"


def _jaspar(motif: Motif) -> str:
    rows = zip(ALPHABET, zip(*_counts(motif), strict=True), strict=True)
    return f">{_header(motif)}\n" + "".join(f"{base} [ {' '.join(values)} ]\n" for base, values in rows)


def _transfac(motif: Motif) -> str:
    accession = f"AC  {_label(motif.accession)}\nXX\n" if motif.accession else ""
    rows = "".join(
        f"{position:02d}  {' '.join(values)} {letter}\n"
        for position, (values, letter) in enumerate(zip(_counts(motif), motif.consensus, strict=True), 1)
    )
    return f"{accession}ID  {' '.join(motif.name.split())}\nXX\nP0  A C G T\n{rows}XX\n//\n"


def _homer(motif: Motif) -> str:
    # HOMER needs a threshold in natural log odds: half the best score. The column of facts also holds the accession.
    threshold = 0.5 * np.log(4 * motif.probabilities.max(axis=0)).sum()
    facts = [f"T:{motif.sites}"] * bool(motif.sites) + [f"ID:{_label(motif.accession)}"] * bool(motif.accession)
    columns = [motif.consensus, " ".join(motif.name.split()), f"{threshold:.6f}", "0", "0", ",".join(facts)]
    return ">" + "\t".join(columns).rstrip() + "\n" + _probability_rows(motif, "\t")


def _meme_header(background: np.ndarray, strands: Strands) -> str:
    frequencies = " ".join(f"{base} {value:.8g}" for base, value in zip(ALPHABET, background, strict=True))
    signs = "+ -" if strands == "both" else "+"
    return f"MEME version 4\n\nALPHABET= ACGT\n\nstrands: {signs}\n\nBackground letter frequencies\n{frequencies}\n\n"


_WRITERS: dict[str, Callable[[Motif], str]] = {
    "meme": _meme,
    "jaspar": _jaspar,
    "transfac": _transfac,
    "homer": _homer,
}
