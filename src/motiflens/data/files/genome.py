"""A genome as a stream of chromosomes (FASTA, plain, gzip or bgzip, or 2bit): one is in memory at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8

from motiflens.data.files.genome_windows import Windows, windows_of_letters
from motiflens.data.files.random_access import TWO_BIT, two_bit_chromosomes
from motiflens.data.files.source import OpenedFile, file_sha256, open_input
from motiflens.errors import InputError

_BLOCK = 1 << 22
_BLANK = b"\r\n\t "


@dataclass(frozen=True, kw_only=True)
class Chromosome:
    """A chromosome's letters (length,) as the file has them; lower case is soft-masked."""

    name: str
    letters: UInt8[np.ndarray, " length"]
    path: str

    def __len__(self) -> int:
        return len(self.letters)

    def windows(self, starts: Int64[np.ndarray, " n"], width: int) -> Windows:
        """The windows [start, start + width), all of which lie on the chromosome.

        Raises InputError for a letter that is not DNA.
        """
        letters = self.letters[starts[:, None] + np.arange(width)]
        return windows_of_letters(letters, starts, name=self.name, path=self.path)


@dataclass(frozen=True, kw_only=True)
class OpenedGenome:
    """A genome being read; `sha256` gives the file's fingerprint once all chromosomes are read."""

    chromosomes: Iterator[Chromosome]
    sha256: Callable[[], str]


@contextmanager
def open_genome(path: str) -> Iterator[OpenedGenome]:
    """Open a FASTA (plain, gzip or bgzip) or 2bit file for streaming; a FASTA header's first word is the name.

    It is read from end to end, so that no index is needed and none is written beside the file. Raises InputError for
    what is not FASTA, a header without a name, and a name that comes twice.
    """
    if path.lower().endswith(TWO_BIT):
        yield OpenedGenome(
            chromosomes=(
                Chromosome(name=name, letters=np.frombuffer(letters, np.uint8), path=path)
                for name, letters in two_bit_chromosomes(path)
            ),
            sha256=lambda: file_sha256(path),
        )
        return
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
