"""Every substitution of regions of a genome, as variants; and their effects as tracks, a base a track."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiflens.apply.variants.block import Block
from motiflens.apply.variants.contigs import Contigs
from motiflens.apply.variants.fields import suffixes_of
from motiflens.apply.variants.genome import Genome, open_random_genome
from motiflens.apply.variants.records import Record, VariantFile
from motiflens.data.files.intervals import read_intervals
from motiflens.errors import InputError
from motiflens.sequence.alphabet import ALPHABET, decode

_COLUMNS = "\t".join(("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"))


@dataclass(frozen=True, kw_only=True)
class AllSubstitutions:
    """Every substitution of the regions of BED files, in place of a file of variants."""

    beds: tuple[str, ...]

    def __str__(self) -> str:
        return " and ".join(self.beds)


@contextmanager
def open_substitutions(source: AllSubstitutions, genome_path: str) -> Iterator[VariantFile]:
    """Open the regions as a VCF of one record a position, by contig and position, each position once.

    Raises:
        InputError: a file cannot be read, or a region does not lie on the genome.
    """
    with open_random_genome(genome_path) as genome:
        regions = list(_regions(source.beds, genome))
        lengths = genome.lengths
        contigs = dict.fromkeys(name for name, _, _ in regions)
        header = ["##fileformat=VCFv4.3", *(f"##contig=<ID={name},length={lengths[name]}>" for name in contigs)]
        records = _records(regions, genome)
        yield VariantFile(path=str(source), kind="vcf", header=(*header, _COLUMNS), records=records)


def _regions(beds: Iterable[str], genome: Genome) -> Iterator[tuple[str, int, int]]:
    """Yield merged regions, sorted by contig and start."""
    contigs, lengths, found = Contigs(genome.lengths), genome.lengths, []
    for bed in beds:
        read = read_intervals(bed)
        rows = zip(read.chromosome.tolist(), read.start.tolist(), read.end.tolist(), strict=True)
        for number, (chromosome, start, end) in enumerate(rows, 1):
            name = contigs.find(str(chromosome))
            if name is None or end > lengths[name]:
                where = f"{chromosome}:{start}-{end}"
                raise InputError(f"{bed}: interval {number} ({where}) does not lie on the genome {genome.path}")
            found.append((name, start, end))
    last: tuple[str, int, int] | None = None
    for name, start, end in sorted(found):
        if last is not None and last[0] == name and start <= last[2]:
            last = (name, last[1], max(last[2], end))
            continue
        if last is not None:
            yield last
        last = (name, start, end)
    if last is not None:
        yield last


def _records(regions: Iterable[tuple[str, int, int]], genome: Genome) -> Iterator[Record]:
    others = {base: tuple(b for b in ALPHABET if b != base) for base in "ACGTN"}
    for name, start, end in regions:
        for at, ref in enumerate(decode(genome.codes(name, start, end)), start):
            alts = others[ref]
            text = "\t".join((name, str(at + 1), ".", ref, ",".join(alts), ".", ".", "."))
            yield Record(text, name, at, ref, alts)


def write_base_tracks(
    folder: Path, blocks: Iterable[Block], *, targets: tuple[str, ...], lengths: dict[str, int]
) -> list[str]:
    """Write the changes towards each base as bigWig files, a base each, as dynseq tracks take them; return their names.

    The value of the base that is there is 0; positions without a score have none.

    Raises:
        OSError: they cannot be written.
    """
    import pybigtools  # a shared library that only tracks need

    names = []
    for target, suffix in enumerate(suffixes_of(targets)):
        for base in ALPHABET:
            name = f"{suffix.removeprefix('_')}{'.' if suffix else ''}{base}.bw"
            entries = list(_entries(blocks, base, target))
            if not entries:
                continue
            if shutil.disk_usage(folder).free < 16 * len(entries):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            used = {chrom: lengths[chrom] for chrom in dict.fromkeys(entry[0] for entry in entries)}
            try:
                pybigtools.open(str(folder / name), "w").write(used, iter(entries))
            except Exception as error:  # the writer knows no finer class
                raise OSError(f"bigWig: {error}") from error
            names.append(name)
    return names


def _entries(blocks: Iterable[Block], base: str, target: int) -> Iterator[tuple[str, int, int, float]]:
    for block in blocks:
        for text, first, last in zip(block.texts, block.bounds[:-1].tolist(), block.bounds[1:].tolist(), strict=True):
            chrom, pos, _, ref, alts = text.split("\t", 5)[:5]
            deltas = block.delta[first:last, target]
            if np.isnan(deltas).any():
                continue
            value = 0.0 if ref == base else float(deltas[alts.split(",").index(base)])
            yield chrom, int(pos) - 1, int(pos), value
