"""What edits of more than one base do to a decision: ablation, insertion, indels, pairs of motifs.

Every effect is a change of the target class's logit (`Output.target_weights`): edited less unedited. Positions are
0-based, stretches half-open; a sequence keeps its length.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64, UInt8

from motiflens.errors import InputError
from motiflens.explain.changes import logit_changes_of
from motiflens.explain.replacements import Replacements
from motiflens.explain.targets import Target, target_indices
from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length
from motiflens.sequence.alphabet import N, encode, reverse_complement
from motiflens.sequence.shuffle import dinucleotide_shuffle
from motiflens.shapes import Codes

Targets = Target | Sequence[str | int]
#: A row of codes, and start and end of a stretch in it.
Stretches = Int64[np.ndarray, "stretches 3"]
#: Letters to write: text, codes of one word, codes of several to draw from, or probabilities of each base to draw by.
Word = str | UInt8[np.ndarray, " width"] | UInt8[np.ndarray, "words width"] | Float[np.ndarray, "4 width"]
#: Strands of the left and the right motif of a pair.
Orientation = Literal["++", "+-", "-+", "--"]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Replace [start, end) of a row by `letters`: "" deletes, start == end inserts."""

    row: int
    start: int
    end: int
    letters: str


@dataclass(frozen=True, kw_only=True)
class PairEffects:
    """Effects in logits of the left motif alone, the right one alone, and both, by sequence and distance.

    `distances` counts the letters between the two. `interaction` is what both do beyond the sum of each alone.
    """

    distances: tuple[int, ...]
    left: Float32[np.ndarray, "n distances"]
    right: Float32[np.ndarray, "n distances"]
    both: Float32[np.ndarray, "n distances"]

    @property
    def interaction(self) -> Float32[np.ndarray, "n distances"]:
        """both - left - right."""
        return self.both - self.left - self.right


def ablation_effects(
    model: Model, codes: Codes, stretches: Stretches, *, target: Targets = None, repeats: int = 10, seed: int = 0
) -> Float32[np.ndarray, " stretches"]:
    """Mean change of the target logit when a stretch is replaced by background, for rows (row, start, end).

    The background is what stands at the same place in `repeats` dinucleotide shuffles of the whole sequence: a short
    stretch shuffled by itself would often come back as it was. N stays where it is. A negative effect means that the
    stretch speaks for the target, which is as in `mutagenesis`. Raises InputError for a stretch outside of codes
    (n, length), an unknown target or sequences of another length than the model's.
    """
    check_length(model, codes)
    _check_stretches(stretches, codes.shape)
    weights = model.output.target_weights()[target_indices(model, codes, target)]
    effects = np.zeros(len(stretches), np.float32)
    rows, where = np.unique(stretches[:, 0], return_inverse=True)
    shuffles = dinucleotide_shuffle(codes[rows], copies=repeats, seed=seed)
    widths = stretches[:, 2] - stretches[:, 1]
    for width in np.unique(widths[widths > 0]):
        some = np.flatnonzero(widths == width)
        columns = stretches[some, 1, None] + np.arange(width)
        words = shuffles[where[some, None, None], np.arange(repeats)[:, None], columns[:, None]]
        edits = Replacements(
            rows=np.repeat(stretches[some, 0], repeats),
            starts=np.repeat(stretches[some, 1], repeats),
            words=words.reshape(-1, width),
        )
        changes = (logit_changes_of(model, codes, edits) * weights[edits.rows]).sum(1)
        effects[some] = changes.reshape(-1, repeats).mean(1)
    return effects


def insertion_effects(
    model: Model,
    codes: Codes,
    word: Word,
    *,
    positions: Sequence[int] | Int64[np.ndarray, " positions"] | None = None,
    target: Targets = None,
    seed: int = 0,
) -> Float32[np.ndarray, "n positions"]:
    """Change of the target logit when a word is written over each sequence at each start position (0-based).

    `word` is text (N leaves the letter that is there), codes (width,), codes of several words (words, width) of which
    one is drawn for each sequence and position, or base probabilities (4, width), by which one is drawn for each. The
    sequence keeps its length. `positions` defaults to all places where the word fits. Raises InputError for a position
    where it does not, an unknown target or sequences of another length than the model's.
    """
    check_length(model, codes)
    rng = np.random.default_rng(seed)
    width = _width(word)
    starts = np.arange(codes.shape[1] - width + 1) if positions is None else np.asarray(positions, np.int64)
    _check_starts(starts, width, codes.shape[1])
    edits = Replacements(
        rows=np.repeat(np.arange(len(codes)), len(starts)),
        starts=np.tile(starts, len(codes)),
        words=_draw(word, len(codes) * len(starts), rng),
    )
    return _changes(model, codes, edits, target).reshape(len(codes), len(starts))


def pair_interaction(
    model: Model,
    codes: Codes,
    *,
    a: Word,
    b: Word,
    distances: Sequence[int],
    orientation: Orientation = "++",
    start: int | None = None,
    target: Targets = None,
    seed: int = 0,
) -> PairEffects:
    """Effects of motif `a`, of `b` to its right, and of both, written over each sequence at each distance.

    `distances` counts letters between the end of `a` and the start of `b`. `a` begins at `start` (0-based), by default
    so that the widest pair stands in the middle; `orientation` gives the strands of `a` and `b` ("-" writes the
    reverse complement). Words are as in `insertion_effects`; a sequence has the same draw alone and in the pair, at
    every distance. Raises InputError for a negative distance or a pair that does not fit.
    """
    check_length(model, codes)
    rng = np.random.default_rng(seed)
    left, right = (
        reverse_complement(words) if strand == "-" else words
        for words, strand in zip((_draw(a, len(codes), rng), _draw(b, len(codes), rng)), orientation, strict=True)
    )
    if not len(distances) or min(distances) < 0:
        raise InputError(f"distances {list(distances)}: give one or more, none negative")
    widest = left.shape[1] + max(distances) + right.shape[1]
    start = (codes.shape[1] - widest) // 2 if start is None else start
    if start < 0 or start + widest > codes.shape[1]:
        raise InputError(
            f"a pair of {widest} letters from position {start} does not fit in {codes.shape[1]} bp: "
            "give smaller distances or another start"
        )
    indices = target_indices(model, codes, target)
    rows = np.arange(len(codes))

    def effect(at: int, words: np.ndarray) -> np.ndarray:
        edits = Replacements(rows=rows, starts=np.full(len(rows), at), words=words)
        return _changes(model, codes, edits, [int(i) for i in indices])

    alone = effect(start, left)
    places = [(distance, start + left.shape[1] + distance) for distance in distances]
    gaps = {distance: np.full((len(rows), distance), N, np.uint8) for distance in distances}
    return PairEffects(
        distances=tuple(int(distance) for distance in distances),
        left=np.repeat(alone[:, None], len(distances), axis=1),
        right=np.stack([effect(at, right) for _, at in places], 1),
        both=np.stack([effect(start, np.hstack((left, gaps[distance], right))) for distance, _ in places], 1),
    )


def edit_effects(
    model: Model,
    codes: Codes,
    edits: Sequence[Edit],
    *,
    anchor: Literal["left", "right"] = "left",
    target: Targets = None,
) -> Float32[np.ndarray, " edits"]:
    """Change of the target logit by each edit: substitution, insertion or deletion of any width.

    An edit that changes the length moves what lies on the side away from `anchor`: letters that leave the sequence are
    lost, places that come free hold N. Raises InputError for an edit outside of codes (n, length), letters that are no
    DNA, an unknown target or sequences of another length than the model's.
    """
    check_length(model, codes)
    stretches = np.array([(edit.row, edit.start, edit.end) for edit in edits], np.int64).reshape(-1, 3)
    _check_stretches(stretches, codes.shape)
    edited = np.stack([_edited(codes[edit.row], edit, anchor) for edit in edits]) if edits else codes[:0]
    whole = Replacements(rows=stretches[:, 0], starts=np.zeros(len(edits), np.int64), words=edited, literal=True)
    return _changes(model, codes, whole, target)


def sample_words(
    probabilities: Float64[np.ndarray, "4 width"], count: int, *, seed: int = 0
) -> UInt8[np.ndarray, "count width"]:
    """Codes of `count` words drawn by the base probabilities of each column."""
    return _draw(probabilities, count, np.random.default_rng(seed))


def _changes(model: Model, codes: Codes, edits: Replacements, target: Targets) -> np.ndarray:
    weights = model.output.target_weights()[target_indices(model, codes, target)]
    return (logit_changes_of(model, codes, edits) * weights[edits.rows]).sum(1).astype(np.float32)


def _edited(sequence: np.ndarray, edit: Edit, anchor: str) -> np.ndarray:
    letters = encode([edit.letters])[0] if edit.letters else sequence[:0]
    joined = np.concatenate((sequence[: edit.start], letters, sequence[edit.end :]))
    missing, length = max(len(sequence) - len(joined), 0), len(sequence)
    if anchor == "left":
        return np.pad(joined, (0, missing), constant_values=N)[:length]
    return np.pad(joined, (missing, 0), constant_values=N)[-length:]


def _width(word: Word) -> int:
    return len(word) if isinstance(word, str) else word.shape[-1]


def _draw(word: Word, count: int, rng: np.random.Generator) -> np.ndarray:
    """Codes (count, width)."""
    if isinstance(word, str):
        return np.repeat(encode([word]), count, axis=0)
    if word.dtype == np.uint8:
        words = np.atleast_2d(word)
        return words[rng.integers(len(words), size=count) if len(words) > 1 else np.zeros(count, np.int64)]
    edges = np.cumsum(word / word.sum(0), axis=0)[:3]
    return (rng.random((count, 1, word.shape[1])) >= edges).sum(1).astype(np.uint8)


def _check_stretches(stretches: np.ndarray, shape: tuple[int, ...]) -> None:
    row, start, end = stretches.T
    wrong = (row < 0) | (row >= shape[0]) | (start < 0) | (end < start) | (end > shape[1])
    if wrong.any():
        where = int(wrong.argmax())
        row, start, end = stretches[where].tolist()
        raise InputError(
            f"stretch {where + 1}, [{start}, {end}) of row {row}: outside of {shape[0]} sequences of {shape[1]} bp"
        )


def _check_starts(starts: np.ndarray, width: int, length: int) -> None:
    wrong = (starts < 0) | (starts + width > length)
    if wrong.any() or width > length:
        where = f"at position {int(starts[wrong][0])}" if wrong.any() else "anywhere"
        raise InputError(f"a word of {width} letters does not fit {where} in {length} bp: give starts from 0 on")
