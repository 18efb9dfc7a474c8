"""Naming: matches come and go with the database, everything else of a motif stays."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from make_example import splice
from make_run import make_run

from motiflens.errors import InputError
from motiflens.motifs.database import Database, Entry, load_database
from motiflens.motifs.formats import write_motifs
from motiflens.motifs.motif import Motif
from motiflens.run.folder import Run
from motiflens.workflow.name_motifs import motif_of, name_motifs, name_motifs_of_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("named") / "run", splice(300))


def database(run: Run) -> Database:
    """The run's own motifs under names of their own."""
    entries = run.motifs().motifs
    known = [Motif(name=f"known_{i}", probabilities=entry.probabilities) for i, entry in enumerate(entries)]
    return Database(
        entries=tuple(Entry(motif=motif, collection="mine") for motif in known), columns=load_database().columns
    )


def test_a_motif_is_known_as_the_one_that_it_equals(run):
    before = run.motifs()
    named = name_motifs(before, database(run))
    assert [entry.known_as for entry in named.motifs] == ["known_0", "known_1"]
    assert named.database == "mine"
    unnamed = [entry.model_copy(update={"matches": ()}) for entry in named.motifs]
    assert unnamed == [entry.model_copy(update={"matches": ()}) for entry in before.motifs]


@pytest.mark.parametrize(
    ("status", "known_as"),
    [("shared", "known_1"), ("unused", "known_1"), ("unconfirmed", "known_1"), ("repeat", ""), ("echo", "")],
)
def test_what_is_half_confirmed_is_named_and_a_repeat_is_not(run, status, known_as):
    first, second = run.motifs().motifs
    aside = second.model_copy(update={"status": status, "matches": ()})
    record = run.motifs().model_copy(update={"motifs": (first,), "set_aside": (aside,)})
    named = name_motifs(record, database(run))
    assert [entry.known_as for entry in (*named.motifs, *named.set_aside)] == ["known_0", known_as]


def test_a_record_without_motifs_has_nothing_to_name(run):
    assert name_motifs(run.motifs().model_copy(update={"motifs": ()}), database(run)).motifs == ()


def test_a_run_is_renamed_in_every_place_and_changed_in_no_other(run, tmp_path: Path):
    folder = shutil.copytree(run.path, tmp_path / "run")
    write_motifs(tmp_path / "known.meme", [motif_of(run.motifs().motifs[0])])
    heard: list[str] = []
    named = name_motifs_of_run(folder, database=tmp_path / "known.meme", notify=heard.append)
    assert "without a new search" in heard[0]
    assert named.motifs().motifs[0].known_as == "motif_1"
    assert named.motifs().database == "known.meme"
    assert "known.meme" in (folder / "report.html").read_text()
    table = pd.read_csv(folder / "motifs.tsv", sep="\t", keep_default_na=False)
    assert table.loc[0, "known_as"] == "motif_1"
    for name in ("hits.tsv", "motifs.meme", "metrics.json", "predictions.tsv"):
        assert (folder / name).read_bytes() == (run.path / name).read_bytes()


def test_a_database_that_cannot_be_read_changes_nothing(run, tmp_path: Path):
    folder = shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "bad.meme").write_text("no motifs")
    with pytest.raises(InputError, match=r"bad\.meme"):
        name_motifs_of_run(folder, database=tmp_path / "bad.meme")
    assert Run.load(folder).motifs() == run.motifs()
