"""Inputs as people hand them in: what is read right, what is refused with a remedy, and what goes wrong.

    python benchmarks/inputs.py

Each input is made here, so that the right answer is known: tables in every dialect, FASTA, BED and its relatives, motif
collections, labels and objects of Python programs. An input that should be read is right where it gives the known
sequences, labels, windows or matrix; one that should be refused where one line names the file and says what to do.
Prints a JSON line a kind: how many inputs, how many were read right and refused, and which are `wrong`.
"""

import argparse
import bz2
import gzip
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord
from results import Recorder, add_out

from motiflens.data.files.intervals import read_intervals
from motiflens.data.memory import label_values, sequence_texts
from motiflens.data.peaks import read_peaks
from motiflens.data.read import read_dataset
from motiflens.errors import InputError
from motiflens.motifs.parse import read_collection
from motiflens.sequence.alphabet import decode

RNG = np.random.default_rng(0)
SEQUENCES = ["".join(row) for row in RNG.choice(list("ACGT"), (24, 30))]
LABELS = ["no", "yes"] * 12
IDS = [f"g{i}" for i in range(24)]
MATRIX = np.array([[0.7, 0.1, 0.1, 0.1], [0.0, 1.0, 0.0, 0.0], [0.2, 0.2, 0.2, 0.4]])
REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input: its kind, a name, what reads it, and what should come of it (REFUSED, or the value)."""

    kind: str
    name: str
    read: Callable[[Path], Any]
    expected: Any


def written(name: str, content: str | bytes) -> Callable[[Path], Path]:
    """A function that writes the content into a folder and returns the file."""

    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def of_file(name: str, content: str | bytes, reader: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """A reading of a file of this name and content."""
    write = written(name, content)
    return lambda folder: reader(write(folder))


def of_value(value: Any, reader: Callable[[Any], Any]) -> Callable[[Path], Any]:
    """A reading of an object."""
    return lambda _: reader(value)


def table_of(path: Path) -> Any:
    """Ids, sequences and labels of a table."""
    data = read_dataset([str(path)])
    return data.ids.tolist(), [decode(row) for row in data.codes], [data.classes[k] for k in data.labels]


def table_text(
    mark: str, quote: str, end: str, *, labels: list[str] | None = None, note: Mapping[int, str] | None = None
) -> str:
    rows = [["id", "sequence", "label", "note"]]
    rows += [
        [name, text, label, (note or {}).get(i, "x")]
        for i, (name, text, label) in enumerate(zip(IDS, SEQUENCES, labels or LABELS, strict=True))
    ]
    return "".join(mark.join(f"{quote}{field}{quote}" for field in row) + end for row in rows)


def tables() -> Iterator[Input]:
    truth = (IDS, SEQUENCES, LABELS)
    marks = {"comma": ",", "tab": "\t", "semicolon": ";", "bar": "|"}
    ends = {"Unix": "\n", "Windows": "\r\n", "old Mac": "\r"}
    for mark, quote, end, head, zipped in itertools.product(marks, ("", '"'), ends, ("", "\ufeff"), (False, True)):
        content = (head + table_text(marks[mark], quote, ends[end])).encode()
        name = f"t.{'tsv' if mark == 'tab' else 'csv'}{'.gz' * zipped}"
        content = gzip.compress(content) if zipped else content
        label = f"{mark}, {'quoted' if quote else 'plain'}, {end}{', BOM' * bool(head)}{', gzip' * zipped}"
        yield Input(kind="table, dialect", name=label, read=of_file(name, content, table_of), expected=truth)
    extra: dict[str, tuple[str, str | bytes, Any]] = {
        "Excel's sep= line": ("t.csv", "sep=;\n" + table_text(";", "", "\n"), truth),
        "comments above": ("t.tsv", "# made by\n" + table_text("\t", "", "\n"), truth),
        "rows of commas at the end": ("t.csv", table_text(",", "", "\n") + ",,,\n", truth),
        "quotes in the notes of a TSV": ("t.tsv", table_text("\t", "", "\n", note={3: '"a', 9: 'b"'}), truth),
        "an inch in a CSV": ("t.csv", table_text(",", "", "\n", note={3: '5" nail'}), truth),
        "a note of two lines": ("t.csv", table_text(",", "", "\n", note={3: '"a\nb"'}), truth),
        "a quote over rows of a CSV": ("t.csv", table_text(",", "", "\n", note={3: '"a', 9: 'b"'}), REFUSED),
        "a quote without end": ("t.csv", table_text(",", "", "\n", note={3: '"a'}), REFUSED),
        "R's row names without a header": ("t.csv", table_text(",", "", "\n").replace("id,", "", 1), REFUSED),
        "an Excel file": ("t.csv", b"PK\x03\x04\0\0", REFUSED),
        "UTF-16": ("t.csv", table_text(",", "", "\n").encode("utf-16"), REFUSED),
        "Latin-1": ("t.csv", table_text(",", "", "\n", note={3: "ä"}).encode("latin-1"), REFUSED),
        "bzip2": ("t.csv", bz2.compress(table_text(",", "", "\n").encode()), REFUSED),
        "no header": ("t.csv", "\n".join(f"{s},{x}" for s, x in zip(SEQUENCES, LABELS, strict=True)), REFUSED),
    }
    for label, (name, made, expected) in extra.items():
        yield Input(kind="table, dialect", name=label, read=of_file(name, made, table_of), expected=expected)


def labels() -> Iterator[Input]:
    def classes(path: Path) -> Any:
        return read_dataset([str(path)]).classes

    for word in ("NA", "nan", "NaN", "N/A", "#N/A", "<NA>", "NULL", "None", "\\N", ""):
        given = [word, *LABELS[1:]]
        content = table_text(",", "", "\n", labels=given)
        yield Input(
            kind="labels", name=f"missing as {word!r}", read=of_file("t.csv", content, classes), expected=REFUSED
        )
    one = {
        "1 and 1.0": (["1", "1.0", "0"], ("0", "1")),
        "+1 and -1": (["+1", "-1", "1"], ("-1", "1")),
        "0.0 and -0.0": (["0.0", "-0.0", "1"], ("0", "1")),
        "True beside 1": (["True", "1", "0"], ("0", "1")),
        "none and null": (["none", "null", "none"], ("none", "null")),
        "007": (["007", "8", "8"], ("007", "8")),
    }
    for name, (words, expected) in one.items():
        content = table_text(",", "", "\n", labels=words * 8)
        read = of_file("t.csv", content, _classes_of_any_size)
        yield Input(kind="labels", name=name, read=read, expected=expected)
    for name, words in {"measurements": [f"{x:.2f}" for x in np.linspace(0, 3, 24)], "names": IDS}.items():
        yield Input(
            kind="labels",
            name=name,
            read=of_file("t.csv", table_text(",", "", "\n", labels=words), classes),
            expected=REFUSED,
        )


def _classes_of_any_size(path: Path) -> tuple[str, ...]:
    from motiflens.data.collect import collect

    return collect([str(path)]).classes


def fasta() -> Iterator[Input]:
    def read(path: Path) -> Any:
        from motiflens.data.read import read_sequences

        return [(record.id, record.sequence.upper().replace("U", "T")) for record in read_sequences(str(path))]

    truth = list(zip(IDS, SEQUENCES, strict=True))
    dresses: dict[str, Callable[[str], str]] = {
        "plain": str,
        "lower case": str.lower,
        "RNA": lambda s: s.replace("T", "U"),
        "wrapped": lambda s: s[:9] + "\n" + s[9:],
    }
    for (dress, change), end, zipped in itertools.product(dresses.items(), ("\n", "\r\n", "\r"), (False, True)):
        content = "".join(f">{name} words\n{change(text)}\n" for name, text in truth).replace("\n", end).encode()
        label = f"{dress}, {end!r}{', gzip' * zipped}"
        yield Input(
            kind="FASTA",
            name=label,
            read=of_file("s.fa" + ".gz" * zipped, gzip.compress(content) if zipped else content, read),
            expected=truth,
        )
    bad = {
        "FASTQ": "@a\nACGT\n+\nIIII\n",
        "GenBank": "LOCUS x\n",
        "BED": "chr1\t1\t9\n",
        "nothing": "",
        "PDF": "%PDF\0",
    }
    for name, text in bad.items():
        yield Input(kind="FASTA", name=name, read=of_file("s.fa", text, read), expected=REFUSED)


def intervals() -> Iterator[Input]:
    peaks = [("chr1", 1000 + 700 * i, 1200 + 701 * i, f"p{i}", i, ".", 5.5, 12.1, 9.0, 60 + 7 * i) for i in range(9)]
    summits = [row[1] + row[9] for row in peaks]

    def text(rows: list[Any], mark: str = "\t") -> str:
        return "\n".join(mark.join(map(str, row)) for row in rows)

    def summit(path: Path) -> Any:
        return read_intervals(str(path)).summit.tolist()

    none = [-1] * 9
    for more in ((), (3,), ("x", 1, 2), ("", "")):
        for name in ("p.narrowPeak", "p.bed"):
            rows = [(*row, *more) for row in peaks]
            yield Input(
                kind="BED", name=f"{name} with {more}", read=of_file(name, text(rows), summit), expected=summits
            )
    for tenth in (range(9), [0] * 9, ["x"] * 9, range(0, 900, 100)):
        for name in ("p.broadPeak", "p.bed"):
            rows = [(*row[:9], x) for row, x in zip(peaks, tenth, strict=True)]
            yield Input(
                kind="BED", name=f"{name} and {list(tenth)[:3]}", read=of_file(name, text(rows), summit), expected=none
            )

    def place(path: Path) -> Any:
        found = read_intervals(str(path))
        return found.chromosome.tolist(), found.start.tolist(), found.end.tolist()

    good = {
        "spaces": "chr1 100 200",
        "Windows": "chr1\t100\t200\r\n",
        "track lines": "track x\nbrowser y\n#z\nchr1\t100\t200",
        "quotes": '"chr1"\t100\t200',
        "1e+02": "chr1\t1e+02\t2e+02",
        "100.0": "chr1\t100.0\t200.0",
        "a header": "chrom\tstart\tend\nchr1\t100\t200",
        "R's strand": "chr1\t100\t200\tx\t0\t*",
        "BOM": "\ufeffchr1\t100\t200",
    }
    for name, content in good.items():
        yield Input(kind="BED", name=name, read=of_file("p.bed", content, place), expected=(["chr1"], [100], [200]))
    bad = {
        "GFF": "chr1\tx\tgene\t100\t200\t.\t+\t.\ty",
        "MACS .xls": "chr\tstart\tend\tlength\tpileup\nchr1\t100\t200\t100\t5",
        "GRanges": "seqnames\tstart\tend\twidth\nchr1\t100\t200\t101",
        "commas": "chr1,100,200",
        "FASTA": ">chr1\nACGT",
        "two columns": "chr1\t100",
        "reversed": "chr1\t200\t100",
    }
    for name, content in bad.items():
        yield Input(kind="BED", name=name, read=of_file("p.bed", content, place), expected=REFUSED)
    genome = "".join(np.random.default_rng(1).choice(list("ACGT"), 4000))

    def anchors(width: int, path: Path) -> Any:
        (path.parent / "g.fa").write_text(f">c\n{genome}\n")
        data = read_peaks(str(path), str(path.parent / "g.fa"), length=width, negatives="shuffled")
        turned = str.maketrans("ACGT", "TGCA")
        rows = zip(data.codes, data.ids.tolist(), data.labels.tolist(), strict=True)
        return {
            decode(codes)[width // 2]
            == (genome[1000 if "(+)" in name else 2000].translate(turned if "(-)" in name else {}))
            for codes, name, label in rows
            if label
        }

    stranded = "c\t1000\t1001\tx\t0\t+\nc\t2000\t2001\tx\t0\t-\n"
    for width in (40, 41, 200, 201):
        read = of_file("t.bed", stranded, partial(anchors, width))
        yield Input(kind="BED", name=f"either strand, {width} bp", read=read, expected={True})


def motif_files() -> Iterator[Input]:
    rows = ["\t".join(map(str, row)) for row in MATRIX]
    columns = ["\t".join(map(str, row)) for row in MATRIX.T]
    numbered = "\n".join(f"{i}\t{row}" for i, row in enumerate(rows, 1))
    texts = {
        "MEME": "MEME version 4\nMOTIF a\nletter-probability matrix: alength= 4 w= 3\n" + "\n".join(rows),
        "JASPAR": ">MA1.1 a\n" + "\n".join(f"{x} [ {r} ]" for x, r in zip("ACGT", columns, strict=True)),
        "JASPAR without letters": ">MA1.1 a\n" + "\n".join(columns),
        "TRANSFAC": "AC  M1\nXX\nID  a\nP0 A C G T\n" + numbered + "\nXX\n//",
        "STAMP": "DE\ta\n" + "\n".join(f"{i}\t{r}\tN" for i, r in enumerate(rows)) + "\nXX",
        "HOMER": ">ACT\ta\t5.5\n" + "\n".join(rows),
        "ENCODE": ">a_disc1 a_K562\n" + "\n".join(f"{x} {r}" for x, r in zip("ACT", rows, strict=True)),
        "CIS-BP": f"TF\tT1\nTF Name\ta\nMotif\tM1\nPos\tA\tC\tG\tT\n{numbered}",
        "UniPROBE": "Protein: a\n" + "\n".join(f"{x}:\t{r}" for x, r in zip("ACGT", columns, strict=True)),
        "RSAT": "; a matrix\n" + "\n".join(f"{x} | {r}" for x, r in zip("acgt", columns, strict=True)) + "\n//",
        "cluster-buster": ">a\n" + "\n".join(rows),
        "four rows": "\n".join(columns),
        "four columns": "\n".join(rows),
        "with a flawed one": ">bad\n1 2 x 4\n>a\n" + "\n".join(rows),
    }

    def matrix(path: Path) -> Any:
        return read_collection(path).motifs[0].probabilities.T.round(6).tolist()

    for (name, content), zipped, end in itertools.product(texts.items(), (False, True), ("\n", "\r\n")):
        raw = content.replace("\n", end).encode()
        label = f"{name}{', gzip' * zipped}{', Windows' * (end != chr(10))}"
        yield Input(
            kind="motif file",
            name=label,
            read=of_file("m.txt", gzip.compress(raw) if zipped else raw, matrix),
            expected=MATRIX.tolist(),
        )
    for total in (0.98, 0.99, 1.01, 1.02):
        content = f"MEME version 4\nMOTIF a\nletter-probability matrix: w= 2\n1 0 0 0\n.2 .3 .1 {total - 0.6:.2f}\n"
        read = of_file("m.txt", content, lambda path: read_collection(path).motifs[0].width)
        yield Input(kind="motif file", name=f"a sum of {total}", read=read, expected=2)
    bad = {
        "XML": "<?xml version='1.0'?><MEME/>",
        "AlignACE": "AlignACE 4.0\n",
        "FASTA": ">a\nACGTACGT\n",
        "a table": "Motif\tFactor\n",
        "log odds": ">a\n-1 0.3 0.1 2\n",
        "HOMER, a row in the header": ">A\tm\t7.6280.1\t0.7\n" + rows[0],
        "protein": "MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n",
    }
    for name, content in bad.items():
        yield Input(kind="motif file", name=name, read=of_file("m.txt", content, matrix), expected=REFUSED)


def objects() -> Iterator[Input]:
    some = SEQUENCES[:5]
    good: dict[str, Any] = {
        "list": some,
        "tuple": tuple(some),
        "numpy": np.array(some),
        "numpy objects": np.array(some, object),
        "numpy bytes": np.array(some, "S"),
        "(n, 1)": np.array(some)[:, None],
        "letters (n, length)": np.array([list(s) for s in some]),
        "bytes": [s.encode() for s in some],
        "Seq": [Seq(s) for s in some],
        "SeqRecord": [SeqRecord(Seq(s)) for s in some],
        "Series": pd.Series(some, index=range(5, 10)),
        "category": pd.Series(some, dtype="category"),
        "data frame": pd.DataFrame({"x": some}),
        "data frame of two": pd.DataFrame({"n": range(5), "sequence": some}),
        "line ends": [f"{s}\n" for s in some],
    }
    for name, value in good.items():
        yield Input(kind="sequences in Python", name=name, read=of_value(value, sequence_texts), expected=some)
    bad: dict[str, Any] = {
        "one string": some[0],
        "None": None,
        "numbers": [1, 2],
        "one-hot": np.zeros((5, 4, 30)),
        "NaN among them": [*some, float("nan")],
        "None among them": [*some, None],
        "a dict": {"a": some[0]},
        "two columns": pd.DataFrame({"a": some, "b": some}),
        "a Seq": Seq(some[0]),
    }
    for name, value in bad.items():
        yield Input(kind="sequences in Python", name=name, read=of_value(value, sequence_texts), expected=REFUSED)
    equal: dict[str, Any] = {
        "True and 1": [True, 1, 0],
        "1.0 and 1": [1.0, 1, 0],
        "-0.0": [0.0, -0.0, 1.0],
        "column": np.array([[1], [0], [1]]),
        "objects": np.array([True, 1, 0], object),
        "Series": pd.Series([1, 0, 1], index=[7, 8, 9]),
    }
    for name, value in equal.items():
        yield Input(
            kind="labels in Python",
            name=name,
            read=of_value(value, lambda given: label_values(given).names),
            expected=("0", "1"),
        )
    for name, value in {
        "None": None,
        "one-hot": np.eye(3),
        "NaN": [1.0, float("nan")],
        "mixed": ["a", 1],
        "measured": np.linspace(0, 1, 50),
    }.items():
        yield Input(kind="labels in Python", name=name, read=of_value(value, label_values), expected=REFUSED)


def outcome(given: Input) -> str:
    """ "right", or what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = given.read(Path(folder))
        except InputError as error:
            if "\n" in str(error):
                return f"a message of several lines: {error}"
            return "right" if given.expected == REFUSED else f"refused: {error}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    if isinstance(given.expected, str) and given.expected == REFUSED:
        return "read"
    return "right" if found == given.expected else "read wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_out(parser)
    record = Recorder(parser.parse_args().out)
    makers = (tables, labels, fasta, intervals, motif_files, objects)
    inputs = [given for maker in makers for given in maker()]
    for kind in dict.fromkeys(given.kind for given in inputs):
        mine = [(given, outcome(given)) for given in inputs if given.kind == kind]
        refused = sum(isinstance(given.expected, str) and given.expected == REFUSED for given, _ in mine)
        record(
            {
                "kind": kind,
                "inputs": len(mine),
                "to_read": len(mine) - refused,
                "to_refuse": refused,
                "wrong": [f"{given.name}: {said}"[:200] for given, said in mine if said != "right"],
            }
        )


if __name__ == "__main__":
    main()
