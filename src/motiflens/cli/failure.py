"""Error messages for environment failures: full disk, permissions, out of memory."""

import errno

_FULL = ("no space left", "disk quota exceeded", "os error 28")
_REMEDY = "free some space or choose another folder, then repeat the command: a fit resumes where it stopped"


def environment_failure(error: BaseException) -> str | None:
    """One line for an error of the machine, None for any other error.

    Libraries report a full disk each in its own way (PyTorch and safetensors with types of their own).
    """
    text = " ".join(str(error).split())
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or any(words in text.lower() for words in _FULL):
        place = getattr(error, "filename", None)
        return f"{place or 'the output'}: the disk is full; {_REMEDY}"
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{error.filename or 'the output'}: cannot be written ({error.strerror}); choose another folder"
    if isinstance(error, MemoryError):
        return "out of memory; give fewer or shorter sequences, or use a machine with more memory"
    return None


class Interrupted(Exception):
    """Ctrl-C ended the command; `resumes` says whether the same command goes on from there."""

    def __init__(self, *, resumes: bool = False) -> None:
        super().__init__("interrupted; the same command resumes" if resumes else "interrupted; nothing was written")
