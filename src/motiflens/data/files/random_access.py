"""Pieces of a genome without reading all of it: FASTA with an index (.fai, of bgzip also .gzi), and 2bit."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

from motiflens.data.files.genome_windows import Windows, windows_of_letters
from motiflens.data.files.source import input_errors
from motiflens.errors import InputError

TWO_BIT = ".2bit"


@dataclass(frozen=True, kw_only=True)
class IndexedChromosome:
    """A chromosome whose letters are fetched where they are asked for."""

    name: str
    length: int
    path: str
    fetch: Callable[[str, int, int], str]

    def __len__(self) -> int:
        return self.length

    def windows(self, starts: Int64[np.ndarray, " n"], width: int) -> Windows:
        """The windows [start, start + width), all of which lie on the chromosome.

        Raises InputError for a letter that is not DNA.
        """
        texts = "".join(self.fetch(self.name, start, start + width) for start in starts.tolist())
        letters = np.frombuffer(texts.encode("latin-1", "replace"), np.uint8).reshape(len(starts), width)
        return windows_of_letters(letters, starts, name=self.name, path=self.path)


@contextmanager
def open_indexed(path: str) -> Iterator[Iterator[IndexedChromosome] | None]:
    """Open a genome for reading at random; None where it has no index that is as new as the file.

    No index is written. Raises InputError for a file that cannot be read.
    """
    if path.lower().endswith(TWO_BIT):
        with _opened_two_bit(path) as genome:
            yield (
                IndexedChromosome(name=name, length=length, path=path, fetch=genome.sequence)
                for name, length in genome.chroms().items()
            )
        return
    if not _has_index(path):
        yield None
        return
    try:
        import pysam
    except ImportError:  # no wheels on Windows: the file is read from end to end
        yield None
        return
    pysam.set_verbosity(0)
    with input_errors(path), pysam.FastaFile(path) as genome:
        yield (
            IndexedChromosome(name=name, length=length, path=path, fetch=genome.fetch)
            for name, length in zip(genome.references, genome.lengths, strict=True)
        )


def two_bit_chromosomes(path: str) -> Iterator[tuple[str, bytes]]:
    """Names and letters of the chromosomes of a 2bit file, one in memory at a time; lower case is soft-masked."""
    with _opened_two_bit(path) as genome:
        for name in genome.chroms():
            yield name, genome.sequence(name).encode("ascii")


@contextmanager
def _opened_two_bit(path: str) -> Iterator[Any]:
    try:
        import py2bit
    except ImportError:
        raise InputError(f"{path}: needs the package py2bit (pip install py2bit), or the genome as FASTA") from None
    with input_errors(path), open(path, "rb") as file:
        magic = file.read(4)
    if magic not in (b"\x43\x27\x41\x1a", b"\x1a\x41\x27\x43"):
        raise InputError(f"{path}: is named .2bit but is none; give a 2bit or FASTA file")
    try:
        genome = py2bit.open(path, True)  # with the soft mask
    except RuntimeError:
        raise InputError(f"{path}: is a damaged 2bit file; copy or download it again") from None
    try:
        yield genome
    finally:
        genome.close()


def _has_index(path: str) -> bool:
    indices = [Path(f"{path}.fai")]
    if path.lower().endswith(("gz", "bgz")):
        indices.append(Path(f"{path}.gzi"))
    try:
        return all(os.stat(index).st_mtime >= os.stat(path).st_mtime for index in indices)
    except OSError:
        return False
