"""Progress and warnings on stderr, results on stdout, all of it in the log file."""

import logging
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from motiflens.cli.failure import Interrupted
from motiflens.cli.log import log
from motiflens.cli.progress import LONG_SILENCE, SILENCE, Bar, Course, Lines, stage_line

if TYPE_CHECKING:
    from motiflens.workflow.run_log import Console

#: Its level is how much a command says on stderr; not set, it is that of progress.
_VOLUME = logging.getLogger("motiflens.console")


def set_volume(*, quiet: bool = False, verbose: bool = False) -> None:
    """Choose what this process says on stderr: warnings alone, progress too (the default), or details too."""
    _VOLUME.setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)


def _loud(level: int) -> bool:
    return (_VOLUME.level or logging.INFO) <= level


def command_line() -> str:
    """Return the command as the user gave it."""
    return shlex.join(["motiflens", *sys.argv[1:]])


class Screen:
    """What a command says on stderr while it runs: notes and warnings, and how far it is.

    `notes` are shown in a terminal; elsewhere with `chatty`, which commands of several stages are.
    """

    def __init__(self, course: Course, face: Bar | Lines | None, *, chatty: bool, unit: str) -> None:
        self._course, self._face, self._chatty, self._unit = course, face, chatty, unit

    def notify(self, text: str) -> None:
        """Log a line and show it, as far as it is loud enough."""
        kind, _, rest = text.partition(": ")
        if kind == "detail":
            text, shown = rest, _loud(logging.DEBUG)
        elif kind == "warning":
            shown = True
        else:
            shown = _loud(logging.INFO) and (self._chatty or isinstance(self._face, Bar))
        log(text)
        if shown:
            self._face.say(text) if self._face else print(text, file=sys.stderr)

    def counted(self, done: int, total: int | None) -> None:
        """Show how many of the units are done, and of how many, if that is known."""
        if total:
            self._course.part(done / total)
        self._course.counts = f"{done:,} of {total:,} {self._unit}" if total else f"{done:,} {self._unit}"

    def finish(self, stage: str, seconds: float) -> None:
        """Log a stage's seconds, and show them where there is no bar."""
        log(stage_line(stage, seconds))
        if self._face:
            self._face.finished(stage, seconds)

    def console(self) -> "Console":
        """Return how a fit reports to this screen."""
        from motiflens.workflow.run_log import Console

        return Console(
            notify=self.notify,
            begin=self._course.begin,
            part=self._course.part,
            finish=self.finish,
            command=command_line(),
        )


@contextmanager
def screen(
    doing: str, *, stages: bool = False, bar: bool = True, resumes: bool = False, unit: str = "sequences"
) -> Iterator[Screen]:
    """Show what a command is doing while the block runs.

    Args:
        doing: What it does, before its first stage, or as its only one.
        stages: It has stages, each of which is worth a line outside of a terminal.
        bar: A bar may be drawn: nothing else is written to the terminal meanwhile.
        resumes: After Ctrl-C the same command goes on.
        unit: What is counted.

    Raises:
        Interrupted: Ctrl-C.
    """
    course = Course(guess=stages)
    course.begin(doing, 0.0, 0.0 if stages else 1.0)
    face = _face(course, stages=stages, bar=bar)
    if face:
        face.start()
    try:
        yield Screen(course, face, chatty=stages, unit=unit)
    except KeyboardInterrupt:
        raise Interrupted(resumes=resumes) from None
    finally:
        if face:
            face.stop()


def _face(course: Course, *, stages: bool, bar: bool) -> Bar | Lines | None:
    if not _loud(logging.INFO):
        return None
    verbose = _loud(logging.DEBUG)
    if sys.stderr.isatty() and _draws():
        return Bar(course, stages=verbose) if bar else None
    chatty = stages or verbose
    return Lines(course, stages=chatty, silence=SILENCE if chatty else LONG_SILENCE)


def _draws() -> bool:
    from rich.console import Console

    return not Console(stderr=True).is_dumb_terminal
