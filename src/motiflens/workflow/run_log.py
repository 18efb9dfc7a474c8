"""Stages and warnings of a run, and how they are reported to the caller."""

import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from motiflens.run.schema.info import Stage

#: Takes one line about what is happening; warnings begin with "warning: ", details with "detail: ".
Notify = Callable[[str], None]

#: Hears how many sequences are done, and of how many (None: unknown).
Progress = Callable[[int, int | None], None]

#: The stages of a fit, and the share of its time that each usually takes.
FIT_PLAN = {
    "check data": 0.02,
    "train": 0.22,
    "evaluate": 0.14,
    "explain": 0.05,
    "check explanations": 0.04,
    "find motifs": 0.46,
    "report": 0.07,
}


@dataclass(frozen=True, kw_only=True)
class Console:
    """How a caller follows a command: what is said, and how far it is.

    `begin` hears a stage and the shares of the whole command at which it begins and ends, `part` the share of the stage
    that is done, `finish` the stage and its seconds. `command` is recorded in run.json.
    """

    notify: Notify = lambda _: None
    begin: Callable[[str, float, float], None] = lambda stage, start, end: None  # noqa: ARG005
    part: Callable[[float], None] = lambda _: None
    finish: Callable[[str, float], None] = lambda stage, seconds: None  # noqa: ARG005
    command: str = ""


def peak_memory_mb() -> float:
    """Return the largest resident set of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


@dataclass
class RunLog:
    """Stages and warnings of one run, passed on to the console as they happen; `plan` has the stages' shares of it."""

    console: Console = field(default_factory=Console)
    plan: Mapping[str, float] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the body and record it as a stage; one that fails is not recorded."""
        self.console.begin(name, *self._span(name))
        start = time.perf_counter()
        yield
        seconds = round(time.perf_counter() - start, 2)
        self.stages.append(Stage(name=name, seconds=seconds, peak_memory_mb=round(peak_memory_mb())))
        self.console.finish(name, seconds)

    def _span(self, name: str) -> tuple[float, float]:
        """Return the shares of the whole run at which a stage begins and ends."""
        names = list(self.plan)
        if name not in names:
            return 0.0, 0.0
        start = sum(self.plan[earlier] for earlier in names[: names.index(name)]) + 0.0
        return start, start + self.plan[name]

    def progress(self, share: float, detail: str = "") -> None:
        """Report the share of the present stage that is done, and a detail."""
        self.console.part(share)
        if detail:
            self.console.notify(f"detail: {detail}")

    def notify(self, text: str) -> None:
        """Pass on what is happening."""
        self.console.notify(text)

    def warn(self, text: str) -> None:
        """Record a warning and pass it on."""
        self.console.notify(f"warning: {text}")
        self.warnings.append(text)
