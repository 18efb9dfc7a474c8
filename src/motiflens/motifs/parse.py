"""Read motif files, by the rules of `motiflens.motifs.formats`: a reader for each format, one check for all."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np

from motiflens.errors import InputError
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import ALPHABET

#: How far the probabilities of a position may sum from 1 and still be read.
TOLERANCE = 0.02
_FORMATS = "MEME, JASPAR, TRANSFAC or HOMER files"


def read_motifs(path: str | Path) -> list[Motif]:
    """Return the motifs of a MEME, JASPAR, TRANSFAC or HOMER file, in its order; the content decides the format.

    Raises:
        InputError: for a file that cannot be read, is not text, has none of these formats or no motif, and for a motif
            without positions, with positions that do not sum to 1 or are all zero, with every base equally likely
            everywhere, or with another's identifier; names file, line and motif.
    """
    return parse_motifs(_read_text(Path(path)), source=str(path))


def parse_motifs(text: str, *, source: str = "motifs") -> list[Motif]:
    """Return the motifs of a file's text, as `read_motifs`; `source` names it in error messages."""
    file = _File(source=source, lines=_significant_lines(text))
    if not file.lines:
        raise InputError(f"{source}: the file is empty; it should hold motifs ({_FORMATS})")
    motifs: list[Motif] = []
    first_line: dict[str, int] = {}
    for draft in _reader(file)(file):
        motifs.append(_finish(file, draft))
        key = draft.accession or draft.name
        if key in first_line:
            file.fail(draft.line, f"a second motif {key!r} (the first is at line {first_line[key]}); rename one")
        first_line[key] = draft.line
    if not motifs:
        raise InputError(f"{source}: no motif in the file")
    return motifs


_Line = tuple[int, str]  # its number, its text


@dataclass(frozen=True, kw_only=True)
class _File:
    source: str
    lines: list[_Line]

    def fail(self, line: int, message: str) -> NoReturn:
        raise InputError(f"{self.source}, line {line}: {message}")


@dataclass(kw_only=True)
class _Draft:
    """A motif as the file has it; rows are positions, four numbers each."""

    name: str
    line: int
    accession: str = ""
    sites: int | None = None  # None: the numbers may be counts
    width: int | None = None  # as announced
    decimals: bool = False
    rows: list[list[float]] = field(default_factory=list)


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is cut short or damaged; fetch it again") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file; motifs come as {_FORMATS}") from error
    if "\0" in text:
        raise InputError(f"{path}: not a text file; motifs come as {_FORMATS}")
    return text


def _significant_lines(text: str) -> list[_Line]:
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


def _reader(file: _File) -> Callable[[_File], Iterator[_Draft]]:
    number, first = file.lines[0]
    reader = None
    if any(line.startswith(("MEME version", "letter-probability matrix")) for _, line in file.lines):
        reader = _read_meme
    elif first.startswith(">"):
        reader = _read_homer if len(first.split("\t")) >= 3 else _read_jaspar
    elif any(re.match(r"P[0O]\s", line) for _, line in file.lines):
        reader = _read_transfac
    if reader is None:
        file.fail(number, f"{first[:40]!r} begins no motif file known here; motifs come as {_FORMATS}")
    return reader


def _numbers(file: _File, line: int, text: str) -> list[float]:
    try:
        values = [float(value) for value in text.split()]
    except ValueError:
        file.fail(line, f"numbers of a motif's matrix expected, found {text[:40]!r}")
    if not all(0 <= value < np.inf for value in values):
        file.fail(line, f"a number that is negative or not finite in {text[:40]!r}")
    return values


def _position(file: _File, line: int, text: str) -> list[float]:
    values = _numbers(file, line, text)
    if len(values) != 4:
        file.fail(line, f"{len(values)} numbers where a position has four, for A, C, G and T")
    return values


def _decimal(texts: Iterable[str]) -> bool:
    return any(re.search("[.eE]", text) for text in texts)


def _labels(text: str) -> tuple[str, str]:
    """(name, accession) of "accession name", or of a name alone."""
    first, _, rest = text.strip().partition(" ")
    return (rest.strip(), first) if rest.strip() else (first, "")


def _read_meme(file: _File) -> Iterator[_Draft]:
    draft: _Draft | None = None
    inside = False  # the rows of a letter-probability matrix
    for line, text in file.lines:
        if text.startswith("ALPHABET=") and text[9:].split() not in (["ACGT"], ["ACGU"]):
            file.fail(line, f"the alphabet is {text[9:].strip()!r}, not ACGT: these are not DNA motifs")
        if text.startswith("MOTIF") and text[5:6].isspace():
            if draft is not None:
                yield draft
            # MEME's own output goes on with "width = ..." behind the names.
            name, accession = _labels(re.split(r"\s+width\s*=", " ".join(text[5:].split()))[0])
            draft, inside = _Draft(name=name, accession=accession, line=line, sites=0), False
        elif text.startswith("letter-probability matrix"):
            if draft is None or draft.rows:
                file.fail(line, "a matrix without a MOTIF line of its own")
            facts = dict(re.findall(r"(\w+)\s*=\s*(\d+)", text))
            if int(facts.get("alength", 4)) != 4:
                file.fail(line, f"{facts['alength']} letters a position, not four: this is not a DNA motif")
            draft.sites, inside = int(facts.get("nsites", 0)), True
            draft.width = int(facts["w"]) if "w" in facts else None
        elif inside and draft is not None and re.match(r"(?i)[-+]?([.\d]|nan|inf)", text):
            draft.rows.append(_position(file, line, text))
        else:
            inside = False
    if draft is not None:
        yield draft


def _records(file: _File) -> Iterator[tuple[int, str, list[_Line]]]:
    """(line, header, body) of each record that begins with '>'."""
    starts = [i for i, (_, text) in enumerate(file.lines) if text.startswith(">")]
    for start, stop in zip(starts, [*starts[1:], len(file.lines)], strict=True):
        line, header = file.lines[start]
        yield line, header[1:], file.lines[start + 1 : stop]


def _read_homer(file: _File) -> Iterator[_Draft]:
    for line, header, body in _records(file):
        columns = [column.strip() for column in header.split("\t")]
        if len(columns) < 2:
            file.fail(line, "a HOMER motif begins with '>consensus', its name and a threshold, with tabs between them")
        facts = "\t".join(columns[2:])
        sites, accession = re.search(r"\bT:(\d+)", facts), re.search(r"\bID:(\S+)", facts)
        yield _Draft(
            name=columns[1],
            accession=accession[1] if accession else "",
            line=line,
            sites=int(sites[1]) if sites else 0,
            rows=[_position(file, number, text) for number, text in body],
        )


def _read_jaspar(file: _File) -> Iterator[_Draft]:
    records = list(_records(file))
    # A file whose motifs have other than four lines has a position a line.
    by_position = any(len(body) != 4 for _, _, body in records)
    for line, header, body in records:
        name, accession = _labels(header.replace("\t", " "))
        draft = _Draft(name=name, accession=accession, line=line, decimals=_decimal(text for _, text in body))
        rows = _lettered_rows(file, body)
        if rows or _rows_are_bases(file, body, by_position=by_position):
            draft.rows = _transposed(file, rows or body)
        else:
            draft.rows = [_position(file, number, text) for number, text in body]
        yield draft


def _lettered_rows(file: _File, body: list[_Line]) -> list[_Line]:
    """Numbers of rows such as 'A [ 4 0 12 ]', in the order A, C, G, T; none where the rows have no letters."""
    found = [re.match(r"([ACGTUacgtu])\b\s*[\[|:]?([^\]]*)\]?$", text) for _, text in body]
    rows = {
        match[1].upper().replace("U", "T"): (n, match[2]) for (n, _), match in zip(body, found, strict=True) if match
    }
    if rows and not (len(rows) == len(body) == 4):
        file.fail(body[0][0], "the rows of a matrix should be A, C, G and T, once each")
    return [rows[base] for base in ALPHABET] if rows else []


def _rows_are_bases(file: _File, body: list[_Line], *, by_position: bool) -> bool:
    """Whether lines without letters are the four bases, not positions; a 4 x 4 matrix shows it in its even sums."""
    if len(body) != 4:
        return False
    rows = [_numbers(file, number, text) for number, text in body]
    if any(len(row) != 4 for row in rows):
        return True
    across, down = (float(np.ptp(np.sum(rows, axis=axis))) for axis in (1, 0))
    return not by_position if across == down else down < across


def _transposed(file: _File, body: list[_Line]) -> list[list[float]]:
    rows = [_numbers(file, number, text) for number, text in body]
    for (number, _), row in zip(body, rows, strict=True):
        if len(row) != len(rows[0]):
            file.fail(number, f"{len(row)} numbers where the row of A has {len(rows[0])}")
    return [list(position) for position in zip(*rows, strict=True)]


def _read_transfac(file: _File) -> Iterator[_Draft]:
    labels: dict[str, str] = {}
    draft: _Draft | None = None
    order: list[int] = []
    for line, text in file.lines:
        tag, _, rest = text.replace("\t", " ").partition(" ")
        if draft is not None and tag in ("//", "AC", "ID", "P0", "PO"):
            yield draft
            labels, draft = {}, None
        elif labels and tag == "//":
            file.fail(line, f"motif {' '.join(labels.values())!r} ends without a matrix")
        if tag in ("AC", "ID", "NA"):
            labels[tag] = rest.strip()
        elif tag in ("P0", "PO"):
            letters = rest.upper().split()
            if sorted(letters) != sorted(ALPHABET):
                file.fail(line, f"the columns are {' '.join(letters)!r}, not A, C, G and T")
            order = [letters.index(base) for base in ALPHABET]
            name, accession = labels.get("NA") or labels.get("ID"), labels.get("AC", "")
            draft = _Draft(name=name or accession, accession=accession if name else "", line=line)
        elif draft is not None and tag.isdigit():
            fields = rest.split()
            values = _position(file, line, " ".join(fields[:4]))  # a consensus letter may follow
            draft.rows.append([values[i] for i in order])
            draft.decimals |= _decimal(fields[:4])
    if draft is not None:
        yield draft


def _finish(file: _File, draft: _Draft) -> Motif:
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
    counts = draft.sites is None and not (draft.decimals and abs(float(np.median(sums)) - 1) <= TOLERANCE)
    off = np.flatnonzero(sums < 1 - TOLERANCE if counts else abs(sums - 1) > TOLERANCE)
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
