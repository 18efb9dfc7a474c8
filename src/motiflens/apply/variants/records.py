"""Files of variants as records: VCF and BCF, tables of variants, and tables of sequence pairs."""

import csv
import gzip
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from motiflens.data.files.source import GZIP_MAGIC, STDIN, input_errors, open_input
from motiflens.errors import InputError

Kind = Literal["vcf", "table", "pairs"]

_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")  # the empty last block of bgzip
_FIXED = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_NAMES = {"chromosome": "chrom", "chr": "chrom", "position": "pos"}
_WANTED = "a VCF has a line that begins with #CHROM, a table a first line with chrom, pos, ref, alt (or ref, alt)"


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a file; `alts` in upper case as `ref`, `start` 0-based. Of a pair, both are whole sequences."""

    text: str
    contig: str
    start: int
    ref: str
    alts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VariantFile:
    """An opened file of variants: its kind, its header as it stands there, and its records, to be read once.

    `columns` are those of a table, by the names that are looked for, and `delimiter` stands between them.
    """

    path: str
    kind: Kind
    header: tuple[str, ...]
    records: Iterator[Record]
    columns: tuple[str, ...] = ()
    delimiter: str = "\t"


@contextmanager
def open_variants(path: str) -> Iterator[VariantFile]:
    """Open a VCF or BCF (plain, gzip, bgzip), a table of variants or one of sequence pairs; "-" is standard input.

    Raises:
        InputError: the file cannot be read, is cut off, has no header or a line that is none of its kind; at the
            latest when the record is reached.
    """
    with ExitStack() as stack:
        place = stack.enter_context(_spooled(path)) if path == STDIN else path
        if _is_bcf(place, path):
            lines = stack.enter_context(_bcf_lines(place, path))
        else:
            stream = stack.enter_context(open_input(place)).stream
            lines = (line.decode("utf-8", "surrogateescape").rstrip("\r\n") for line in stream)
        yield _opened(path, lines)


@contextmanager
def _spooled(path: str) -> Iterator[str]:
    """Standard input, from a file where it is packed: what it is can then be seen before it is read."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("-: standard input is closed; name a file, or send it one with < or |")
    if cast(IO[bytes], sys.stdin.buffer).peek(2)[:2] != GZIP_MAGIC:  # type: ignore[attr-defined]
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".vcf.gz") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        file.flush()
        yield file.name


def _is_bcf(place: str, path: str) -> bool:
    """Return whether a file is BCF. Raises InputError for a bgzip file without its end."""
    if place == STDIN:
        return False
    with input_errors(path), open(place, "rb") as file:
        head = file.read(18)
        if head[:3] == b"BCF":
            return True
        if not head.startswith(GZIP_MAGIC):
            return False
        if head[12:14] == b"BC":
            file.seek(max(-len(_END), -file.seek(0, 2)), 2)
            if file.read() != _END:
                raise InputError(f"{path}: the bgzip file is cut off; copy or download it again")
        with gzip.open(place, "rb") as unpacked:
            return unpacked.read(3) == b"BCF"


@contextmanager
def _bcf_lines(place: str, path: str) -> Iterator[Iterator[str]]:
    try:
        import pysam
    except ImportError:
        raise InputError(f"{path}: BCF needs pysam, which this system has not; convert it to VCF") from None
    pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(place) as file:
            yield _texts(file, path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is a damaged BCF file ({error}); copy or download it again") from None


def _texts(file: "Iterator[object]", path: str) -> Iterator[str]:
    yield from str(file.header).splitlines()  # type: ignore[attr-defined]
    try:
        for record in file:
            yield str(record).rstrip("\n")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: is a damaged BCF file ({error}); copy or download it again") from None


def _opened(path: str, lines: Iterator[str]) -> VariantFile:
    header: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("##"):
            header.append(line)
            continue
        names = line.split("\t")
        if tuple(names[:8]) == _FIXED:
            header.append(line)
            records = _vcf_records(path, lines, number)
            return VariantFile(path=path, kind="vcf", header=tuple(header), records=records)
        return _table(path, line, lines)
    raise InputError(f"{path}: has no header: {_WANTED}")


def _vcf_records(path: str, lines: Iterator[str], above: int) -> Iterator[Record]:
    for number, line in enumerate(lines, above + 1):
        if not line:
            continue
        fields = line.split("\t", 8)
        if len(fields) < 8:
            raise InputError(
                f"{path}: line {number} has {len(fields)} columns where VCF has at least 8; separate them by tabs"
            )
        alt = fields[4].upper()
        yield Record(
            line,
            fields[0],
            _position(path, number, fields[1]),
            fields[3].upper(),
            () if alt in (".", "") else tuple(alt.split(",")),
        )


def _position(path: str, number: int, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise InputError(f"{path}: line {number} has the position {text[:20]!r}, which is no whole number")
    return int(text) - 1


def _table(path: str, first: str, lines: Iterator[str]) -> VariantFile:
    delimiter = "\t" if "\t" in first else ","
    names = next(csv.reader([first], delimiter=delimiter), [])
    columns = tuple(_NAMES.get(name, name) for name in (name.lower().lstrip("#").strip() for name in names))
    located = {"chrom", "pos"} & set(columns)
    if not {"ref", "alt"} <= set(columns) or len(located) == 1:
        raise InputError(f"{path}: has no header: {_WANTED}; it begins with {first[:40]!r}")
    rows = _rows(path, lines, delimiter, len(columns))
    kind: Kind = "table" if located else "pairs"
    records = (_table_record(path, row, columns, kind) for row in rows)
    return VariantFile(path=path, kind=kind, header=(first,), records=records, columns=columns, delimiter=delimiter)


def _rows(path: str, lines: Iterator[str], delimiter: str, count: int) -> Iterator[tuple[int, str, list[str]]]:
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        fields = next(csv.reader([line], delimiter=delimiter))
        if len(fields) != count:
            raise InputError(f"{path}: line {number} has {len(fields)} columns where the header has {count}")
        yield number, line, fields


def _table_record(path: str, row: tuple[int, str, list[str]], columns: tuple[str, ...], kind: Kind) -> Record:
    number, line, fields = row
    value = {name: field.strip() for name, field in zip(columns, fields, strict=True)}
    alt = value["alt"].upper()
    alts = () if alt in (".", "") else tuple(alt.split(","))
    if kind == "pairs":
        return Record(line, "", number, value["ref"].upper(), alts)
    return Record(line, value["chrom"], _position(path, number, value["pos"]), value["ref"].upper(), alts)


def is_vcf_name(path: Path) -> bool:
    """Return whether a file is VCF by its name, plain or bgzip."""
    return path.name.lower().endswith((".vcf", ".vcf.gz", ".vcf.bgz"))
