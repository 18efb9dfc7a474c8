"""What the documentation says is so: commands and options exist, marked blocks run, links resolve, keys are real."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from make_variant_run import vcf, write_genome

import motiflens
from motiflens.cli.app import app
from motiflens.data.config import DataConfig
from motiflens.training.training_config import TrainingConfig
from motiflens.workflow.settings import settings_from

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")]
COMMANDS: dict[str, Any] = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(page: str, language: str, *, marked: bool = False) -> list[str]:
    """Fenced blocks of a page; `marked`: those that a comment declares runnable."""
    mark = "<!-- run -->\n" if marked else ""
    return re.findall(f"{mark}```{language}\n(.*?)```", page, flags=re.DOTALL)


def command_lines(page: str) -> list[list[str]]:
    """The words of every line of code that calls motiflens with a command, comments taken off."""
    lines = [line.strip() for block in blocks(page, "sh") for line in block.splitlines()]
    lines += re.findall(r"^    (motiflens .*)$", page, flags=re.MULTILINE)
    lines += re.findall(r"`(motiflens [^`]*)`", page)
    words = [shlex.split(line.replace("[", "").replace("]", "").replace("|", " "), comments=True) for line in lines]
    return [
        line[1:]
        for line in words
        if len(line) > 1 and line[0] == "motiflens" and not line[1].startswith(("-", "COMMAND"))
    ]


def options(command: str) -> set[str]:
    return {name for parameter in COMMANDS[command].params for name in parameter.opts if name.startswith("-")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_the_text_exist_with_their_options(page: Path) -> None:
    for command, *words in command_lines(page.read_text("utf-8")):
        assert command in COMMANDS, f"motiflens {command}"
        unknown = {word for word in words if re.match("--[a-z]", word)} - options(command) - {"--help"}
        assert not unknown, f"motiflens {command} has no {unknown}"


def test_every_command_has_a_section_and_every_option_a_place_in_it() -> None:
    page = text("docs/reference/cli.md")
    sections = dict(re.findall(r"^## motiflens (\S+)\n(.*?)(?=^## |\Z)", page, flags=re.MULTILINE | re.DOTALL))
    assert set(sections) == set(COMMANDS)
    common = set.intersection(*map(options, COMMANDS))
    assert all(f"`{name}`" in page for name in common)
    for command, section in sections.items():
        missing = {name for name in options(command) - common - {"-o"} if f"`{name}`" not in section}
        assert not missing, f"{command}: {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_resolve(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", page.read_text("utf-8")):
        file = page.parent / target if target else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), f"{target}#{anchor}"


def anchors(page: str) -> set[str]:
    """Anchors of headings as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_and_scripts_that_are_named_exist(page: Path) -> None:
    content = page.read_text("utf-8")
    for name in re.findall(r"\b((?:benchmarks|scripts|tests)/[\w/]+\.py)\b", content):
        assert (ROOT / name).is_file(), name
    for name in re.findall(
        r"`((?:cli|compiled|data|discovery|evaluation|explain|groups|model|motifs|report|run|sequence|simulation"
        r"|training|workflow)/[\w/]+\.py)",
        content,
    ):
        assert (ROOT / "src/motiflens" / name).is_file(), name


def test_versions_agree() -> None:
    newest = re.search(r"^## (\d+\.\d+\.\d+\S*)", text("CHANGELOG.md"), flags=re.MULTILINE)
    cited = re.search(r"^version: (\S+)", text("CITATION.cff"), flags=re.MULTILINE)
    assert newest is not None
    assert cited is not None
    assert newest[1] == cited[1] == motiflens.__version__


def test_the_settings_file_of_the_text_is_one(tmp_path: Path) -> None:
    for number, block in enumerate(blocks(text("docs/reference/settings.md"), "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block)
        settings = settings_from({}, file=file)
        assert settings.data.test_share == tomllib.loads(block)["data"]["test_share"] != DataConfig().test_share


#: Calls in one process: each would import for seconds. The process is another one because types are not checked there.
_IN_TURN = """
import json, sys
from motiflens.cli.app import run
for words in json.loads(sys.argv[1]):
    sys.argv = ["motiflens", *words]
    try:
        run()
    except SystemExit as end:
        if end.code:
            sys.exit(f"motiflens {' '.join(words)}: exit code {end.code}")
"""


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        assert not re.findall(r'(?:src|<link[^>]* href)="(?:https?:)?//', page.read_text("utf-8")), page


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the README's tour of the command line has been run."""
    folder = tmp_path_factory.mktemp("tour")
    shutil.copy(ROOT / "tests/model/keras_files/tf_keras_2.21.keras", folder / "tutorial.keras")
    letter = write_genome(folder / "genome.fa", {"chr1": 400})["chr1"][199]
    (folder / "calls.vcf").write_text(vcf([f"chr1 200 x {letter} {letter}GG"]))
    quick = folder / "quick.toml"
    quick.write_text('[fit]\nstrands = "forward"\n[fit.training]\nepochs = 3\n')
    calls = [
        shlex.split(line, comments=True)[1:] for line in blocks(text("README.md"), "sh", marked=True)[0].splitlines()
    ]
    calls = [[*words, "--config", "quick.toml"] if words[0] == "fit" else words for words in calls]
    done = subprocess.run(
        [sys.executable, "-c", _IN_TURN, json.dumps(calls)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_tour_shows_every_command_but_the_demo_and_leaves_what_it_promises(toured: Path) -> None:
    shown = {line.split()[1] for line in blocks(text("README.md"), "sh", marked=True)[0].splitlines()}
    assert shown == set(COMMANDS) - {"demo"}
    for name in (
        "sim/planted.bed",
        "run/report.html",
        "again.json",
        "p.tsv",
        "why/0003.svg",
        "hits.bed",
        "scored.vcf",
        "imported/run.json",
    ):
        assert (toured / name).is_file(), name


def test_python_blocks_run(toured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toured)
    monkeypatch.setattr(TrainingConfig, "epochs_for", lambda *_: 2)  # the blocks are to run, not to learn
    records = (toured / "sim/sequences.csv").read_text().splitlines()[1:]
    rows = [record.split(",") for record in records[:40] + records[-40:]]
    for page in ("README.md", "docs/howto/python.md", "docs/howto/own-network.md"):
        names = {"sequences": [r[0] for r in rows], "labels": [r[1] for r in rows], "new_sequences": [rows[0][0]]}
        for block in blocks(text(page), "python"):
            exec(compile(block, page, "exec"), names)
        if page == "docs/howto/python.md":
            assert names["run"].has("metrics.json")


def keys(value: Any) -> set[str]:
    """Names of all entries of a JSON value, but for those that name classes, files or settings."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    free = {"config", "network", "counts", "files", "curves", "per_class"}
    return set(value).union(*(keys(item) for name, item in value.items() if name not in free))


def test_every_key_of_a_run_is_documented(toured: Path) -> None:
    page = text("docs/reference/run-folder.md")
    found = set()
    for name in ("run.json", "metrics.json", "motifs.json"):
        found |= keys(json.loads((toured / "run" / name).read_text()))
    with np.load(toured / "run/attributions.npz") as arrays:
        found |= set(arrays.files)
    for name, separator in (("history.csv", ","), ("predictions.tsv", "\t"), ("hits.tsv", "\t")):
        columns = (toured / "run" / name).read_text().splitlines()[0].split(separator)
        found |= {column for column in columns if not column.startswith("p_")}
    assert {key for key in found if f"`{key}`" not in page} == set()
    files = {path.relative_to(toured / "run").parts[0] for path in (toured / "run").rglob("*")}
    assert {name for name in files if f"RUN/{name}" not in page} == set()


def test_benchmark_pages_are_rendered_from_the_result_files() -> None:
    call = [sys.executable, ROOT / "benchmarks/render.py", "--check"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks/results").glob("*.json")), ids=lambda path: path.stem)
def test_a_result_file_has_the_one_format(path: Path) -> None:
    result = json.loads(path.read_text("utf-8"))
    assert set(result) - {"note"} == {"benchmark", "command", "machine", "date", "commit", "rows"}
    assert set(result["machine"]) == {"cpu", "cores", "avx512", "memory_gb"}
    assert result["rows"]
    assert all(isinstance(row, dict) for row in result["rows"])
    assert result["benchmark"] == "peers" or result["command"].startswith(("python benchmarks/", "motiflens ", "make "))
