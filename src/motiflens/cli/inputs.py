"""Data arguments and options into what the workflow reads; files are not opened here."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, get_args

from motiflens.data.config import Negatives
from motiflens.errors import InputError

if TYPE_CHECKING:
    from motiflens.data.regions import GenomeRegions
    from motiflens.workflow.audit import LabelledRegions

PEAK, BACKGROUND = "peak", "background"
_KINDS = get_args(Negatives)


def negatives_kind(negatives: str | None) -> str | None:
    """What --negatives names, where it is a kind and no file."""
    return negatives if negatives in _KINDS else None


def labelled_regions(
    data: Sequence[str],
    *,
    bed: Sequence[str],
    genome: str | None,
    negatives: str | None = None,
    test: Sequence[str] = (),
) -> "LabelledRegions | None":
    """Labelled data as intervals of a genome: --bed, or CLASS=FILE.bed pairs; None without --genome.

    Raises InputError for options that do not go together, and where there are no data at all.
    """
    from motiflens.data.collect import class_and_file
    from motiflens.workflow.audit import LabelledRegions

    read_once((*data, *test, *bed, genome))
    own = negatives if negatives and not negatives_kind(negatives) else None
    if own and not any(mark in own for mark in "./-"):
        raise InputError(f"--negatives {own}: give {', '.join(_KINDS)}, or a BED file of your own negatives")
    if genome is None:
        if bed:
            raise InputError("--bed: needs the genome that the intervals are of; add --genome FILE")
        if negatives:
            raise InputError(
                "--negatives: only with --genome; a single CLASS=FILE gets shuffled negatives, and negatives of your "
                "own are a class (bound=A.fa background=B.fa)"
            )
        if not data:
            raise InputError("no data: give CLASS=FILE pairs, one table, or --bed and --genome")
        return None
    if bed and data:
        raise InputError("--bed: cannot be combined with DATA; give several classes as CLASS=FILE.bed, with --genome")
    if not bed and not data:
        raise InputError("--bed and --genome: give both, or CLASS=FILE.bed with --genome")
    files = [(PEAK, path) for path in bed] or [class_and_file(argument) for argument in data]
    if own:
        if len({name for name, _ in files}) > 1:
            raise InputError(f"--negatives {own}: the data have several classes; give it as one more CLASS=FILE.bed")
        files.append((BACKGROUND, own))
    held_out = [class_and_file(item) if "=" in item else (files[0][0], item) for item in test]
    return LabelledRegions(files=tuple(files), genome=genome, test=tuple(held_out))


def sequence_source(sequences: str | None, *, bed: Sequence[str], genome: str | None) -> "str | GenomeRegions":
    """Sequences without labels: a file, or --bed and --genome. Raises InputError unless it is one of the two."""
    from motiflens.data.regions import GenomeRegions

    read_once((sequences, *bed, genome))
    if bed and not genome:
        raise InputError("--bed: needs the genome that the intervals are of; add --genome FILE")
    if genome and not bed:
        raise InputError(f"--genome: is for intervals; give them as --bed {sequences or 'FILE'}")
    if bool(sequences) == bool(bed):
        raise InputError("no sequences: give a file (FASTA or a table), - for standard input, or --bed and --genome")
    return sequences if sequences else GenomeRegions(beds=tuple(bed), genome=genome or "")


def read_once(given: Iterable[object]) -> None:
    """Raise InputError where standard input is named twice: it can be read only once."""
    if sum(str(item) == "-" or str(item).endswith("=-") for item in given) > 1:
        raise InputError("-: standard input can be read only once; name a file for the other")
