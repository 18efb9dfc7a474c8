"""Logits of edited sequences from the windows that an edit changes, vectorised in PyTorch for any device.

A network is taken as stages up to its first global operation. A stage of radius r turns a window of width + 2 r
positions into one of `width`, so what an edit changes grows by r on either side, and the rest of a stage's input is
what the unedited sequence has there. Sums and maxima over positions are then put together from what lies before the
window, the window, and what lies after it; sums never by subtraction, which cancels.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from motiflens.explain.replacements import Replacements
from motiflens.model.device import whole_float32
from motiflens.model.ensemble import Model
from motiflens.model.network import Network
from motiflens.model.stages import Windowed
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes

_POSITIONS = 12_800  # whose unedited activations are held at a time
_NUMBERS_CPU, _NUMBERS = 1 << 20, 1 << 26  # in the largest tensor at a time: what caches and what accelerators like


@whole_float32()
def windowed_changes(model: Model, codes: Codes, edits: Replacements) -> Float[np.ndarray, "m outputs"] | None:
    """Change of every logit by each edit, in the precision of the model's weights; None where a network is unknown."""
    if not all(isinstance(member, Windowed) for member in model.members):
        return None
    views = [(codes, edits.resolved(codes))]
    if model.strands == "both":
        views += [views[0][1].turned(codes)]
    with torch.inference_mode():
        parts = [_changes(member, some, view) for member in model.members for some, view in views]
    return np.mean(parts, axis=0, dtype=parts[0].dtype)


@whole_float32()
def windowed_deltas(model: Model, codes: Codes) -> Float[np.ndarray, "n outputs 4 length"] | None:
    """What `naive_deltas` computes, from windows; None where a network is unknown."""
    if not all(isinstance(member, Windowed) for member in model.members):
        return None
    size = _rows(codes)
    parts = [_deltas(model, codes[start : start + size]) for start in range(0, len(codes), size)]
    return np.concatenate(parts)


def window_share(model: Model, width: int) -> float:
    """Mean share of a sequence, over stages, that an edit of this width makes anew; 1 where a network is unknown."""
    shares = []
    for member in model.members:
        if not isinstance(member, Windowed):
            return 1.0
        reach = 0
        for stage in member.stages():
            reach += stage.radius
            shares.append(min((width + 2 * reach) / model.length, 1.0))
    return float(np.mean(shares))


def _deltas(model: Model, codes: Codes) -> np.ndarray:
    rows, bases, starts = np.nonzero(codes[:, None] != np.arange(4)[:, None])
    edits = Replacements(rows=rows, starts=starts, words=bases[:, None].astype(np.uint8))
    changes = cast(np.ndarray, windowed_changes(model, codes, edits))
    out = np.zeros((len(codes), 4, codes.shape[1], model.n_outputs), changes.dtype)
    out[rows, bases, starts] = changes
    return np.moveaxis(out, 3, 1)


def _changes(network: Network, codes: Codes, edits: Replacements) -> np.ndarray:
    """Changes (m, n_outputs) of one network's logits, a block of sequences at a time."""
    out = np.empty((len(edits.rows), network.n_outputs), _numpy_dtype(network))
    order = np.argsort(edits.rows, kind="stable")
    rows, firsts = np.unique(edits.rows[order], return_index=True)
    ends = np.append(firsts[1:], len(order))
    size = _rows(codes)
    for start in range(0, len(rows), size):
        block = rows[start : start + size]
        unedited = _Unedited(network, codes[block])
        some = order[firsts[start] : ends[start + len(block) - 1]]
        most = unedited.most_edits(edits.words.shape[1])
        for first in range(0, len(some), most):
            chunk = some[first : first + most]
            out[chunk] = unedited.changes(
                np.searchsorted(block, edits.rows[chunk]), edits.starts[chunk], edits.words[chunk]
            )
    return out


def _rows(codes: Codes) -> int:
    return max(1, _POSITIONS // codes.shape[1])


def _numpy_dtype(network: Network) -> np.dtype:
    return torch.empty(0, dtype=network.dtype).numpy().dtype


@dataclass
class _Sides:
    """Sums and maxima of features before each position, and from it on; (n, features, length + 1)."""

    behind: Tensor
    ahead: Tensor


class _Unedited:
    """Unedited sequences (n, length): inputs of every stage, and what lies before and after each position."""

    def __init__(self, network: Network, codes: Codes) -> None:
        self.network, self.length = cast(Windowed, network), codes.shape[1]
        self.device, self.dtype = network.device, network.dtype
        self.stages = self.network.stages()
        self.inputs: list[Tensor] = []
        state, reach = self._letters(codes), 0
        everywhere = torch.arange(self.length, device=self.device)[None]
        for stage in self.stages:
            margin = reach + 2 * stage.radius  # so that a window begins where its edit does
            padded = functional.pad(state, (margin, margin), value=0 if self.inputs else N)
            self.inputs.append(padded)
            spare = margin - stage.radius
            state = stage.run(padded[:, :, spare : padded.shape[2] - spare], everywhere)
            reach += stage.radius
        self.reach = reach
        sums, peaks = self.network.features(state)
        self.sums, self.peaks = _sum_sides(sums), _peak_sides(peaks)
        self.logits = self.network.head(self.sums.ahead[:, :, 0].to(self.dtype), self.peaks.ahead[:, :, 0])

    def most_edits(self, width: int) -> int:
        """How many edits of one width to take at a time."""
        channels = [max(x.shape[1], 4) for x in self.inputs]  # codes become one-hot in the first stage
        widest = max(count * (width + 4 * self.reach) for count in channels)
        widest = max(widest, (self.sums.ahead.shape[1] + self.peaks.ahead.shape[1]) * (width + 2 * self.reach))
        return max(1, (_NUMBERS_CPU if self.device.type == "cpu" else _NUMBERS) // widest)

    def changes(self, rows: np.ndarray, starts: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Changes (m, n_outputs) of the logits when words (m, width) replace what is there."""
        row, start = (torch.from_numpy(np.ascontiguousarray(x)).to(self.device) for x in (rows, starts))
        changed, width, reach = self._letters(words), words.shape[1], 0
        inside = torch.ones(1, 1, 1, dtype=torch.bool, device=self.device)
        for stage, padded in zip(self.stages, self.inputs, strict=True):
            window = changed
            if stage.radius:
                span = width + 2 * reach + 4 * stage.radius
                window = padded.unfold(2, span, 1)[row, :, start]
                window[:, :, 2 * stage.radius : span - 2 * stage.radius] = changed
            reach += stage.radius
            positions = (start - reach)[:, None] + torch.arange(width + 2 * reach, device=self.device)
            inside = ((positions >= 0) & (positions < self.length))[:, None]
            changed = stage.run(window, positions.clamp(0, self.length - 1)).masked_fill(~inside, 0)
        sums, peaks = self.network.features(changed)
        before, after = (start - reach).clamp(min=0), (start + width + reach).clamp(max=self.length)
        total = sums.masked_fill(~inside, 0).sum(2)
        total = self.sums.behind[row, :, before] + total + self.sums.ahead[row, :, after]
        peak = peaks.masked_fill(~inside, -torch.inf).amax(2)
        peak = torch.maximum(peak, torch.maximum(self.peaks.behind[row, :, before], self.peaks.ahead[row, :, after]))
        logits = self.network.head(total.to(self.dtype), peak)
        return (logits - self.logits[row]).cpu().numpy()

    def _letters(self, codes: np.ndarray) -> Tensor:
        return torch.tensor(codes, device=self.device)[:, None]


def _sum_sides(values: Tensor) -> _Sides:
    exact = values if values.device.type == "mps" else values.double()  # MPS has no float64
    behind = functional.pad(exact.cumsum(2), (1, 0))
    ahead = functional.pad(exact.flip(2).cumsum(2).flip(2), (0, 1))
    return _Sides(behind=behind, ahead=ahead)


def _peak_sides(values: Tensor) -> _Sides:
    behind = functional.pad(values.cummax(2).values, (1, 0), value=-torch.inf) if values.shape[1] else values
    ahead = functional.pad(values.flip(2).cummax(2).values.flip(2), (0, 1), value=-torch.inf)
    return _Sides(behind=behind, ahead=ahead)
