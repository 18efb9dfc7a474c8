"""The help: examples that are commands, options in groups, choices, and no types of flags."""

import inspect
import os
import re
import shlex

import pytest
import typer

from motiflens.cli.app import app
from motiflens.cli.command import with_common_options
from motiflens.cli.options import DATA, EXPLANATION, MODEL, MOTIFS, NEGATIVES, OUTPUT, TARGETS, TRAINING

COMMANDS = dict(typer.main.get_command(app).commands)
GROUPS = {DATA, EXPLANATION, MODEL, MOTIFS, NEGATIVES, OUTPUT, TARGETS, TRAINING, "Every command"}


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((160, 40)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_groups_examples_and_no_type_of_a_flag(motiflens, name):
    answer = motiflens(name, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert not re.search(r"<(bool|int|float|str|path|list)", answer.out)
    groups = set(re.findall(r"╭─ (.*?) ─", answer.out))
    assert groups - {"Arguments"} <= GROUPS
    assert "Every command" in groups
    assert "--quiet" in answer.out
    examples = re.findall(r"^ (motiflens .*)$", answer.out.partition("Example")[2], flags=re.MULTILINE)
    assert examples
    for example in examples:
        command, *words = shlex.split(example.split(" > ")[0])[1:]
        assert command == name
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_is_understood(name):
    for line in COMMANDS[name].epilog.splitlines()[1:]:
        COMMANDS[name].make_context(name, shlex.split(line.split(" > ")[0])[2:])


def test_the_common_options_come_before_or_after_the_command(motiflens, tmp_path):
    for words in (["--log-file", tmp_path / "a.log", "audit"], ["audit", "--log-file", tmp_path / "b.log"]):
        assert motiflens(*words, "nowhere.csv").code == 2
    assert "nowhere.csv" in (tmp_path / "b.log").read_text()
    for words in (["--quiet", "--verbose", "audit"], ["audit", "-q", "-v"]):
        answer = motiflens(*words, "nowhere.csv")
        assert answer.code == 2
        assert "--quiet or --verbose" in answer.err


def test_a_command_keeps_its_own_parameters_beside_the_common_ones():
    given = {}

    def count(*, most: int = 3) -> None:
        given["most"] = most

    command = with_common_options(count)
    names = list(inspect.signature(command).parameters)
    assert names[0] == "most"
    assert {"quiet", "verbose", "debug", "log_file"} == set(names[1:])
    command(most=5, quiet=False, verbose=False, debug=False, log_file=None)
    assert given == {"most": 5}
