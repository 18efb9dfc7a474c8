"""Windows of oriented sequences in which motifs at a fixed place are sought: wide ones, and narrow ones at peaks.

Wide windows grow with the length, so that their number does not. In long sequences they are too wide for a motif of few
letters, say the AG of a splice acceptor. Such motifs have a fixed place, where single letters differ between the
classes more than in the surroundings: there, narrow windows are added.
"""

import numpy as np
from jaxtyping import Bool, Float64

from motiflens.discovery.config import PositionWindowConfig
from motiflens.shapes import Codes

#: Columns start..end (0-based, half-open) of sequences of one length.
PositionWindow = tuple[int, int]


def position_windows(
    codes: Codes, positive: Bool[np.ndarray, " n"], config: PositionWindowConfig | None = None
) -> tuple[PositionWindow, ...]:
    """Return the windows of these sequences; none for very short ones."""
    config = config or PositionWindowConfig()
    length = codes.shape[1]
    wide = _wide(length, config)
    if not wide or wide[0][1] <= config.narrow:
        return wide
    return wide + _narrow(codes, positive, config)


def _wide(length: int, config: PositionWindowConfig) -> tuple[PositionWindow, ...]:
    """Windows that overlap by half and cover sequences of this length."""
    width = max(config.min_width, round(config.fraction * length))
    if length <= width:
        return ()
    starts = range(0, length - width, width // 2)
    return (*((start, start + width) for start in starts if start + width < length), (length - width, length))


def _narrow(codes: np.ndarray, positive: np.ndarray, config: PositionWindowConfig) -> tuple[PositionWindow, ...]:
    """Windows around the positions whose letters differ most between the classes, the largest difference first."""
    length, width = codes.shape[1], config.narrow
    if positive.all() or not positive.any():
        return ()
    peaks = letter_differences(codes, positive, surroundings=width).max(0)
    windows: list[PositionWindow] = []
    for centre in np.argsort(-peaks, kind="stable"):
        if peaks[centre] < config.min_peak or len(windows) == config.max_narrow:
            break
        if all(abs(centre - (start + end) // 2) >= width // 2 for start, end in windows):
            start = int(np.clip(centre - width // 2, 0, length - width))
            windows.append((start, start + width))
    return tuple(windows)


def letter_differences(
    codes: Codes, positive: Bool[np.ndarray, " n"], *, surroundings: int
) -> Float64[np.ndarray, "4 length"]:
    """Return how many standard deviations a letter's difference between the classes is off that around the position.

    The median over `surroundings` positions on either side is what composition that changes slowly explains.
    """
    inside, outside = codes[positive], codes[~positive]
    seen = np.stack([[(group == base).mean(0) for base in range(4)] for group in (inside, outside)])
    total = (seen[0] * len(inside) + seen[1] * len(outside)) / len(codes)
    spread = np.sqrt(np.maximum(total * (1 - total), 1e-3) * (1 / max(len(inside), 1) + 1 / max(len(outside), 1)))
    z = (seen[0] - seen[1]) / spread
    padded = np.pad(z, ((0, 0), (surroundings, surroundings)), mode="reflect" if z.shape[1] > surroundings else "edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * surroundings + 1, axis=1)
    return np.abs(z - np.median(around, axis=2))
