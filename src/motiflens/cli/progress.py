"""How far a command is: one bar for all of it in a terminal, elsewhere a line a stage and signs of life."""

import math
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Seconds after which a log shows that a command is alive: one of several stages, one of a single one.
SILENCE, LONG_SILENCE = 15.0, 60.0
_SURE_AFTER = 3.0  # seconds, and
_SURE_FROM = 0.05  # share of the command, before which the time left is anybody's guess
_FULL = 0.97  # of a stage, which alone knows when it is done
_FIRST = 20.0  # seconds that a stage is taken to last while nothing was measured


@dataclass
class Course:
    """Where a command stands: its stage, and what is known of how far that is. Shares never fall.

    With `guess`, a stage that reports nothing is taken to be as far as the time that it takes; without, at its start.
    """

    guess: bool = True
    now: Callable[[], float] = time.monotonic
    stage: str = ""
    counts: str = ""
    _start: float = 0.0
    _end: float = 0.0
    _part: float | None = None
    _shown: float = 0.0
    _began: float = field(init=False)
    _stage_began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self._stage_began = self.now()

    def begin(self, stage: str, start: float, end: float) -> None:
        """Begin a stage that reaches from one share of the whole command to another."""
        self.stage, self.counts, self._part = stage, "", None
        self._start, self._end, self._stage_began = start, end, self.now()
        if not start:  # reading the data is no part of the plan
            self._began = self._stage_began

    def part(self, share: float) -> None:
        """Note the share of the stage that is done."""
        self._part = max(self._part or 0.0, min(share, 1.0))

    @property
    def stage_seconds(self) -> float:
        """Seconds since the stage began."""
        return self.now() - self._stage_began

    def share(self) -> float:
        """Return the share of the whole command that is done."""
        part = (self._guessed() if self.guess else 0.0) if self._part is None else self._part
        self._shown = max(self._shown, self._start + (self._end - self._start) * part)
        return self._shown

    def _guessed(self) -> float:
        """Return the share of the stage that is done if it keeps to its plan; its end only the stage itself knows."""
        before = self._stage_began - self._began
        planned = max((self._end - self._start) * before / self._start, 1.0) if self._start else _FIRST
        return _FULL * (1 - math.exp(-self.stage_seconds / planned))

    def time_left(self) -> float | None:
        """Return the seconds that are left at the pace so far; None while that is anybody's guess."""
        share, elapsed = self.share(), self.now() - self._began
        if share < _SURE_FROM or elapsed < _SURE_AFTER or share >= 1:
            return None
        return elapsed * (1 - share) / share


class Bar:
    """One line at the bottom of the terminal, redrawn four times a second; text goes above it."""

    def __init__(self, course: Course, *, stages: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        self.course, self._stages = course, stages
        self._live = Live(
            console=Console(stderr=True),
            get_renderable=self._line,
            transient=True,
            redirect_stdout=False,
            refresh_per_second=4,
        )

    def start(self) -> None:
        """Draw it from now on."""
        self._live.start()

    def stop(self) -> None:
        """Take it away."""
        self._live.stop()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def finished(self, stage: str, seconds: float) -> None:
        """Print a stage's seconds, if that was asked for."""
        if self._stages:
            self.say(stage_line(stage, seconds))

    def _line(self) -> "RenderableType":
        from rich.progress_bar import ProgressBar
        from rich.spinner import Spinner
        from rich.table import Table

        share, left = self.course.share(), self.course.time_left()
        row: list[Any] = [self.course.stage]
        if share:
            row += [ProgressBar(total=1.0, completed=share, width=30), f"{100 * share:3.0f} %"]
        else:
            row += [Spinner("line")]
        row += [self.course.counts, "" if left is None else f"{clock(left)} left"]
        line = Table.grid(padding=(0, 1))
        line.add_row(*row)
        return line


class Lines:
    """A line a stage, and one whenever nothing was said for `SILENCE` seconds."""

    def __init__(self, course: Course, *, stages: bool, silence: float = SILENCE) -> None:
        self.course, self._stages, self._silence = course, stages, silence
        self._ended = threading.Event()
        self._last = course.now()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def start(self) -> None:
        """Watch for silence from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()
        self._thread.join()

    def say(self, text: str) -> None:
        """Print a line."""
        self._last = self.course.now()
        print(text, file=sys.stderr, flush=True)

    def finished(self, stage: str, seconds: float) -> None:
        """Print a stage's seconds."""
        if self._stages:
            self.say(stage_line(stage, seconds))

    def _live(self) -> None:
        while not self._ended.wait(self._silence / 10):
            if self.course.now() - self._last >= self._silence:
                course, share = self.course, self.course.share()
                known = f", {100 * share:.0f} % of all done" if share else ""
                known = f", {course.counts}{known}" if course.counts else known
                self.say(f"{course.stage}: {course.stage_seconds:.0f} s so far{known}")


def stage_line(stage: str, seconds: float) -> str:
    """Return what is said of a stage that is done."""
    return f"{stage}: {seconds:.1f} s"


def clock(seconds: float) -> str:
    """Return a duration as 0:42, 12:05 or 3:20:00."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
