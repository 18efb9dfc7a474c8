"""What a run tells of its own making: stages with seconds and peak memory, and warnings."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Announce = Callable[[str], None]


def peak_memory_mb() -> float:
    """Largest resident set of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


@dataclass
class Logbook:
    """Stages and warnings of one run, told to `announce` as they happen."""

    announce: Announce = lambda _: None
    stages: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        self.announce(name)
        start = time.perf_counter()
        yield
        seconds = round(time.perf_counter() - start, 2)
        self.stages.append({"name": name, "seconds": seconds, "peak_memory_mb": round(peak_memory_mb())})

    def warn(self, text: str) -> None:
        """Keep a warning for the report and tell it now."""
        self.announce(f"warning: {text}")
        self.warnings.append(text)
