"""Read motif files, by the rules of `motiflens.motifs.formats`: a reader for each format, one check for all."""

import gzip
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from motiflens.errors import InputError
from motiflens.motifs.bare_readers import CISBP_HEADER, is_matrix, read_cisbp, read_lettered, read_matrix
from motiflens.motifs.motif import Motif
from motiflens.motifs.motif_text import BASE_ROW, Draft, Line, MotifText, Reader, Reading
from motiflens.motifs.readers import read_headed, read_homer, read_meme, read_transfac
from motiflens.sequence.alphabet import ALPHABET

#: How far the probabilities of a position may sum from 1 and still be read.
TOLERANCE = 0.02
_TOO_FAR = TOLERANCE + 1e-9  # .98 is not .02 below 1 in floating point
_FORMATS = "MEME, JASPAR, TRANSFAC, HOMER, CIS-BP, UniPROBE, ENCODE, cluster-buster or RSAT files"
_NONE = f"no motif in the file; motifs come as {_FORMATS}"
_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class MotifCollection:
    """The motifs of a file; `notes` name those that were left out or renamed."""

    motifs: list[Motif]
    notes: tuple[str, ...] = ()


def read_collection(path: str | Path) -> MotifCollection:
    """Return the motifs of a file that can be read, in its order, and notes on the others; "-" is standard input.

    A second motif of one identifier gets a number behind it.

    Raises:
        InputError: for a file that cannot be read, is not text, has no known format or no motif without a flaw.
    """
    return _collect(_motif_text(_read_text(path), str(path)))


def read_motifs(path: str | Path) -> list[Motif]:
    """Return the motifs of a file, in its order; the content decides the format.

    Raises:
        InputError: as `read_collection`, and for a motif without positions, with positions that do not sum to 1 or are
            all zero, with every base equally likely everywhere, or with another's identifier; names file, line and
            motif.
    """
    return parse_motifs(_read_text(path), source=str(path))


def parse_motifs(text: str, *, source: str = "motifs") -> list[Motif]:
    """Return the motifs of a file's text, as `read_motifs`; `source` names it in error messages."""
    file = _motif_text(text, source)
    motifs: list[Motif] = []
    first_line: dict[str, int] = {}
    for reading in _reader(file)(file):
        draft = reading()
        motifs.append(_finish(file, draft))
        key = draft.accession or draft.name
        if key in first_line:
            file.fail(draft.line, f"a second motif {key!r} (the first is at line {first_line[key]}); rename one")
        first_line[key] = draft.line
    if not motifs:
        raise InputError(f"{source}: {_NONE}")
    return motifs


def _collect(file: MotifText) -> MotifCollection:
    motifs: list[Motif] = []
    flaws: list[InputError] = []
    renamed: list[str] = []
    taken: set[str] = set()
    for reading in _readings(file):
        try:
            motif = _finish(file, reading())
        except InputError as error:
            flaws.append(error)
            continue
        key = motif.accession or motif.name
        if key in taken:
            number = next(n for n in range(2, len(taken) + 3) if f"{key}_{n}" not in taken)
            renamed.append(f"{key}_{number}")
            key = renamed[-1]
            motif = replace(motif, accession=key) if motif.accession else replace(motif, name=key)
        taken.add(key)
        motifs.append(motif)
    if flaws and all(motif.width == 1 for motif in motifs):  # base qualities are numbers behind '>', too
        raise _with_formats(flaws[0])
    if not motifs:
        raise InputError(f"{file.source}: {_NONE}")
    notes = []
    if flaws:
        shown = "; ".join(str(flaw).removeprefix(f"{file.source}, ") for flaw in flaws[:_SHOWN])
        more = "; ..." if len(flaws) > _SHOWN else ""
        notes.append(f"{file.source}: {len(flaws)} of {len(flaws) + len(motifs)} motifs left out ({shown}{more})")
    if renamed:
        few = ", ".join(renamed[:_SHOWN]) + (", ..." if len(renamed) > _SHOWN else "")
        notes.append(f"{file.source}: {len(renamed)} motifs have another's identifier and got a number: {few}")
    return MotifCollection(motifs=motifs, notes=tuple(notes))


def _readings(file: MotifText) -> Iterator[Reading]:
    """Readings of a file's motifs; where it cannot be read as a whole, the InputError names the formats."""
    try:
        yield from _reader(file)(file)
    except InputError as error:
        raise _with_formats(error) from error


def _with_formats(error: InputError) -> InputError:
    """The error of a file that may be something else, with the formats unless it says already what to do."""
    return error if "; " in str(error) else InputError(f"{error}; motifs come as {_FORMATS}")


def _read_text(path: str | Path) -> str:
    if Path(path).is_dir():
        of_run = Path(path) / "motifs.meme"
        remedy = f"a run's motifs are in {of_run}" if of_run.is_file() else "give a motif file"
        raise InputError(f"{path}: a folder; {remedy}")
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is cut short or damaged; fetch it again") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # of authors' names in old files
    if re.search(r"[\0-\x08\x0e-\x1a\x7f-\x9f]", text):
        raise InputError(f"{path}: not a text file; motifs come as {_FORMATS}")
    return text


def _motif_text(text: str, source: str) -> MotifText:
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    lines = [(number, line) for number, line in stripped if line and not line.startswith("#")]
    if not lines:
        raise InputError(f"{source}: the file is empty; it should hold motifs ({_FORMATS})")
    return MotifText(source=source, lines=lines)


def _reader(file: MotifText) -> Reader:
    number, first = file.lines[0]
    texts = [text for _, text in file.lines]
    reader: Reader | None = None
    if any(text.startswith(("MEME version", "letter-probability matrix")) for text in texts):
        reader = read_meme
    elif first.startswith(">"):
        reader = read_homer if len(first.split("\t")) >= 3 and _is_homer(file.lines) else read_headed
    elif any(re.match(r"P[0O]\s", text) for text in texts):
        reader = read_transfac
    elif any(CISBP_HEADER.match(text) for text in texts):
        reader = read_cisbp
    elif re.match(r"(DE|AC|ID|NA|XX|VV)\b", first) and any(re.match(r"\d+(\s+[\d.]\S*){4}", text) for text in texts):
        reader = read_transfac
    elif is_matrix(file):
        reader = read_matrix
    elif _has_lettered_rows(texts):
        reader = read_lettered
    if first.startswith("<"):
        file.fail(number, f"XML or HTML is not read; give the text beside it (meme.txt, streme.txt), or {_FORMATS}")
    if reader is None:
        file.fail(number, f"{first[:40]!r} begins no motif file known here; motifs come as {_FORMATS}")
    return reader


def _has_lettered_rows(texts: list[str]) -> bool:
    """Whether somewhere rows of A, C, G and T with numbers follow each other."""
    rows = [BASE_ROW.match(text) if any(map(str.isdigit, text)) else None for text in texts]
    letters = "".join(row[1].upper().replace("U", "T") if row else "-" for row in rows)
    return any(set(letters[i : i + 4]) == set(ALPHABET) for i in range(len(letters) - 3))


def _is_homer(lines: list[Line]) -> bool:
    """Whether positions follow the first header, and not rows of letters or sites."""
    return len(lines) < 2 or not lines[1][1][0].isalpha()


def _finish(file: MotifText, draft: Draft) -> Motif:
    """The motif of a draft, or an InputError."""
    name = draft.name
    if not name:
        file.fail(draft.line, "a motif without a name")
    if not draft.rows:
        file.fail(draft.line, f"motif {name!r} has no positions")
    if draft.width not in (None, len(draft.rows)):
        file.fail(draft.line, f"motif {name!r} has {len(draft.rows)} positions where w= {draft.width} is announced")
    matrix = np.array(draft.rows).T
    sums = matrix.sum(axis=0)
    if not sums.all():
        file.fail(draft.line, f"motif {name!r}: position {int(sums.argmin()) + 1} is all zero")
    counts = draft.sites is None and not (draft.decimals and abs(float(np.median(sums)) - 1) <= _TOO_FAR)
    off = np.flatnonzero(sums < 1 - _TOO_FAR if counts else abs(sums - 1) > _TOO_FAR)
    if len(off):
        file.fail(
            draft.line,
            f"motif {name!r}: position {off[0] + 1} sums to {sums[off[0]]:.4g}, not to 1; "
            "give probabilities or counts that are complete",
        )
    probabilities = matrix / sums
    if np.ptp(probabilities, axis=0).max() < 1e-6:
        file.fail(
            draft.line,
            f"motif {name!r} is uniform: every base is equally likely at each position; remove it",
        )
    sites = round(float(sums.max())) if counts else draft.sites or 0
    return Motif(name=name, accession=draft.accession, probabilities=probabilities, sites=sites)
