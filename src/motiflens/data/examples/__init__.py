"""Real data inside the package: splice junctions and E. coli promoters (sources and licences: README.md beside it)."""

import csv
import gzip
import hashlib
from importlib import resources

import numpy as np

from motiflens.data.dataset import Dataset, Source
from motiflens.sequence.alphabet import encode

_GUESSED = (
    "11 of the 3,186 sequences carry letters that the data's distributors put in place of unknown bases (N); "
    "splice_2692 has 41 of them, all G"
)


def load_splice() -> Dataset:
    """Primate splice junctions (UCI): 3,186 sequences of 60 bp; classes donor, acceptor, neither.

    The junction lies between positions 29 and 30 (0-based): a donor has exon on its left and intron (GT) on its right,
    an acceptor intron (AG) on its left and exon on its right.
    """
    return _load("splice.csv.gz", classes=("donor", "acceptor", "neither"), notes=(_GUESSED,))


def load_promoter() -> Dataset:
    """E. coli promoters (UCI): 106 sequences of 57 bp; classes non-promoter and promoter, the positive one.

    A promoter reaches from 50 bp before to 7 bp after the start of transcription.
    """
    return _load("promoter.csv.gz", classes=("non-promoter", "promoter"), notes=())


def _load(name: str, *, classes: tuple[str, ...], notes: tuple[str, ...]) -> Dataset:
    raw = resources.files(__package__).joinpath(name).read_bytes()
    rows = list(csv.DictReader(gzip.decompress(raw).decode().splitlines()))
    source = Source(path=f"{__package__}/{name}", sha256=hashlib.sha256(raw).hexdigest(), records=len(rows))
    return Dataset(
        codes=encode([row["sequence"] for row in rows]),
        labels=np.array([classes.index(row["label"]) for row in rows], np.int64),
        classes=classes,
        ids=np.array([row["id"] for row in rows]),
        sources=(source,),
        notes=notes,
    )
