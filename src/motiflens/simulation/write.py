"""A folder of text files that appears whole or not at all."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from motiflens.errors import InputError


def write_folder(folder: str | Path, files: Mapping[str, str]) -> Path:
    """Write texts by file name into a new folder, and return its path.

    Raises:
        InputError: the folder exists and is not empty, or cannot be written.
    """
    folder = Path(os.path.abspath(folder))
    partial = folder.parent / f".{folder.name}.{os.getpid()}.partial"
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: exists and is not an empty folder; name another, or remove it first")
        partial.mkdir(parents=True)
        for name, text in files.items():
            (partial / name).write_text(text, newline="\n")
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder
