"""Every bad input ends with exit code 2, one line that names file, record and remedy, and nothing left behind."""

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import planted
import pytest
import torch

LENGTH = 40


def records(prefix: str, n: int = 15, *, length: int = LENGTH, seed: int = 0) -> str:
    rows = np.random.default_rng(seed).choice(list("ACGT"), (n, length))
    return "".join(f">{prefix}{i}\n{''.join(row)}\n" for i, row in enumerate(rows))


GOOD = records("g")
REPEATED = GOOD.split("\n")[1]
TABLE = "".join(f"{line},{'ab'[i % 2]}\n" for i, line in enumerate(GOOD.split("\n")[1::2]))

#: What stands in a file given as CLASS=FILE, and what the line says.
FASTA = {
    "empty file": (b"", "is empty"),
    "not FASTA": (b"hello\nworld\n", "is not FASTA"),
    "a record without sequence": (GOOD.encode() + b">x\n>y\nACGT\n", "record 'x' has no sequence; remove"),
    "protein": (GOOD.encode() + b">p\nMKVLAAGIVGLCAKAYLEENQR\n", "record 'p' looks like protein"),
    "a letter outside IUPAC": (GOOD.encode() + b">x\nACGTACGTXA\n", "record 'x' has 'X' at column 9"),
    "mixed lengths": (GOOD.encode() + b">x\nACGT\n", "crop or pad with --length N --crop left|center|right"),
    "too few": (records("g", 4).encode(), "has 4 sequences where at least 10 are needed; add more"),
    "two labels": (GOOD.encode() + f">d\n{records('o', seed=1).split()[1]}\n".encode(), "1 sequence occurs under two"),
    "duplicate ids": (GOOD.encode() + b">g3\n" + b"ACGTA" * 8 + b"\n", "id 'g3' occurs twice"),
    "truncated gzip": (gzip.compress(GOOD.encode())[:-12], "the gzip file is cut off; copy or download it again"),
    "all N": (GOOD.encode() + b">n\n" + b"N" * LENGTH + b"\n", "record 'n' has no A, C, G or T"),
}


def refused(answer, *said: object) -> None:
    """Exit code 2, one line on stderr that says so, nothing on stdout."""
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("motiflens: ")
    assert answer.err.count("\n") == 1
    for text in said:
        assert str(text) in answer.err


def untouched(folder: Path, *names: str) -> None:
    assert {file.name for file in folder.iterdir()} == set(names)


@pytest.mark.parametrize("case", FASTA)
def test_bad_fasta(motiflens, tmp_path, case):
    content, said = FASTA[case]
    (tmp_path / "x.fa").write_bytes(content)
    (tmp_path / "o.fa").write_text(records("o", seed=1))
    answer = motiflens("fit", f"a={tmp_path / 'x.fa'}", f"b={tmp_path / 'o.fa'}", "--out", tmp_path / "run")
    refused(answer, tmp_path / "x.fa", said)
    untouched(tmp_path, "x.fa", "o.fa")


TABLES = {
    "a single label": ("sequence,label\n" + TABLE.replace(",b", ",a"), "has one label only, 'a'; add"),
    "without the columns": ("dna,class\n" + TABLE, "has no column sequence and no label (found: 'dna, class')"),
    "a bad split": ("sequence,label,split\n" + TABLE.replace(",a\n", ",a,dev\n"), "has split 'dev'; use train, val"),
}


@pytest.mark.parametrize("case", TABLES)
def test_bad_table(motiflens, tmp_path, case):
    content, said = TABLES[case]
    (tmp_path / "t.csv").write_text(content)
    refused(motiflens("fit", tmp_path / "t.csv", "--out", tmp_path / "run"), tmp_path / "t.csv", said)
    untouched(tmp_path, "t.csv")


@pytest.fixture
def data(tmp_path) -> list[str]:
    """Two good files in a folder of their own."""
    (tmp_path / "data").mkdir()
    return planted.write_classes(tmp_path / "data", planted.planted(60, LENGTH))


OPTIONS = {
    "device": (["--device", "cuda"], "--device cuda: no such device on this machine; use --device auto or cpu"),
    "unknown device": (["--device", "tpu"], "Invalid value for '--device'"),
    "unknown crop": (["--crop", "middle"], "Invalid value for '--crop'"),
    "unknown preset": (["--preset", "nonsense"], "unknown preset 'nonsense': choose one of additive, classic, deep"),
    "no epochs": (["--epochs", "0"], "options: fit.training.epochs"),
    "no network": (["--ensemble", "0"], "options: fit.ensemble"),
    "unknown strands": (["--strands", "reverse"], "Invalid value for '--strands'"),
    "negative seed": (["--seed", "-1"], "options: seed"),
    "no number": (["--seed", "one"], "Invalid value for '--seed'"),
    "unknown positive": (["--positive", "CTCF"], "--positive CTCF: must be one of two classes; the data have:"),
    "no length": (["--length", "0"], "options: data.length"),
    "no such config": (["--config", "none.toml"], "none.toml: cannot be read as TOML"),
    "no such database": (["--database", "none.meme"], "none.meme"),
    "no such option": (["--colour", "red"], "No such option: --colour"),
    "test of other classes": (["--test", "x=nowhere.fa"], "nowhere.fa"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_bad_options(motiflens, tmp_path, data, case):
    options, said = OPTIONS[case]
    if options == ["--device", "cuda"] and torch.cuda.is_available():
        pytest.skip("this machine has a cuda device")
    refused(motiflens("fit", *data, "--out", tmp_path / "run", *options), said)
    untouched(tmp_path, "data")


def test_usage_errors(motiflens):
    refused(motiflens("fit"), "Missing option '--out' / '-o'; see motiflens fit --help")
    refused(motiflens("predict", "run"), "no sequences: give a file (FASTA or a table), - for standard input, or --bed")
    refused(motiflens("scan", "-", "-"), "-: standard input can be read only once; name a file for the other")
    refused(motiflens("audit", "a=-", "b=-"), "-: standard input can be read only once")
    refused(motiflens("bogus"), "No such command 'bogus'; see motiflens --help")
    refused(motiflens("demo", "zebrafish"), "no demo 'zebrafish': there are splice, promoter, simulated")
    refused(motiflens("fit", "nothing", "--out", "x"), "nothing: give CLASS=FILE pairs (FASTA), or one table")


def test_an_unreadable_path(motiflens, tmp_path, data):
    refused(motiflens("fit", "a=nowhere.fa", data[0], "--out", tmp_path / "run"), "nowhere.fa")
    refused(motiflens("fit", f"a={tmp_path}", data[0], "--out", tmp_path / "run"), tmp_path)
    untouched(tmp_path, "data")


def test_a_folder_that_is_no_run_is_never_overwritten(motiflens, tmp_path, data):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    for force in ([], ["--force"]):
        answer = motiflens("fit", *data, "--out", tmp_path / "thesis", *force)
        refused(answer, tmp_path / "thesis", "exists and is not a motiflens run; choose another")
    untouched(tmp_path, "data", "thesis")
    untouched(tmp_path / "thesis", "chapter.txt")


def test_a_run_is_replaced_with_force_alone(motiflens, copy, quick, data):
    before = (copy / "run.json").read_bytes()
    refused(motiflens("fit", *data, "--out", copy), copy, "already holds a run; add --force to replace it, or choose")
    assert (copy / "run.json").read_bytes() == before
    answer = motiflens("fit", *data, "--out", copy, "--config", quick, "--epochs", 1, "--force")
    assert answer.code == 0
    assert json.loads((copy / "run.json").read_text())["config"]["fit"]["training"]["epochs"] == 1
    assert not list(copy.parent.glob(".*"))


def test_a_bad_fit_leaves_the_old_run(motiflens, copy, data):
    before = (copy / "run.json").read_bytes()
    refused(motiflens("fit", data[0], "b=nowhere.fa", "--out", copy, "--force"), "nowhere.fa")
    assert (copy / "run.json").read_bytes() == before


DAMAGES = {
    "missing metrics": ("metrics.json", None, "missing from the run; restore it"),
    "missing weights": ("model/weights.safetensors", None, "missing from the run; restore it"),
    "truncated weights": ("model/weights.safetensors", -9, "changed since the run was written"),
    "corrupt config": ("model/config.json", -9, "changed since the run was written"),
    "corrupt attributions": ("attributions.npz", -9, "changed since the run was written"),
    "truncated run.json": ("run.json", -9, "cannot be read as JSON"),
    "missing run.json": ("run.json", None, "not a motiflens run: it has no run.json"),
}


@pytest.mark.parametrize("case", DAMAGES)
@pytest.mark.parametrize("command", ["predict", "report"])
def test_a_damaged_run_is_named(motiflens, fit, copy, case, command):
    name, cut, said = DAMAGES[case]
    if cut is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes((copy / name).read_bytes()[:cut])
    arguments = [fit.data[0].partition("=")[2]] if command == "predict" else []
    refused(motiflens(command, copy, *arguments), copy if name == "run.json" else copy / name, said)


def test_no_run(motiflens, tmp_path):
    for command in (["report"], ["motifs"], ["predict", "x.fa"], ["evaluate", "a=x.fa"]):
        answer = motiflens(command[0], tmp_path / "none", *command[1:])
        refused(answer, tmp_path / "none", "no such folder; a run folder is what `motiflens fit ... --out RUN` writes")


def test_sequences_of_the_wrong_length(motiflens, fit, tmp_path):
    (tmp_path / "x.fa").write_text(records("x", 3) + ">long\n" + "ACGTA" * 9 + "\n")
    remedy = "--crop left|center|right"
    for command in (["predict", "--out", tmp_path / "p.tsv"], ["explain", "--out", tmp_path / "e"]):
        answer = motiflens(command[0], fit.run, tmp_path / "x.fa", *command[1:])
        refused(answer, tmp_path / "x.fa", "record 'long' has 45 letters where the model takes 40", remedy)
    untouched(tmp_path, "x.fa")
    for kind in ("a", "b"):
        (tmp_path / f"{kind}.fa").write_text(records(kind, 12, length=45, seed=ord(kind)))
    pairs = [f"AP1={tmp_path / 'a.fa'}", f"background={tmp_path / 'b.fa'}"]
    answer = motiflens("evaluate", fit.run, *pairs, "--out", tmp_path / "m.json")
    refused(answer, tmp_path / "a.fa", "have 45 letters where the model takes 40", remedy)
    assert not (tmp_path / "m.json").exists()
    assert motiflens("evaluate", fit.run, *pairs, "--crop", "left").code == 0


def test_other_bad_sequences_for_a_model(motiflens, fit, tmp_path):
    (tmp_path / "x.fa").write_text("")
    refused(motiflens("predict", fit.run, tmp_path / "x.fa"), tmp_path / "x.fa", "is empty")
    refused(motiflens("predict", fit.run, tmp_path / "none.fa"), tmp_path / "none.fa")
    refused(motiflens("explain", fit.run, tmp_path / "x.fa", "--out", tmp_path / "e"), "is empty")
    path = fit.data[0].partition("=")[2]
    answer = motiflens("explain", fit.run, path, "--out", tmp_path / "e", "--target", "CTCF")
    refused(answer, "unknown target 'CTCF': the model knows background, AP1")
    answer = motiflens("evaluate", fit.run, f"CTCF={path}", fit.data[1])
    refused(answer, "has the classes", "background, AP1 are expected; use these names")
    answer = motiflens("predict", fit.run, path, "--out", tmp_path / "no" / "p.tsv")
    refused(answer, tmp_path / "no" / "p.tsv", "cannot be written")
    untouched(tmp_path, "x.fa")


def test_a_bad_database_changes_nothing(motiflens, copy, tmp_path):
    before = (copy / "run.json").read_bytes()
    refused(motiflens("motifs", copy, "--database", tmp_path / "none.meme"), tmp_path / "none.meme")
    assert (copy / "run.json").read_bytes() == before


def test_keras_files(motiflens, tmp_path):
    (tmp_path / "m.keras").write_bytes(b"no zip")
    refused(motiflens("import-keras", tmp_path / "m.keras", "--out", tmp_path / "run"), tmp_path / "m.keras")
    untouched(tmp_path, "m.keras")


SIMULATIONS = {
    "no motif": (["--motif", "TATAZ"], "motif 'TATAZ' is neither an IUPAC consensus nor a motif file"),
    "too long": (["--motif", "TATAAA", "--length", "4"], "the motifs take 6 bp but there is room for 4"),
    "density": (["--density", "2"], "density 2: give a share between 0 and 1"),
    "positions": (["--positions", "150", "260"], "positions 150 to 260 do not lie in a sequence of 200 bp"),
    "strands": (["--strands", "reverse"], "Invalid value for '--strands'"),
    "spacing": (["--motif", "TATA", "--motif", "CAAT", "--spacing", "9", "3"], "spacing 9 to 3"),
    "gc": (["--gc", "1.5"], "GC content 1.5: give a share between 0 and 1"),
    "n": (["--n", "1"], "1 sequences cannot make two classes"),
    "seed": (["--seed", "-3"], "seed -3: give 0 or a positive number"),
}


@pytest.mark.parametrize("case", SIMULATIONS)
def test_impossible_simulations(motiflens, tmp_path, case):
    options, said = SIMULATIONS[case]
    refused(motiflens("simulate", "--out", tmp_path / "sim", *options), said)
    untouched(tmp_path)


def test_debug_shows_the_traceback(motiflens):
    answer = motiflens("--debug", "fit", "nothing", "--out", "x")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("Traceback (most recent call last):")
    assert answer.err.endswith(
        "motiflens: nothing: give CLASS=FILE pairs (FASTA), or one table (.csv, .tsv, .parquet) alone\n"
    )


def test_a_diverged_training_is_exit_code_1_and_keeps_no_run(motiflens, tmp_path, data):
    answer = motiflens("fit", *data, "--out", tmp_path / "run", "--preset", "classic", "--config", config(tmp_path))
    assert (answer.code, answer.out) == (1, "")
    assert "try a smaller learning rate" in answer.err.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def config(folder: Path) -> Path:
    path = folder / "wild.toml"
    path.write_text("[fit.network]\nfilters = 4\nwidths = [5]\n[fit.training]\nlearning_rate = 1e30\nepochs = 8\n")
    return path


def test_the_real_program(tmp_path, data):
    """One process of its own: exit code, streams, help and version as a shell sees them."""
    program = shutil.which("motiflens", path=str(Path(sys.executable).parent)) or shutil.which("motiflens")
    assert program

    def call(*arguments: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=tmp_path
        )

    bad = call("fit", data[0], "b=nowhere.fa", "--out", "run", "--quiet")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("motiflens: nowhere.fa: ")
    assert bad.stderr.count("\n") == 1
    usage = call("fit", "--colour")
    assert (usage.returncode, usage.stdout) == (2, "")
    version = call("--version").stdout
    assert version.startswith("motiflens ")
    module = [sys.executable, "-m", "motiflens", "--version"]
    assert subprocess.run(module, capture_output=True, text=True, check=True).stdout == version
    for command in ("", "fit", "demo", "evaluate", "predict", "explain", "motifs", "simulate", "report"):
        helped = call(*command.split(), "--help")
        assert (helped.returncode, helped.stderr) == (0, "")
        assert "Usage: motiflens" in helped.stdout
    untouched(tmp_path, "data")
