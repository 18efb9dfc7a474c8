"""Write the command's messages and the library's log, with times, to a file (`--log-file`)."""

import logging
import re
from pathlib import Path

from motiflens.errors import InputError

LOGGER = logging.getLogger("motiflens")
_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_OURS = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ ")


def open_log(path: Path) -> None:
    """Append to `path` from now on. Raises InputError where it cannot be written, or is no log but another file."""
    try:
        if path.is_file() and not _is_log(path):
            raise InputError(f"--log-file {path}: exists and is not a motiflens log; choose another name")
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise InputError(f"--log-file {path}: cannot be written ({error.strerror}); choose another location") from error
    handler.setFormatter(logging.Formatter(_FORMAT))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)


def _is_log(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(100)
    return not start or _OURS.match(start) is not None


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
