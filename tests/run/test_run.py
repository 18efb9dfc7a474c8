"""The run folder: what goes in comes out, and damage is named."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from make_example import Example, binary, simulate
from make_motifs import motif_record
from make_run import bare_info, make_run

from motiflens.errors import InputError, RunFolderError
from motiflens.run.folder import Attributions, Run, RunWriter
from motiflens.run.schema.metrics import Metrics, Scores

KEPT = [
    "attributions.npz",
    "audit.json",
    "history.csv",
    "hits.tsv",
    "metrics.json",
    "model/config.json",
    "model/weights.safetensors",
    "motifs.json",
    "motifs.meme",
    "predictions.tsv",
]


@pytest.fixture(scope="module")
def example() -> Example:
    return binary(120)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, example: Example) -> Run:
    return make_run(tmp_path_factory.mktemp("original") / "a run", example)


@pytest.fixture
def run(tmp_path: Path, original: Run) -> Run:
    return Run.load(shutil.copytree(original.path, tmp_path / "a run"))


def litter(folder: Path) -> list[str]:
    """Hidden files and folders: what a finished or failed writer must not leave."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def forge(run: Run, relative: str, content: bytes) -> None:
    """Replace a file and its fingerprint, so that only the reader can notice."""
    (run.path / relative).write_bytes(content)
    info = json.loads((run.path / "run.json").read_text())
    info["files"][relative] = hashlib.sha256(content).hexdigest()
    (run.path / "run.json").write_text(json.dumps(info))


def small_attributions(n: int = 3) -> Attributions:
    return Attributions(
        hypothetical=np.zeros((n, 4, 5), np.float32),
        codes=np.full((n, 5), 4, np.uint8),
        ids=np.array(["a"] * n),
        target=np.array(["yes"] * n),
        label=np.array(["no"] * n),
        probability=np.zeros(n, np.float32),
        method="m",
        attention_widths=(3,),
        attention=np.zeros((n, 1, 5), np.float32),
    )


# ---------------------------------------------------------------- round trip


def test_every_part_comes_back(tmp_path: Path) -> None:
    history = pd.DataFrame(
        {"epoch": [1, 2], "loss": [0.5, 0.25], "val_loss": [np.nan, 0.3], "accuracy": [0.5, 1.0]}
        | {"val_accuracy": [0.5, 0.75], "learning_rate": [1e-3, 5e-4], "member": [0, 0]}
    )
    predictions = pd.DataFrame(
        {
            "id": ["NA", 'q"uo\tte'],
            "split": ["test", "val"],
            "label": ["1", "0"],
            "p_0": [0.25, 1e-9],
            "p_1": [0.75, 1.0],
        }
    )
    hits = pd.DataFrame({"sequence_id": ["NA"], "start": [3], "end": [9], "strand": ["-"], "motif": ["007"]})
    hits[["score", "p", "q"]] = [[7.5, 1e-12, np.nan]]
    metrics = Metrics(task="binary", classes=("0", "é"), test=Scores(n=3, auroc=float("nan"), accuracy=1 / 3))
    motifs = motif_record(binary(20), [], [])
    rows = small_attributions()
    with RunWriter(tmp_path / "out") as writer:
        writer.write(metrics=metrics, history=history, predictions=predictions, hits=hits, attributions=rows)
        writer.write(motifs=motifs, meme="MEME version 4\n", report="<p>", figures={"a.svg": b"<svg/>"})
        writer.seal(bare_info(("0", "1"), seed=3))
    run = Run.load(tmp_path / "out")
    pd.testing.assert_frame_equal(run.history(), history)
    assert run.predictions().to_dict("list") == predictions.to_dict("list")
    assert run.hits().drop(columns="q").to_dict("list") == hits.drop(columns="q").to_dict("list")
    assert run.hits()["q"].isna().all()
    assert run.metrics() == metrics
    assert run.metrics().test.auroc is None
    assert run.motifs() == motifs
    assert (run.path / "motifs.meme").read_text() == "MEME version 4\n"
    assert (run.path / "figures/a.svg").read_bytes() == b"<svg/>"
    back = run.attributions()
    assert back.attention_widths == (3,)
    assert back.method == "m"
    for name in ("hypothetical", "codes", "attention", "probability", "ids", "target", "label"):
        np.testing.assert_array_equal(getattr(back, name), getattr(rows, name))
        assert getattr(back, name).dtype == getattr(rows, name).dtype
    assert run.classes == ("0", "1")
    assert run.info.seed == 3
    assert run.info.format == 2
    assert all((run.info.motiflens, run.info.python, run.info.created, run.info.files))
    assert litter(tmp_path) == []


def test_observed_contributions_are_those_of_the_bases_there() -> None:
    rows = small_attributions(1)
    hypothetical = np.arange(20, dtype=np.float32).reshape(1, 4, 5)
    seen = Attributions(**{**vars(rows), "hypothetical": hypothetical, "codes": np.array([[0, 1, 2, 3, 4]], np.uint8)})
    assert seen.observed.tolist() == [[0, 6, 12, 18, 0]]


def test_the_path_and_name_are_those_of_the_finished_run(run: Run) -> None:
    assert run.path.name == run.name == "a run"
    assert run.model_folder.is_dir()
    assert sorted(run.info.files) == KEPT


# ---------------------------------------------------------------- damage


def test_what_is_no_run_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for path, reason in (
        (tmp_path / "absent", "no such folder"),
        (tmp_path, "run.json"),
        (tmp_path / "notes.txt", "no"),
    ):
        with pytest.raises(InputError, match=reason) as error:
            Run.load(path)
        assert not isinstance(error.value, RunFolderError)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)
    assert litter(tmp_path) == []


@pytest.mark.parametrize("relative", KEPT)
def test_a_missing_or_changed_file_is_named(run: Run, relative: str) -> None:
    file = run.path / relative
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(RunFolderError, match="changed since") as error:
        Run.load(run.path)
    assert str(file) in str(error.value)
    file.unlink()
    with pytest.raises(RunFolderError, match="missing") as error:
        Run.load(run.path)
    assert str(file) in str(error.value)


@pytest.mark.parametrize(
    ("relative", "content", "reason"),
    [
        ("metrics.json", b'{"test": ', "JSON"),
        ("metrics.json", b"\xff\xfe", "JSON"),
        ("motifs.json", b"[1, 2]", "no JSON object"),
        ("motifs.json", b"{}", "wrong content at 'classes'"),
        ("metrics.json", b'{"task": "binary", "classes": [], "test": {"n": "many"}}', r"wrong content at 'test\.n'"),
        ("history.csv", b"", "No columns"),
        ("history.csv", b"epoch,loss\n1,0.5\n", "val_loss"),
        ("predictions.tsv", b"id\tsplit\tlabel\tp_background\nx\ttest\tpromoter\t0.5\n", "p_promoter"),
        ("predictions.tsv", b"id\tsplit\tlabel\tp_background\tp_promoter\nx\ttest\tpromoter\t0.5\tmany\n", "many"),
        ("hits.tsv", b"sequence_id\tstart\tend\tstrand\tmotif\tscore\tp\tq\ns\t1.5\t9\t+\tm\t1\t1\t1\n", "int"),
        ("hits.tsv", b"sequence_id\tstart\n\xff\t1\n", "codec"),
        ("hits.tsv", b"sequence_id\tstart\tendq\ns\t0\t%\t+\tm\t" + b"9" * 54 + b"1\t\n", "Overflow"),
        ("attributions.npz", b"PK\x03\x04 nothing", "attributions"),
    ],
)
def test_a_corrupt_file_with_a_fitting_fingerprint_is_named_by_its_reader(
    run: Run, relative: str, content: bytes, reason: str
) -> None:
    forge(run, relative, content)
    damaged = Run.load(run.path)
    reader = getattr(damaged, relative.partition(".")[0])
    with pytest.raises(RunFolderError, match=reason) as error:
        reader()
    assert str(run.path / relative) in str(error.value)
    assert "\n" not in str(error.value)


def test_arrays_are_checked_and_never_unpickled(run: Run, tmp_path: Path) -> None:
    rows = vars(small_attributions())
    bomb = np.array([print], dtype=object)
    for name, value, reason in (
        ("codes", np.zeros((2, 5), np.uint8), "codes has shape"),
        ("ids", bomb, "allow_pickle"),
    ):
        np.savez(tmp_path / "forged.npz", **{**rows, name: value})
        forge(run, "attributions.npz", (tmp_path / "forged.npz").read_bytes())
        with pytest.raises(RunFolderError, match=reason):
            Run.load(run.path).attributions()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"motiflens": "1", "format": 2, "files": {"../../secret": "0"}}',
        bare_info(files={"../../secret": "0"}).model_dump_json(),
        bare_info(files={"/secret": "0"}).model_dump_json(),
    ],
)
def test_a_corrupt_record_is_named(run: Run, content: str) -> None:
    (run.path / "run.json").write_text(content)
    with pytest.raises(RunFolderError, match=r"run\.json"):
        Run.load(run.path)


@pytest.mark.parametrize(
    ("found", "remedy"), [(None, "format 1, .* fit again"), (1, "format 1, .* fit again"), (3, "format 3, .* version")]
)
def test_another_format_is_refused_in_one_line(run: Run, found: int | None, remedy: str) -> None:
    info = json.loads((run.path / "run.json").read_text())
    del info["format"]
    (run.path / "run.json").write_text(json.dumps(info if found is None else info | {"format": found}))
    with pytest.raises(RunFolderError, match=remedy) as error:
        Run.load(run.path)
    assert str(error.value).startswith(f"{run.path}: ")
    assert "\n" not in str(error.value)


def test_unknown_keys_are_ignored_and_those_of_run_json_kept(run: Run) -> None:
    info = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(info | {"laboratory": "B12"}))
    metrics = json.loads((run.path / "metrics.json").read_text())
    forge(run, "metrics.json", json.dumps(metrics | {"mood": "good"}).encode())
    loaded = Run.load(run.path)
    assert loaded.metrics() == run.metrics()
    loaded.update(report="<p>")
    assert json.loads((run.path / "run.json").read_text())["laboratory"] == "B12"


def test_a_run_without_its_products_is_whole(run: Run) -> None:
    run.update(report="<p>old", figures={"roc.svg": b"<svg/>"})
    (run.path / "report.html").write_text("edited by hand")
    (run.path / "figures/roc.svg").unlink()
    Run.load(run.path).update(report="<p>new")
    assert (run.path / "report.html").read_text() == "<p>new"


def test_a_part_that_the_run_never_had_is_named(tmp_path: Path) -> None:
    with RunWriter(tmp_path / "imported") as writer:
        run = writer.seal(bare_info())
    assert not run.has("metrics.json")
    with pytest.raises(RunFolderError, match=r"metrics\.json"):
        run.metrics()


def test_a_run_may_have_sequences_of_any_kind_of_name(tmp_path: Path) -> None:
    example = simulate(('a"b', "c\td"), (), n=40, length=12)
    run = make_run(tmp_path / "odd", example, with_motifs=False)
    assert set(Run.load(run.path).predictions()["label"]) == {'a"b', "c\td"}
