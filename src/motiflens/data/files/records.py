"""Named sequences as text, and many of them as one run of codes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from motiflens.errors import InputError
from motiflens.sequence.alphabet import INVALID, N, encode_letters, soft_mask

LONGEST_ID = 255  # an array of ids takes 4 bytes a letter of the longest
_NUCLEOTIDES = b"ACGTUNacgtun"


class Record(NamedTuple):
    """One sequence as its file has it."""

    id: str
    sequence: str


@dataclass(frozen=True, kw_only=True)
class EncodedRecords:
    """Sequences of any lengths, their codes one after the other; which letters are in lower case, if any are."""

    path: str
    ids: list[str]
    codes: UInt8[np.ndarray, " letters"]
    lengths: Int64[np.ndarray, " n"]
    soft_masked: Bool[np.ndarray, " letters"] | None

    @property
    def starts(self) -> Int64[np.ndarray, " n"]:
        """Where each sequence begins in `codes`."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def ambiguous_letters(self) -> int:
        """Letters other than A, C, G, T."""
        return int((self.codes == N).sum())


def batched(records: Iterable[Record], size: int, *, letters: int = 1 << 24) -> Iterator[list[Record]]:
    """Lists of up to `size` records and about `letters` letters, so that memory stays bounded."""
    batch: list[Record] = []
    total = 0
    for record in records:
        batch.append(record)
        total += len(record.sequence)
        if len(batch) == size or total >= letters:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def encode_records(records: Sequence[Record], path: str) -> EncodedRecords:
    """Codes of records of any lengths.

    Raises InputError, naming file and record, for a record without sequence, protein, a letter outside IUPAC (with
    its column), and an id that is too long or not printable.
    """
    ids = [record.id for record in records]
    lengths = np.fromiter((len(record.sequence) for record in records), np.int64, len(records))
    for name in ids:
        if len(name) > LONGEST_ID or not name.isprintable():
            raise InputError(
                f"{path}: the id {name[:40]!r}... is too long ({len(name)} characters) or not printable; "
                f"use plain letters and digits, up to {LONGEST_ID}"
            )
    if not lengths.all():
        name = ids[int(lengths.argmin())]
        raise InputError(f"{path}: record {name!r} has no sequence; remove the record or add its sequence")
    text = "".join(record.sequence for record in records)
    codes = encode_letters(text)
    soft_masked = None if text.isupper() else soft_mask(text)
    encoded = EncodedRecords(path=path, ids=ids, codes=codes, lengths=lengths, soft_masked=soft_masked)
    if codes.max() == INVALID:
        _refuse_letter(records, encoded)
    return encoded


def _refuse_letter(records: Sequence[Record], encoded: EncodedRecords) -> None:
    position = int((encoded.codes == INVALID).argmax())
    row = int(np.searchsorted(encoded.starts, position, side="right")) - 1
    name, sequence = records[row]
    nucleotides = len(sequence) - len(sequence.encode("ascii", "replace").translate(None, _NUCLEOTIDES))
    if sequence.rstrip("*").isalpha() and 2 * nucleotides < len(sequence):
        raise InputError(f"{encoded.path}: record {name!r} looks like protein; give its DNA sequence")
    column = position - int(encoded.starts[row])
    raise InputError(
        f"{encoded.path}: record {name!r} has {sequence[column]!r} at column {column + 1}, which is not a DNA letter; "
        "replace it by N or remove the record"
    )
