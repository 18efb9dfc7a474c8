"""Sequences as evolution might have left them: shifted and mutated, their labels kept (EvoAug; Lee et al. 2023)."""

import torch
from torch import Tensor

from motiflens.sequence.alphabet import N


def shifted(codes: Tensor, by: Tensor) -> Tensor:
    """Codes (n, length) with row i moved `by`[i] positions to the right; what is not known is N."""
    length = codes.shape[1]
    source = torch.arange(length, device=codes.device) - by[:, None]
    moved = codes.gather(1, source.clamp(0, length - 1))
    return torch.where((source >= 0) & (source < length), moved, N)


def mutated(codes: Tensor, places: Tensor, turn: Tensor) -> Tensor:
    """Codes (n, length) with another base at `places` (n, length): `turn` (n, length), 1 to 3, letters further on.

    N stays N.
    """
    return torch.where(places & (codes < N), (codes + turn) % N, codes)


def augmented(codes: Tensor, *, shift: int, mutate: float) -> Tensor:
    """Each sequence moved by up to `shift` positions either way, and a share `mutate` of its letters replaced.

    Random numbers are PyTorch's, of the codes' device.
    """
    device = codes.device
    if shift:
        codes = shifted(codes, torch.randint(-shift, shift + 1, (len(codes),), device=device))
    if mutate:
        places = torch.rand(codes.shape, device=device) < mutate
        codes = mutated(codes, places, torch.randint(1, N, codes.shape, device=device, dtype=codes.dtype))
    return codes
