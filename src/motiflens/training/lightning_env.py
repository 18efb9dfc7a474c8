"""What training must not change in the process, or say in its terminal."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def same_determinism() -> Iterator[None]:
    """Give the process back its choice of deterministic algorithms, which Lightning's trainer changes for good.

    Memory that nobody has read need not be filled for that: it would be an eighth of a step.
    """
    before, warn = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    memory: Any = torch.utils.deterministic
    filled, memory.fill_uninitialized_memory = memory.fill_uninitialized_memory, False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn)
        memory.fill_uninitialized_memory = filled


@contextmanager
def keyboard_interrupts() -> Iterator[None]:
    """Let Ctrl-C end a training as it ends everything else; Lightning exits with 1 and is deaf to it from then on."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as end:
        if not isinstance(end.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, before)
        raise end.__context__ from None


class quiet_lightning:
    """Keep Lightning's own announcements (devices, tips) out of the user's terminal."""

    def __enter__(self) -> None:
        self.loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
        self.levels = [logger.level for logger in self.loggers]
        for logger in self.loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self.loggers, self.levels, strict=True):
            logger.setLevel(level)
