"""Names by taxonomic group, and the well-known elements beside them."""

import csv
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from motiflens.errors import InputError
from motiflens.motifs.database import Database, load_database
from motiflens.motifs.elements import load_elements
from motiflens.motifs.formats import write_motifs
from motiflens.motifs.match import match_motifs
from motiflens.motifs.motif import Motif
from motiflens.motifs.names import SIMILAR, name_from
from motiflens.motifs.taxa import check_taxon, closest, names_for


@pytest.fixture(scope="module")
def jaspar() -> Database:
    return load_database()


def learned(consensus: str) -> Motif:
    """A consensus with a little of every letter, as a counted motif has."""
    return Motif(name="q", probabilities=0.94 * Motif.from_consensus(consensus).probabilities + 0.015)


def name(consensus: str, database: Database) -> str:
    (matches,) = match_motifs([learned(consensus)], database)
    return name_from([match for match in matches if match.q <= SIMILAR])


def test_elements_of_eukaryotes_are_named(jaspar: Database) -> None:
    database = names_for([], jaspar, taxon="vertebrates").database
    expected = {
        "TATAAA": "TATA box",
        "CCAAT": "CCAAT box",
        "GGGCGG": "GC box",
        "YYANWYY": "Inr",
        "RGWYVT": "DPE",
        "GTRAGT": "splice donor",
        "YYNCAG": "splice acceptor",
        "TACTAAC": "branch point",
    }
    assert {consensus: name(consensus, database) for consensus in expected} == expected


def test_elements_of_bacteria_are_named_and_the_note_says_what_jaspar_lacks(jaspar: Database) -> None:
    expected = {
        "TATAAT": "sigma-70 -10",
        "TGNTATAAT": "sigma-70 extended -10",
        "TTGACA": "sigma-70 -35",
        "TGTGANNNNNNTCACA": "CRP site",
        "CTGTNNNNNNNNACAG": "LexA site (SOS box)",
        "GATAATGATAATCATTATC": "Fur box",
        "AGGAGG": "Shine-Dalgarno",
    }
    names = names_for([learned("TATAAT"), learned("TTGACA")], jaspar)
    assert "JASPAR has no motifs of bacteria" in names.note
    assert {consensus: name(consensus, names.database) for consensus in expected} == expected
    assert name("CCGGAAGT", names.database) == ""


def test_names_are_of_one_group_and_the_note_says_which(jaspar: Database) -> None:
    names = names_for([learned("CCGGAAGTG"), learned("TGACTCAT")], jaspar)
    assert "vertebrates, to which these motifs are most similar" in names.note
    assert {entry.taxa for entry in names.database.entries} == {"vertebrates", "eukaryotes", ""}
    assert "nematodes" in names_for([], jaspar, taxon="nematodes").note
    everything = names_for([], jaspar, taxon="all")
    assert {"plants", "bacteria", "eukaryotes"} <= {entry.taxa for entry in everything.database.entries}
    assert "all taxonomic groups" in everything.note


def test_motifs_of_plants_are_recognised(jaspar: Database) -> None:
    rng = np.random.default_rng(4)
    plants = [entry.motif for entry in jaspar.entries if entry.taxa == "plants"]
    chosen = [plants[index] for index in rng.integers(0, len(plants), 4)]
    assert closest(chosen, jaspar) == "plants"
    assert closest([], jaspar) == "vertebrates"
    assert closest([learned("ACGTNNACGT")], jaspar) == "vertebrates"


def test_a_motif_file_is_taken_as_it_is_and_has_no_groups(jaspar: Database, tmp_path: Path) -> None:
    write_motifs(tmp_path / "own.meme", [learned("CCGGAAGT")])
    own = load_database(tmp_path / "own.meme")
    names = names_for([learned("TATAAA")], own)
    assert (names.database, names.note) == (own, "")
    check_taxon("auto", own)
    check_taxon("plants", jaspar)
    with pytest.raises(InputError, match=r"taxon plants .* motif file has no groups"):
        check_taxon("plants", own)


def test_each_element_has_a_domain_and_a_publication() -> None:
    text = resources.files("motiflens.motifs").joinpath("elements.tsv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    assert {row["domain"] for row in rows} == {"eukaryotes", "bacteria"}
    assert all(any(character.isdigit() for character in row["reference"]) for row in rows)
    assert len(load_elements()) == len(rows)
    assert all(entry.element and entry.motif.information().sum() > 4 for entry in load_elements())


def test_splice_sites_lie_on_one_strand(jaspar):
    of = {
        strands: {
            entry.motif.name for entry in names_for([], jaspar, taxon="vertebrates", strands=strands).database.entries
        }
        for strands in ("forward", "both")
    }
    assert of["both"] < of["forward"]
    lost = of["forward"] - of["both"]
    assert {"splice donor", "splice acceptor", "branch point"} <= lost
    assert all(name.startswith(("splice ", "branch point")) for name in lost)


def test_one_motif_changes_the_group_only_where_vertebrates_have_none_like_it(jaspar):
    """The binding site of SRF resembles its fly homologue's more; vertebrates have nothing like CRP's."""
    assert closest([learned("TGTGANNNNNNTCACA")], jaspar) == "bacteria"
    assert closest([learned("CCATAYATGG")], jaspar) == "vertebrates"
    assert closest([learned("CCATAYATGG"), learned("CCGGAA")], jaspar) == "vertebrates"
    assert closest([], jaspar) == "vertebrates"


def test_signals_of_rna_choose_no_group_where_both_strands_are_read(jaspar):
    motifs = [learned("TAAGGAGGT")]  # Shine-Dalgarno
    assert closest(motifs, jaspar) == "bacteria"
    assert closest(motifs, jaspar, strands="both") == "vertebrates"
    assert "bacteria" not in names_for(motifs, jaspar, strands="both").note


def test_an_own_database_may_name_splice_sites_on_both_strands(tmp_path):
    write_motifs(tmp_path / "own.meme", [learned("AGGTAAGT")])
    own = load_database(tmp_path / "own.meme")
    donor = replace(own.entries[0].motif, name="splice donor")
    own = replace(own, entries=(replace(own.entries[0], motif=donor),))
    assert names_for([], own, strands="both").database == own
