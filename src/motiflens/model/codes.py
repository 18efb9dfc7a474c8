"""Sequences as tensors of codes (A, C, G, T = 0..3; N = 4), on any device."""

import torch
from jaxtyping import Bool, Float, Int64, UInt8
from torch import Tensor
from torch.nn import functional

from motiflens.sequence.alphabet import N

#: Codes (n, length) as networks take them.
CodesTensor = UInt8[Tensor, "n length"]


def one_hot(codes: CodesTensor, dtype: torch.dtype = torch.float32) -> Float[Tensor, "n 4 length"]:
    """Return one-hot sequences on the device of the codes; N is four zeros."""
    return (codes[:, None] == torch.arange(4, device=codes.device, dtype=codes.dtype)[:, None]).to(dtype)


def reverse_complement(codes: CodesTensor) -> CodesTensor:
    """Return the other strand, read 5' to 3'."""
    turned = codes.flip(1)
    return torch.where(turned < N, 3 - turned, turned)


def pad(codes: CodesTensor, left: int, right: int) -> UInt8[Tensor, "n padded"]:
    """Return the codes with N on both sides."""
    return functional.pad(codes, (left, right), value=N)


def kmer_indices(codes: CodesTensor, k: int) -> tuple[Int64[Tensor, "n kmers"], Bool[Tensor, "n kmers"]]:
    """Return the index of the k-mer that begins at each position, and whether it is free of N."""
    count = codes.shape[1] - k + 1
    index, valid = (
        torch.zeros_like(codes[:, :count], dtype=torch.long),
        torch.ones_like(codes[:, :count], dtype=torch.bool),
    )
    for i in range(k):
        letter = codes[:, i : i + count]
        index, valid = 4 * index + letter.clamp(max=3), valid & (letter < N)
    return index, valid


def can_compile(codes: Tensor, weight: Tensor) -> bool:
    """Return whether compiled passes may take the place of PyTorch's: on a CPU, in float32."""
    on_cpu = codes.device.type == weight.device.type == "cpu"
    return on_cpu and weight.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
