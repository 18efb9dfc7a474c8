"""Stages and warnings of a run, and how they are reported to the caller."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from motiflens.run.schema.info import Stage

#: Takes one line about what is happening; warnings begin with "warning: ".
Notify = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Console:
    """How a caller follows a fit: lines of progress, a progress bar where one may be drawn.

    `command` is recorded in run.json.
    """

    notify: Notify = lambda _: None
    progress_bar: bool = False
    command: str = ""


def peak_memory_mb() -> float:
    """Return the largest resident set of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


@dataclass
class RunLog:
    """Stages and warnings of one run, passed on to `notify` as they happen."""

    notify: Notify = lambda _: None
    stages: list[Stage] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the body and record it as a stage; one that fails is not recorded."""
        self.notify(name)
        start = time.perf_counter()
        yield
        seconds = round(time.perf_counter() - start, 2)
        self.stages.append(Stage(name=name, seconds=seconds, peak_memory_mb=round(peak_memory_mb())))

    def warn(self, text: str) -> None:
        """Record a warning and pass it on."""
        self.notify(f"warning: {text}")
        self.warnings.append(text)
