"""Input files as byte streams: plain or gzip, fingerprinted as they are read, every failure one clear line."""

import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import cast

from motiflens.errors import InputError

STDIN = "-"
BLOCK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_KINDS = {
    b"PK\x03\x04": "an Excel or zip file; save the sheet as CSV UTF-8, or unpack the file",
    b"\xd0\xcf\x11\xe0": "an old Excel file; save the sheet as CSV UTF-8",
    b"BZh": "bzip2; unpack it, or compress it with gzip",
    b"\xfd7zXZ": "xz; unpack it, or compress it with gzip",
    b"\x28\xb5\x2f\xfd": "zstd; unpack it, or compress it with gzip",
    b"\x89HDF": "HDF5; export the sequences as a table or FASTA",
    b"PAR1": "Parquet; give it a name that ends in .parquet",
    b"\x43\x27\x41\x1a": "2bit; it is read as a genome (--genome) under a name that ends in .2bit",
}


class _HashingReader(io.RawIOBase):
    """Passes bytes on and hashes them, so that a pipe, which can be read only once, has a fingerprint too."""

    def __init__(self, raw: io.RawIOBase | io.BufferedIOBase) -> None:
        self._raw = raw
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._raw.readinto(buffer) or 0
        self.digest.update(memoryview(buffer)[:count])
        return count


@dataclass(frozen=True, kw_only=True)
class OpenedFile:
    """A file being read: `stream` yields its text, unzipped, without a byte order mark."""

    path: str
    stream: io.BufferedReader
    reader: _HashingReader

    def sha256(self) -> str:
        """Fingerprint of the file's bytes on disk, as far as they have been read."""
        return self.reader.digest.hexdigest()


@contextmanager
def input_errors(path: str) -> Iterator[None]:
    """Turn what can go wrong while a file is read into an InputError that names it."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name a file in it") from None
    except EOFError:
        raise InputError(f"{path}: the gzip file is cut off; copy or download it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is corrupt ({error}); copy or download it again") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); check its permissions") from None


def file_sha256(path: str) -> str:
    """Return the fingerprint of a file. Raises InputError where it cannot be read."""
    with input_errors(path), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_input(path: str) -> Iterator[OpenedFile]:
    """Open a text file, plain or gzip (known by its first bytes, so that a pipe works too); "-" is standard input.

    Raises InputError for a missing, unreadable, empty, binary or UTF-16 file and for broken gzip.
    """
    with input_errors(path), _opened(path) as raw:
        reader = _HashingReader(raw)
        stream: io.BufferedReader = io.BufferedReader(reader, BLOCK)
        if stream.peek(2)[:2] == GZIP_MAGIC:
            stream = io.BufferedReader(gzip.GzipFile(fileobj=stream), BLOCK)
        elif path.lower().endswith(".gz"):
            raise InputError(f"{path}: is named .gz but is not gzip; rename it without .gz, or download it again")
        _check_text(stream.peek(BLOCK), path)
        if stream.peek(3)[:3] == UTF8_BOM:
            stream.read(3)
        yield OpenedFile(path=path, stream=stream, reader=reader)


def _opened(path: str) -> AbstractContextManager[io.RawIOBase | io.BufferedIOBase]:
    if path != STDIN:
        return open(path, "rb", buffering=0)
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("-: standard input is closed; name a file, or send it one with < or |")
    return nullcontext(cast(io.BufferedIOBase, sys.stdin.buffer))  # it is not ours to close


def _check_text(head: bytes, path: str) -> None:
    if not head:
        raise InputError(f"{path}: is empty; give a file with sequences")
    if head.startswith(UTF16_BOMS):
        raise InputError(f"{path}: is UTF-16 text; save it as plain text (UTF-8)")
    for magic, kind in _KINDS.items():
        if head.startswith(magic) and (b"\0" in head or not head.isascii()):
            raise InputError(f"{path}: is {kind}")
    if b"\0" in head:
        raise InputError(f"{path}: is a binary file; give FASTA or a table as text, plain or gzip")
