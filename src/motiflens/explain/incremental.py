"""In-silico mutagenesis by the networks' compiled engines, on all CPU cores."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from jaxtyping import Float

from motiflens.model.ensemble import Model
from motiflens.model.network import SubstitutionEngine
from motiflens.sequence.alphabet import N, reverse_complement
from motiflens.shapes import Codes, Strands

_MAX_SEQUENCES = 64  # of a task


def incremental_deltas(model: Model, codes: Codes) -> Float[np.ndarray, "n outputs 4 length"] | None:
    """Return what `naive_deltas` computes, at about the cost of one forward pass; None where a network has no engine.

    Runs on as many threads as PyTorch may use, in the precision of the model's weights.
    """
    engines = [engine for member in model.members if (engine := member.substitution_engine()) is not None]
    if len(engines) < len(model.members):
        return None
    threads = torch.get_num_threads()
    size = min(_MAX_SEQUENCES, max(1, -(-len(codes) // (4 * threads))))
    letters = np.ascontiguousarray(np.minimum(codes, N))  # kernels check neither indices nor strides
    tasks = [letters[start : start + size] for start in range(0, len(codes), size)]

    def run(task: np.ndarray) -> np.ndarray:
        return _mean(engines, task, strands=model.strands)

    if threads == 1 or len(tasks) == 1:
        return np.concatenate([run(task) for task in tasks])
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(run, tasks)))


def _mean(engines: list[SubstitutionEngine], codes: np.ndarray, *, strands: Strands) -> np.ndarray:
    """Average over members and strands."""
    parts = [engine(codes) for engine in engines]
    if strands == "both":
        parts += [engine(reverse_complement(codes))[:, :, ::-1, ::-1] for engine in engines]
    return parts[0] if len(parts) == 1 else np.mean(parts, axis=0)
