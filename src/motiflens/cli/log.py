"""--log-file: what a command says, and what the library logs, with times, in a file."""

import logging
from pathlib import Path

from motiflens.errors import InputError

LOGGER = logging.getLogger("motiflens")
_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def open_log(path: Path) -> None:
    """Append to `path` from now on. Raises InputError where it cannot be written."""
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--log-file {path}: cannot be written ({error.strerror}); choose another place") from error
    handler.setFormatter(logging.Formatter(_FORMAT))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)


def log(text: str) -> None:
    """Write a line; warnings and errors are known by their first word."""
    if not any(isinstance(handler, logging.FileHandler) for handler in LOGGER.handlers):
        return  # without a handler Python would print warnings to stderr a second time
    word, _, rest = text.partition(": ")
    levels = {"warning": logging.WARNING, "error": logging.ERROR}
    LOGGER.log(levels.get(word, logging.INFO), "%s", rest if word in levels else text)


def close_log() -> None:
    """Close the files that `open_log` opened."""
    for handler in [h for h in LOGGER.handlers if isinstance(h, logging.FileHandler)]:
        LOGGER.removeHandler(handler)
        handler.close()
