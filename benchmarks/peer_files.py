"""Read the data files of other packages: what is read right, refused with a remedy, read wrong, and what crashes.

    python benchmarks/peer_files.py FOLDER

FOLDER holds the unpacked source packages of Biopython, gimmemotifs, scikit-bio, pybedtools, pyranges, bioframe and
MACS3 (`pip download --no-deps --no-binary :all: PACKAGE`). Every file of theirs that could be data goes to each of four
readers: sequences, a labelled table, intervals and motifs. What is read is compared with what Biopython, pandas or a
naive reading makes of the file; a refusal counts as helpful where one line names the file and the remedy, or what is
expected. Prints a JSON line a package and reader, with the files that were read wrong, refused without help, or that
crashed the reader.
"""

import argparse
import gzip
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from Bio import SeqIO, motifs
from results import Recorder, add_out

from motiflens.data.collect import collect
from motiflens.data.files.intervals import read_intervals
from motiflens.data.files.records import encode_records
from motiflens.data.read import read_sequences
from motiflens.errors import InputError
from motiflens.motifs.parse import read_collection
from motiflens.sequence.alphabet import decode

PACKAGES = ("biopython", "gimmemotifs", "scikit", "pybedtools", "pyranges", "bioframe", "macs3")
#: Files of these kinds are programs, pages and pictures, not data that somebody could hand in.
_NO_DATA = re.compile(
    r"\.(py|pyx|pxd|pyi|c|cpp|h|hpp|so|md|rst|rmd|ipynb|toml|cfg|yml|yaml|ini|in|lock|sh|bat|js|css|tex|dtd|png|svg|jpg|"
    r"gif|ico|pdf|html?|xsd|typed|sha256|sum|j2|jinja|r|cff|bib|woff2?|egg-info)$|(^|/)(PKG-INFO|LICENSE|Makefile|\.git)",
    re.IGNORECASE,
)
_LARGEST = 20_000_000  # bytes
_REMEDY = re.compile(r"; \w|come as|expected|has at least|has tabs|it is read as")
_TOLERANCE = 0.06  # Biopython rounds the counts of a motif without a number of sites


def data_files(folder: Path) -> Iterator[Path]:
    """Files of a package that could be data."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and not _NO_DATA.search(name) and path.stat().st_size < _LARGEST:
            yield path


def text_of(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig", "replace")


def plain(sequence: str) -> str:
    """A, C, G, T and N of a sequence."""
    return re.sub("[^ACGT]", "N", "".join(sequence.split()).upper().replace("U", "T"))


def sequences(path: Path) -> str:
    """Compare ids and letters with Biopython's."""
    found = list(read_sequences(str(path)))
    codes = [decode(encode_records([record], str(path)).codes) for record in found]
    text = text_of(path)
    if text.lstrip().startswith((">", ";")) or "\n>" in text[:10_000]:
        start = text.index(">")
        expected = [
            (r.id, plain(str(r.seq)))
            for r in SeqIO.parse(io.StringIO(text[start:].replace("\r", "\n")), "fasta")  # type: ignore[no-untyped-call]
        ]
    else:
        table = pd.read_csv(io.StringIO(text), sep=None, engine="python", dtype=str)
        expected = [(record.id, plain(row)) for record, row in zip(found, table["sequence"], strict=True)]
    return "" if [(r.id, c) for r, c in zip(found, codes, strict=True)] == expected else "other letters or ids"


def labelled(path: Path) -> str:
    """Compare sequences and labels with pandas'."""
    found = collect([str(path)])
    table = pd.read_csv(io.StringIO(text_of(path)), sep=None, engine="python", dtype=str)
    same = found.labels == table["label"].tolist()
    return "" if same and sum(len(part.ids) for part in found.parts) == len(table) else "other rows"


def intervals(path: Path) -> str:
    """Compare places with the second and third word of each line; what has words elsewhere is no BED file."""
    found = read_intervals(str(path))
    expected = []
    for line in text_of(path).splitlines():
        words = line.split("\t") if "\t" in line else line.split()
        if len(words) < 3 or line.startswith(("#", "track", "browser")):
            continue
        if re.fullmatch(r"\d+(\.0)?", words[1].strip()):
            expected.append((words[0].strip(), int(float(words[1])), int(float(words[2]))))
    places = list(zip(found.chromosome.tolist(), found.start.tolist(), found.end.tolist(), strict=True))
    return "" if places == expected else "other places"


def motif_file(path: Path) -> str:
    """Compare matrices with Biopython's where it reads the file, else with rows of four numbers below a header."""
    collection = read_collection(path)
    mine = {motif.accession or motif.name: motif.probabilities for motif in collection.motifs}
    mine |= {motif.name: motif.probabilities for motif in collection.motifs}
    expected = _matrices(text_of(path))
    if not expected:
        return "no other reader knows it"
    first = dict(reversed(expected))  # a second motif of one name has another name here
    wrong = [name for name, matrix in first.items() if name in mine and not _alike(mine[name], matrix)]
    left_out = int(m[1]) if (m := re.search(r": (\d+) of \d+ motifs left out", " ".join(collection.notes))) else 0
    if len(collection.motifs) + left_out != len(expected):
        return f"{len(collection.motifs)} motifs, {left_out} left out, of {len(expected)}"
    return f"other matrices: {', '.join(wrong[:3])}" if wrong else ""


def _matrices(text: str) -> list[tuple[str, np.ndarray]]:
    """Matrices (4, positions) by name, from the first of Biopython's readers that makes something of the text."""
    kinds = ["minimal", "transfac", "clusterbuster", "jaspar", "sites", "pfm-four-columns", "pfm-four-rows"]
    if text.startswith(">") and re.search(r"^[ACGTacgt]{4,}", text, re.MULTILINE):
        kinds = ["sites"]
    if re.search(r"^[ACGT]\s*\[", text, re.MULTILINE):
        kinds = ["jaspar"]
    headed = _rows_below_headers(text) if kinds[0] == "minimal" else []
    if headed and len(headed) == len(re.findall("^>", text, re.MULTILINE)):
        return headed
    for kind in kinds:
        try:
            parsed = motifs.parse(io.StringIO(text), kind)  # type: ignore[no-untyped-call]
            letters = "ACGU" if "U" in str(parsed[0].alphabet) else "ACGT"
            matrices = [
                (str(getattr(motif, "matrix_id", None) or motif.name or i), np.array([motif.pwm[x] for x in letters]))
                for i, motif in enumerate(parsed)
            ]
        except Exception:
            continue
        if matrices and all(matrix.shape[1] for _, matrix in matrices):
            return matrices
    return _rows_below_headers(text)


def _rows_below_headers(text: str) -> list[tuple[str, np.ndarray]]:
    found: list[tuple[str, list[list[float]]]] = []
    for line in text.splitlines():
        words = line.split()
        words = words[1:] if len(words) == 5 and words[0].isalpha() else words
        if line.startswith(">"):
            found.append(("".join(line[1:].split()[:1]), []))
        elif found and len(words) == 4 and all(re.fullmatch(r"[\d.eE+-]+", word) for word in words):
            found[-1][1].append([float(word) for word in words])
    return [(name, np.array(rows).T) for name, rows in found if rows]


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool((abs(a - b / b.sum(axis=0)) < _TOLERANCE).all())


READERS: dict[str, Callable[[Path], str]] = {
    "sequences": sequences,
    "labelled table": labelled,
    "intervals": intervals,
    "motifs": motif_file,
}


def outcome(path: Path, reader: Callable[[Path], str]) -> tuple[str, str]:
    """ "read", "refused", "unhelpful", "wrong" or "crashed", and what was said."""
    try:
        said = reader(path)
    except InputError as error:
        text = str(error)
        helpful = "\n" not in text and path.name in text and _REMEDY.search(text)
        return ("refused" if helpful else "unhelpful"), text
    except Exception as error:
        return "crashed", f"{type(error).__name__}: {error}"
    return ("wrong", said) if said else ("read", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--say", action="store_true", help="print what each refusal says")
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    for package in sorted(options.folder.iterdir()):
        if not package.name.startswith(PACKAGES):
            continue
        files = list(data_files(package))
        for name, reader in READERS.items():
            results = [(path.relative_to(package).as_posix(), *outcome(path, reader)) for path in files]
            row: dict[str, Any] = {"package": package.name, "reader": name, "files": len(files)}
            for kind in ("read", "refused"):
                row[kind] = sum(found == kind for _, found, _ in results)
            for kind in ("unhelpful", "wrong", "crashed"):
                row[kind] = [f"{file}: {said}"[:200] for file, found, said in results if found == kind]
            record(row)
            for file, found, said in results if options.say else ():
                print(f"  {found}\t{file}\t{said}")


if __name__ == "__main__":
    main()
