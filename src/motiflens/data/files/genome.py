"""A genome FASTA as a stream of chromosomes, plain, gzip or bgzip: one chromosome is in memory at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from motiflens.data.files.source import OpenedFile, open_input
from motiflens.errors import InputError
from motiflens.sequence.alphabet import INVALID, count_gc, count_valid, encode_letters
from motiflens.shapes import Codes

_BLOCK = 1 << 22
_BLANK = b"\r\n\t "
_LOWER = ord("a")


@dataclass(frozen=True, kw_only=True)
class Chromosome:
    """A chromosome's letters (length,) as the file has them; lower case is soft-masked."""

    name: str
    letters: UInt8[np.ndarray, " length"]
    path: str

    def __len__(self) -> int:
        return len(self.letters)

    def windows(self, starts: Int64[np.ndarray, " n"], width: int) -> "Windows":
        """The windows [start, start + width), all of which lie on the chromosome.

        Raises InputError for a letter that is not DNA.
        """
        letters = self.letters[starts[:, None] + np.arange(width)]
        codes = encode_letters(letters.tobytes()).reshape(letters.shape).copy()
        if codes.max(initial=0) == INVALID:
            row, column = (int(i[0]) for i in np.nonzero(codes == INVALID))
            letter, position = chr(letters[row, column]), int(starts[row]) + column + 1
            raise InputError(
                f"{self.path}: {self.name} has {letter!r} at position {position}, which is not a DNA letter; "
                "give the genome as DNA"
            )
        return Windows(codes=codes, masked=(letters >= _LOWER).mean(axis=1))


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Codes (n, width) of pieces of a chromosome, and the share (n,) of each that is soft-masked."""

    codes: Codes
    masked: np.ndarray

    @property
    def gc(self) -> np.ndarray:
        """Share (n,) of G and C among the known letters."""
        return count_gc(self.codes) / np.maximum(count_valid(self.codes), 1)

    @property
    def unknown(self) -> np.ndarray:
        """Share (n,) of N."""
        return (self.codes == 4).mean(axis=1)


@dataclass(frozen=True, kw_only=True)
class OpenedGenome:
    """A genome being read; `sha256` gives the file's fingerprint once all chromosomes are read."""

    chromosomes: Iterator[Chromosome]
    sha256: Callable[[], str]


@contextmanager
def open_genome(path: str) -> Iterator[OpenedGenome]:
    """Open a FASTA file (plain, gzip or bgzip) for streaming; a chromosome's name is its header's first word.

    It is read from end to end, so that no index is needed and none is written beside the file. Raises InputError for
    what is not FASTA, a header without a name, and a name that comes twice.
    """
    with open_input(path) as opened:
        yield OpenedGenome(chromosomes=_chromosomes(opened), sha256=opened.sha256)


def _chromosomes(opened: OpenedFile) -> Iterator[Chromosome]:
    seen: set[str] = set()
    for header, letters in _records(opened):
        words = header.split(maxsplit=1)
        name = words[0].decode("utf-8", "backslashreplace") if words else ""
        if not name or name in seen:
            raise InputError(
                f"{opened.path}: the name {name[:40]!r} is empty or comes twice; name each chromosome once"
            )
        seen.add(name)
        yield Chromosome(name=name, letters=np.frombuffer(letters, np.uint8), path=opened.path)


def _records(opened: OpenedFile) -> Iterator[tuple[bytes, bytes]]:
    """Headers and letters, from large blocks: lines are too many to be handled one by one."""
    header: bytearray | None = None
    letters: list[bytes] = []
    in_header = False
    while block := opened.stream.read(_BLOCK):
        while block:
            if in_header and header is not None:
                line, end, block = _cut_line(block)
                header += line
                in_header = not end
                continue
            text, mark, block = block.partition(b">")
            letters.append(text.translate(None, _BLANK))
            if mark:
                if header is not None:
                    yield bytes(header), b"".join(letters)
                elif any(letters):
                    break
                header, letters, in_header = bytearray(), [], True
        if header is None and any(letters):
            start = b"".join(letters)[:30].decode("utf-8", "backslashreplace")
            raise InputError(f"{opened.path}: is not FASTA: it begins with {start!r} where a '>' header is expected")
    if header is None:
        raise InputError(f"{opened.path}: is empty; give a genome as FASTA")
    yield bytes(header), b"".join(letters)


def _cut_line(block: bytes) -> tuple[bytes, bool, bytes]:
    """The rest of a line, whether it ends in this block, and what follows."""
    ends = [i for i in (block.find(b"\n"), block.find(b"\r")) if i >= 0]
    if not ends:
        return block, False, b""
    return block[: min(ends)], True, block[min(ends) + 1 :]
