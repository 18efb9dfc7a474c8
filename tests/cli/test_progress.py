"""Progress: one bar in a terminal, lines and signs of life elsewhere, and Ctrl-C."""

import io
import logging
import sys
import time

import pytest

from motiflens.cli.console import screen, set_volume
from motiflens.cli.failure import Interrupted
from motiflens.cli.progress import Course, Lines, clock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass on request."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def _volume():
    level = logging.getLogger("motiflens.console").level
    yield
    logging.getLogger("motiflens.console").setLevel(level)


@pytest.fixture
def terminal(monkeypatch):
    """Make stderr a terminal (from within the test: pytest replaces it after the fixtures)."""

    def make() -> Terminal:
        monkeypatch.setattr(sys, "stderr", Terminal())
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "100")
        return sys.stderr

    return make


def wait_until(is_so, seconds=30.0) -> None:
    """Wait for another thread's work, which a busy machine delays."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)


def fit(shown) -> None:
    """What a fit reports."""
    console = shown.console()
    console.notify("300 sequences")
    console.begin("train", 0.0, 0.5)
    console.part(0.5)
    console.notify("detail: epoch 1")
    console.finish("train", 2.34)
    console.notify("warning: few")


def test_a_log_has_a_line_a_stage(capsys):
    with screen("reading", stages=True) as shown:
        fit(shown)
    assert capsys.readouterr().err == "300 sequences\ntrain: 2.3 s\nwarning: few\n"


def test_quiet_leaves_warnings_and_verbose_adds_details(capsys):
    set_volume(quiet=True)
    with screen("reading", stages=True) as shown:
        fit(shown)
    assert capsys.readouterr().err == "warning: few\n"
    set_volume(verbose=True)
    with screen("reading", stages=True) as shown:
        fit(shown)
    assert capsys.readouterr().err.endswith("300 sequences\nepoch 1\ntrain: 2.3 s\nwarning: few\n")


def test_a_command_of_one_stage_is_silent_in_a_pipe(capsys):
    with screen("explaining") as shown:
        shown.notify("naming 3 motifs")
        shown.counted(512, 4096)
    assert capsys.readouterr().err == ""


def test_a_terminal_has_one_bar_of_the_whole_command(terminal):
    shown_on = terminal()
    with screen("reading", stages=True) as shown:
        fit(shown)
        wait_until(lambda: " 25 % " in shown_on.getvalue())
    said = shown_on.getvalue()
    assert " 25 % " in said
    assert "train" in said
    assert "warning: few" in said
    assert "2.3 s" not in said


def test_a_terminal_shows_how_many_sequences_are_done(terminal):
    shown_on = terminal()
    with screen("explaining") as shown:
        shown.counted(512, None)
        shown.counted(1024, 4096)
        wait_until(lambda: "1,024 of" in shown_on.getvalue())
    assert "1,024 of 4,096 sequences" in shown_on.getvalue()


def test_a_log_shows_life_while_nothing_is_said(capsys):
    course = Course()
    course.begin("find motifs", 0.5, 0.9)
    lines = Lines(course, stages=True, silence=0.05)
    heard: list[str] = []

    def lines_heard() -> list[str]:
        heard.append(capsys.readouterr().err)
        return "".join(heard).splitlines()

    lines.start()
    wait_until(lambda: len(lines_heard()) > 2)
    lines.stop()
    said = lines_heard()
    assert len(said) > 2
    assert said[0].startswith("find motifs: 0 s so far, 5")
    assert said[0].endswith(" % of all done")


def test_shares_never_fall_and_stages_that_report_nothing_move_by_time():
    now = Clock()
    course = Course(now=now)
    shares = []
    course.begin("reading", 0.0, 0.0)
    now.seconds = 5.0
    shares.append(course.share())
    assert course.time_left() is None
    course.begin("train", 0.0, 0.5)
    for part in (0.1, 0.4, 0.2, 1.0):
        course.part(part)
        now.seconds += 5.0
        shares.append(course.share())
    assert shares == pytest.approx([0, 0.05, 0.2, 0.2, 0.5])
    assert course.time_left() == pytest.approx(20)
    course.begin("find motifs", 0.5, 0.9)
    for _ in range(400):
        now.seconds += 5.0
        shares.append(course.share())
    assert shares == sorted(shares)
    assert 0.5 < shares[5] < 0.7
    assert 0.85 < shares[-1] < 0.9
    course.begin("report", 0.2, 0.3)  # a plan that was wrong: the bar waits
    assert course.share() == shares[-1]


def test_a_stage_that_tells_what_is_done_does_not_move_by_time():
    now = Clock()
    course = Course(now=now)
    course.begin("find motifs", 0.5, 0.9)
    course.part(0.0)
    now.seconds = 500.0
    assert course.share() == 0.5
    course.part(0.25)
    assert course.share() == pytest.approx(0.6)


def test_clock():
    assert [clock(s) for s in (4.4, 65.0, 3599.6, 3725.0)] == ["0:04", "1:05", "1:00:00", "1:02:05"]


def test_ctrl_c_says_how_to_go_on():
    for resumes, said in ((True, "interrupted; the same command resumes"), (False, "interrupted; nothing was written")):
        with pytest.raises(Interrupted, match=said), screen("fitting", resumes=resumes):
            raise KeyboardInterrupt


def test_ctrl_c_ends_with_130(motiflens, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("motiflens.workflow.demo.run_demo", interrupted)
    answer = motiflens("demo")
    assert (answer.code, answer.out) == (130, "")
    assert "motiflens: interrupted; the same command resumes" in answer.err


def test_ctrl_c_before_anything_is_shown_has_a_word_too(motiflens, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("motiflens.cli.commands.audit.labelled_regions", interrupted)
    answer = motiflens("audit", "x.csv")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.endswith("motiflens: interrupted; nothing was written\n")
