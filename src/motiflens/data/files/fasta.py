"""FASTA as a stream of records."""

from collections.abc import Iterable, Iterator

from motiflens.data.files.records import Record
from motiflens.data.files.source import OpenedFile
from motiflens.errors import InputError


def fasta_records(opened: OpenedFile) -> Iterator[Record]:
    """Records of a FASTA file; the id is the header's first word.

    Any line ends, blank lines, and blanks within or around a line are accepted. Raises InputError for text that is
    not FASTA, and a header without a name.
    """
    name: str | None = None
    lines: list[bytes] = []
    count = 0
    for line in _lines(opened.stream):
        if line.startswith(b">"):
            if name is not None:
                yield _record(name, lines)
            count += 1
            name = _name(line, count, opened.path)
            lines = []
        elif name is None:
            start = line[:30].decode("utf-8", "backslashreplace")
            raise InputError(f"{opened.path}: is not FASTA: it begins with {start!r} {_expected(line)}")
        else:
            lines.append(line)
    if name is None:
        raise InputError(f"{opened.path}: is empty; give a file with sequences")
    yield _record(name, lines)


def _lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    for raw in stream:
        for line in raw.splitlines():  # a lone carriage return ends a line too
            line = line.strip()
            if line:
                yield line


def _name(header: bytes, number: int, path: str) -> str:
    words = header[1:].split(maxsplit=1)
    if not words:
        raise InputError(f"{path}: record {number} has no name after '>'; give each record its own name")
    return words[0].decode("utf-8", "backslashreplace")


def _record(name: str, lines: list[bytes]) -> Record:
    # Latin-1 maps every byte to one letter, so that columns in messages stay right.
    return Record(name, b"".join(lines).translate(None, b" \t").decode("latin-1"))


def _expected(line: bytes) -> str:
    """What was expected, and what the file may be instead."""
    columns = line.split()
    if len(columns) > 2 and columns[1].isdigit() and columns[2].isdigit():
        return "where a '>' header is expected; of BED give also its genome, with --genome"
    if line.startswith(b"@"):
        return "as FASTQ does; convert it to FASTA (seqtk seq -A)"
    if line.startswith((b"LOCUS", b"ID   ")):
        return "as GenBank and EMBL files do; convert it to FASTA"
    return "where a '>' header is expected"
