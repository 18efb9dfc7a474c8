"""How many threads compiled code works with."""

import os


def thread_count() -> int:
    """Return OMP_NUM_THREADS, as PyTorch takes it, or else the number of processors that this process may use."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdigit() and int(given):
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
