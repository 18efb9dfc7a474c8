"""Scored files: the VCF that came in with more fields, or a table."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import motiflens
from motiflens.apply.variants.block import Block
from motiflens.apply.variants.fields import MISSING, Field
from motiflens.apply.variants.records import VariantFile, is_vcf_name
from motiflens.errors import InputError

_TBI_END = 1 << 29  # last position that a .tbi index can hold
_SOURCE = "##motiflens="
_FORMAT = "##fileformat="


@dataclass(kw_only=True)
class Order:
    """Whether records are sorted, contig by contig, as an index needs them."""

    is_sorted: bool = True
    last: int = 0
    _contig: str = ""
    _position: int = -1
    _seen: set[str] = field(default_factory=set)

    def add(self, contig: str, position: int) -> None:
        """Note the next record."""
        if contig != self._contig:
            self.is_sorted &= contig not in self._seen
            self._seen.add(contig)
            self._contig, self._position = contig, -1
        self.is_sorted &= position >= self._position
        self._position, self.last = position, max(self.last, position)


class Layout:
    """How the lines of an output look, given the kinds of the files that go in and come out."""

    def __init__(
        self, source: VariantFile, fields: Sequence[Field], *, to_vcf: bool, contigs: dict[str, int], run: str
    ) -> None:
        self.source, self.fields, self.to_vcf = source, fields, to_vcf
        self._contigs, self._run = contigs, run
        self.order = Order()
        self._line: Callable[[str, list[list[str]]], Iterator[str]]
        if source.kind == "vcf":
            self._line = self._vcf_line if to_vcf else self._rows_of_vcf
        else:
            self._line = self._vcf_of_row if to_vcf else self._row

    def header(self) -> list[str]:
        """Return the lines above the records."""
        own = [one.header for one in self.fields] if self.to_vcf else []
        note = f"{_SOURCE}<Version={motiflens.__version__},Run={self._run}>"
        if self.to_vcf and self.source.kind == "vcf":
            names = tuple(f"##INFO=<ID={one.name}," for one in self.fields)
            kept = [line for line in self.source.header[:-1] if not line.startswith((*names, _SOURCE))]
            if not kept or not kept[0].startswith(_FORMAT):
                kept.insert(0, f"{_FORMAT}VCFv4.3")
            return [*kept, note, *own, self.source.header[-1]]
        if self.to_vcf:
            lengths = [f"##contig=<ID={name},length={length}>" for name, length in self._contigs.items()]
            columns = "\t".join(("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"))
            return [f"{_FORMAT}VCFv4.3", note, *lengths, *own, columns]
        named = [one.column for one in self.fields]
        if self.source.kind == "vcf":
            return ["\t".join(("chrom", "pos", "id", "ref", "alt", *named))]
        return [self._joined([*self._kept(self._split(self.source.header[0])), *named])]

    def lines(self, block: Block, columns: Sequence[Sequence[str]]) -> Iterator[str]:
        """Yield the lines of a block's records; `columns` hold the texts of each field, one for each allele."""
        bounds = block.bounds.tolist()
        for text, first, last in zip(block.texts, bounds[:-1], bounds[1:], strict=True):
            yield from self._line(text, [list(column[first:last]) for column in columns])

    def _info(self, values: list[list[str]]) -> str:
        nothing = [MISSING] * len(values[0])
        parts = [f"{one.name}={','.join(own)}" for one, own in zip(self.fields, values, strict=True) if own != nothing]
        return ";".join(parts) or MISSING

    def _vcf_line(self, text: str, values: list[list[str]]) -> Iterator[str]:
        fields = text.split("\t", 8)
        self.order.add(fields[0], int(fields[1]))
        info = fields[7]
        if "ML_" in info:  # of an earlier scoring
            own = tuple(f"{one.name}=" for one in self.fields)
            info = ";".join(part for part in info.split(";") if not part.startswith(own))
        added = self._info(values)
        fields[7] = added if info in (MISSING, "") else info if added == MISSING else f"{info};{added}"
        yield "\t".join(fields)

    def _rows_of_vcf(self, text: str, values: list[list[str]]) -> Iterator[str]:
        chrom, pos, name, ref, alts = text.split("\t", 5)[:5]
        for i, alt in enumerate(alts.split(",")):
            own = ["" if column[i] == MISSING else column[i] for column in values]
            yield "\t".join((chrom, pos, name, ref, alt, *own))

    def _row(self, text: str, values: list[list[str]]) -> Iterator[str]:
        fields, at = self._split(text), self.source.columns.index("alt")
        for i, alt in enumerate(fields[at].split(",")):
            own = ["" if column[i] == MISSING else column[i] for column in values]
            yield self._joined([*self._kept([*fields[:at], alt, *fields[at + 1 :]]), *own])

    def _kept(self, fields: list[str]) -> list[str]:
        """Return the fields of a row without those of an earlier scoring."""
        own = {one.column for one in self.fields}
        return [value for name, value in zip(self.source.columns, fields, strict=True) if name not in own]

    def _vcf_of_row(self, text: str, values: list[list[str]]) -> Iterator[str]:
        row = dict(zip(self.source.columns, (field.strip() for field in self._split(text)), strict=True))
        self.order.add(row["chrom"], int(row["pos"]))
        fixed = (row["chrom"], row["pos"], row.get("id") or MISSING, row["ref"], row["alt"] or MISSING)
        yield "\t".join((*fixed, MISSING, MISSING, self._info(values)))

    def _split(self, text: str) -> list[str]:
        return next(csv.reader([text], delimiter=self.source.delimiter))

    def _joined(self, fields: Sequence[str]) -> str:
        line = io.StringIO()
        csv.writer(line, delimiter="\t", lineterminator="").writerow(fields)
        return line.getvalue()


def check_output(out: Path, source: VariantFile) -> None:
    """Raise InputError for a name that says no format, and for VCF of sequences that have no place."""
    if not is_vcf_name(out) and out.suffix.lower() != ".tsv":
        raise InputError(f"{out}: name it .vcf, .vcf.gz or .tsv, which says how to write it")
    if is_vcf_name(out) and source.kind == "pairs":
        raise InputError(f"{out}: pairs of sequences have no place on a genome, which VCF needs; name it .tsv")


@contextmanager
def line_writer(path: Path, *, packed: bool) -> Iterator[Callable[[str], object]]:
    """Open a file for lines; `packed` is bgzip."""
    if not packed:
        with path.open("wb") as plain:
            yield lambda line: plain.write(_bytes(line))
        return
    try:
        import pysam
    except ImportError:
        raise InputError(f"{path}: bgzip needs pysam, which this system has not; name it .vcf") from None
    with pysam.BGZFile(str(path), "wb", None) as file:
        yield lambda line: file.write(_bytes(line))


def _bytes(line: str) -> bytes:
    return f"{line}\n".encode("utf-8", "surrogateescape")


def write_index(path: Path, order: Order) -> Path | None:
    """Write the index of a bgzip VCF beside it and return its path; None where the records are not sorted."""
    if not order.is_sorted:
        return None
    import pysam

    csi = order.last >= _TBI_END
    pysam.tabix_index(str(path), preset="vcf", force=True, csi=csi)
    return path.with_name(f"{path.name}.{'csi' if csi else 'tbi'}")
