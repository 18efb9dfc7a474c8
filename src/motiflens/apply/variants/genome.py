"""A genome read at random, a stretch at a time: what sorted variants need is fetched once."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from motiflens.data.files.random_access import TWO_BIT, IndexedChromosome, open_indexed
from motiflens.data.files.source import GZIP_MAGIC, input_errors
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode, encode_letters

_LONGEST = 1 << 22  # letters of a stretch
_GAP = 1 << 14  # letters between two places that are cheaper read than sought
_MARGIN = 1 << 10  # letters around a stretch, for alleles that are shifted


class Genome:
    """Letters of any place of a genome, as codes. One stretch is held."""

    def __init__(self, path: str, chromosomes: Iterator[IndexedChromosome]) -> None:
        self.path = path
        self._chromosomes = {one.name: one for one in chromosomes}
        self._held = ("", 0, np.empty(0, np.uint8))

    @property
    def lengths(self) -> dict[str, int]:
        """Length of each contig."""
        return {name: one.length for name, one in self._chromosomes.items()}

    def hold(self, name: str, start: int, end: int) -> None:
        """Fetch a stretch of a contig, with some letters around it, in one read; it is cut where it is too long."""
        begin = max(start - _MARGIN, 0)
        stop = min(end + _MARGIN, self._chromosomes[name].length, begin + 2 * _LONGEST)
        held, first, codes = self._held
        if name != held or begin < first or stop > first + len(codes):
            self._held = (name, begin, self._fetch(name, begin, stop))

    def codes(self, name: str, start: int, end: int) -> UInt8[np.ndarray, " letters"]:
        """Return letters start..end, which lie on the contig. Raises InputError for a letter that is not DNA."""
        held, first, codes = self._held
        if name == held and first <= start and end <= first + len(codes):
            return codes[start - first : end - first]
        return self._fetch(name, start, end)

    def letter(self, name: str, position: int) -> str:
        """Return one letter."""
        return decode(self.codes(name, position, position + 1))

    def _fetch(self, name: str, start: int, end: int) -> UInt8[np.ndarray, " letters"]:
        text = self._chromosomes[name].fetch(name, start, end)
        codes = encode_letters(text)
        if len(codes) != end - start:
            raise InputError(f"{self.path}: {name} is shorter than its index says; index it again: samtools faidx")
        if codes.max(initial=0) > 4:
            at = int(np.argmax(codes > 4))
            raise InputError(f"{self.path}: {name} has {text[at]!r} at position {start + at + 1}: not a DNA letter")
        return codes


def stretches(starts: Int64[np.ndarray, " n"], ends: Int64[np.ndarray, " n"]) -> Iterator[tuple[int, int, int]]:
    """Yield stretches that cover places sorted by start: first and last place (half-open), and where the last ends."""
    if not len(starts):
        return
    first, reach = 0, int(ends[0])
    for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        if start - reach > _GAP or end - int(starts[first]) > _LONGEST:
            yield first, i, reach
            first, reach = i, end
        reach = max(reach, end)
    yield first, len(starts), reach


@contextmanager
def open_random_genome(path: str) -> Iterator[Genome]:
    """Open a genome (FASTA, plain or bgzip, or 2bit) at random; without an index one is made in a temporary folder.

    Raises:
        InputError: it cannot be read, is gzip but not bgzip, or has an index older than itself.
    """
    with ExitStack() as stack:
        _check_index(path)
        chromosomes = stack.enter_context(open_indexed(path))
        if chromosomes is None:
            chromosomes = stack.enter_context(_indexed_elsewhere(path))
        genome = Genome(path, chromosomes)
        if not genome.lengths:
            raise InputError(f"{path}: holds no sequences; give a genome as FASTA or 2bit")
        yield genome


def _check_index(path: str) -> None:
    """Raise InputError where an index was made before the file that it describes was."""
    if path.lower().endswith(TWO_BIT):
        return
    with input_errors(path):
        written = Path(path).stat().st_mtime
        for suffix in (".fai", ".gzi"):
            index = Path(path + suffix)
            if index.is_file() and index.stat().st_mtime < written:
                raise InputError(f"{index}: is older than {path}; make it again: samtools faidx {path}")


@contextmanager
def _indexed_elsewhere(path: str) -> Iterator[Iterator[IndexedChromosome]]:
    try:
        import pysam
    except ImportError:
        raise InputError(f"{path}: reading a FASTA at random needs pysam; give the genome as 2bit") from None
    with input_errors(path), open(path, "rb") as file:
        head = file.read(18)
    packed = head.startswith(GZIP_MAGIC)
    if packed and head[12:14] != b"BC":
        raise InputError(f"{path}: is gzip, which cannot be read at random; pack it anew: gunzip, then bgzip")
    if not packed and not head.lstrip().startswith(b">"):
        raise InputError(f"{path}: is not FASTA: it begins with {head[:15]!r} where a '>' header is expected")
    with tempfile.TemporaryDirectory() as folder:
        fai, gzi = f"{folder}/genome.fai", f"{folder}/genome.gzi"
        try:
            pysam.faidx(path, "--fai-idx", fai, "--gzi-idx", gzi, catch_stdout=False)
            genome = pysam.FastaFile(path, filepath_index=fai, filepath_index_compressed=gzi if packed else None)
        except (pysam.utils.SamtoolsError, OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:150]
            raise InputError(f"{path}: cannot be indexed ({reason}); check that it is a whole FASTA file") from None
        with genome:
            names = zip(genome.references, genome.lengths, strict=True)
            yield (IndexedChromosome(name=n, length=k, path=path, fetch=genome.fetch) for n, k in names)
