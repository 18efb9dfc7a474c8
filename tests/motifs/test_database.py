"""The known motifs against pyjaspar's own reading and the MEME files of the judging data."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from pyjaspar import jaspardb

from motiflens.errors import InputError
from motiflens.motifs.database import Database, load_database


@pytest.fixture(scope="module")
def jaspar() -> Database:
    return load_database()


def test_jaspar_is_the_latest_core_with_splice_sites_and_promoter_elements(jaspar: Database) -> None:
    collections = [entry.collection for entry in jaspar.entries]
    assert {name: collections.count(name) for name in set(collections)} == {
        "JASPAR2026 CORE": 2633,
        "JASPAR2020 SPLICE": 6,
        "JASPAR2020 POLII": 13,
    }
    accessions = [entry.motif.accession for entry in jaspar.entries]
    assert len({accession.split(".")[0] for accession in accessions}) == len(jaspar)
    assert jaspar.columns.shape == (4, sum(entry.motif.width for entry in jaspar.entries))
    np.testing.assert_allclose(jaspar.columns.sum(0), 1)


@pytest.mark.parametrize(
    ("release", "accession"), [("JASPAR2026", "MA0139"), ("JASPAR2026", "MA2757"), ("JASPAR2020", "POL012")]
)
def test_an_entry_is_what_pyjaspar_reads(jaspar: Database, release: str, accession: str) -> None:
    known = jaspardb(release=release)
    theirs = known.fetch_motif_by_id(accession)
    known.conn.close()
    entry = next(entry for entry in jaspar.entries if entry.motif.accession == theirs.matrix_id)
    counts = np.array([theirs.counts[base] for base in "ACGT"])
    assert entry.motif.name == theirs.name
    assert entry.motif.sites == round(counts.sum(0).max())
    assert entry.taxa == (theirs.tax_group or "")
    np.testing.assert_allclose(entry.motif.probabilities, counts / counts.sum(0))


def test_vertebrates_are_those_of_the_meme_file(shared: Path) -> None:
    with gzip.open(shared / "data/motifs/JASPAR2026_CORE_vertebrates.meme.gz", "rt") as file:
        names = {tuple(line.split(maxsplit=2)[1:]) for line in file if line.startswith("MOTIF")}
    chosen = load_database(taxa=("vertebrates",))
    mine = {(e.motif.accession, e.motif.name) for e in chosen.entries if e.taxa}
    assert mine == {(accession, name.strip()) for accession, name in names}
    assert len(chosen) == len(names) + 19  # splice sites and promoter elements belong to no group


def test_splice_sites_have_their_names_and_their_letters(jaspar: Database) -> None:
    splice = {e.motif.accession: e.motif for e in jaspar.entries if e.collection.endswith("SPLICE")}
    assert {key: (motif.name, motif.consensus) for key, motif in splice.items() if key.startswith("SD")} == {
        "SD0001.1": ("splice donor", "VAGGTRAGTNN"),
        "SD0002.1": ("splice donor GC-AG", "MAGGCAAGTRN"),
        "SD0003.1": ("splice donor U12 AT-AC", "NWVATATCCTT"),
    }
    acceptors = {key: (motif.name, motif.consensus[15:17]) for key, motif in splice.items() if key.startswith("SA")}
    assert acceptors == {
        "SA0001.1": ("splice acceptor", "AG"),
        "SA0002.1": ("splice acceptor", "AG"),
        "SA0003.1": ("splice acceptor U12 AT-AC", "AC"),
    }


def test_families_have_the_names_of_the_field(jaspar: Database) -> None:
    family = {entry.motif.name: entry.family for entry in jaspar.entries}
    assert [family[name] for name in ("ELK1", "GATA1", "CTCF", "ESR1", "SP1")] == ["ETS", "GATA", "", "NR3", "SP/KLF"]
    assert family["FOS::JUN"] == "AP-1/ATF"  # of FOS and JUN
    assert family["ELK1::HOXB13"] == "ETS, HOX"


def test_a_small_file_borrows_the_columns_of_jaspar_and_a_large_one_has_its_own(
    jaspar: Database, shared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "two.meme"
    path.write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\n"
        "MOTIF one\nletter-probability matrix: alength= 4 w= 2\n1 0 0 0\n0 0 0 1\n\n"
        "MOTIF two\nletter-probability matrix: alength= 4 w= 1\n0 1 0 0\n"
    )
    small = load_database(path)
    assert [(e.motif.name, e.collection) for e in small.entries] == [("one", "two.meme"), ("two", "two.meme")]
    np.testing.assert_array_equal(small.columns, jaspar.columns)
    large = load_database(shared / "data/motifs/HOCOMOCOv11_HUMAN.pfm.gz")
    assert large.columns.shape[1] == sum(entry.motif.width for entry in large.entries)


def test_a_database_without_motifs_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "none.meme").write_text("MEME version 4\n\nALPHABET= ACGT\n")
    with pytest.raises(InputError, match=r"none\.meme.*no motif"):
        load_database(tmp_path / "none.meme")
