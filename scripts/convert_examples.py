"""Convert the bundled example data from the R packages that Debian ships.

    python scripts/convert_examples.py [--mlbench R-CRAN-MLBENCH.deb] [--kernlab R-CRAN-KERNLAB.deb]

Without paths the two packages are downloaded with `apt-get download`. Writes src/motiflens/data/examples/*.csv.gz;
running this twice gives the same bytes. Needs dpkg-deb and the PyPI package rdata.
"""

import argparse
import csv
import gzip
import io
import subprocess
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import rdata

EXAMPLES = Path(__file__).resolve().parents[1] / "src" / "motiflens" / "data" / "examples"
SPLICE_CLASSES = {"ei": "donor", "ie": "acceptor", "n": "neither"}
PROMOTER_CLASSES = {"+": "promoter", "-": "non-promoter"}


def read_table(package: Path, member: str) -> pd.DataFrame:
    """The one data frame of an .rda file inside a Debian package."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        (file,) = Path(folder).rglob(member)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rdata assumes ASCII where R recorded no encoding; all of it is ASCII
            (table,) = rdata.read_rda(file).values()
    return table


def splice_sequences(table: pd.DataFrame) -> list[str]:
    """60 letters from 180 binary columns: three indicators a base, for A, C and G; none of them is T."""
    bits = (table.drop(columns="Class").astype(str) == "1").to_numpy().reshape(len(table), 60, 3)
    if bits.sum(axis=2).max() > 1:
        raise SystemExit("DNA.rda: two indicators of one base are set")
    codes = np.where(bits.any(axis=2), bits.argmax(axis=2), 3)
    return ["".join("ACGT"[code] for code in row) for row in codes]


def promoter_sequences(table: pd.DataFrame) -> list[str]:
    """57 letters from as many factor columns."""
    return ["".join(row).upper() for row in table.drop(columns="Class").astype(str).to_numpy()]


def write_table(name: str, sequences: Iterable[str], labels: Iterable[str]) -> None:
    """Rows id, label, sequence in the source's order; the id ends in the row number there."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "label", "sequence"])
    writer.writerows(
        (f"{name}_{row:04d}", label, sequence)
        for row, (label, sequence) in enumerate(zip(labels, sequences, strict=True), 1)
    )
    target = EXAMPLES / f"{name}.csv.gz"
    target.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    print(f"{target.name}: {target.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlbench", type=Path, help="r-cran-mlbench_*.deb")
    parser.add_argument("--kernlab", type=Path, help="r-cran-kernlab_*.deb")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:

        def package(path: Path | None, name: str) -> Path:
            if path is not None:
                return path
            subprocess.run(["apt-get", "download", name], check=True, cwd=folder)
            (found,) = Path(folder).glob(f"{name}_*.deb")
            return found

        splice = read_table(package(arguments.mlbench, "r-cran-mlbench"), "DNA.rda")
        promoter = read_table(package(arguments.kernlab, "r-cran-kernlab"), "promotergene.rda")
    write_table("splice", splice_sequences(splice), splice["Class"].map(SPLICE_CLASSES))
    write_table("promoter", promoter_sequences(promoter), promoter["Class"].map(PROMOTER_CLASSES))


if __name__ == "__main__":
    main()
