"""In-silico mutagenesis that computes only what a substitution changes, on all CPU cores."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from jaxtyping import Float

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.classic.network import ClassicNetwork
from motiflens.model.ensemble import Model
from motiflens.model.network import Network
from motiflens.sequence.alphabet import N, reverse_complement
from motiflens.shapes import Codes

_LARGEST_TASK = 64  # sequences

#: Changes of a network's logits (n, heads, 4, length) by substitution, for codes (n, length).
_Engine = Callable[[np.ndarray], np.ndarray]


def incremental_deltas(model: Model, codes: Codes) -> Float[np.ndarray, "n heads 4 length"] | None:
    """What `naive_deltas` computes, at about the cost of one forward pass; None where a network cannot be served.

    Runs on as many threads as PyTorch may use, in the precision of the model's weights.
    """
    engines = [_engine(member) for member in model.members]
    served = [engine for engine in engines if engine is not None]
    if len(served) < len(engines):
        return None
    threads = torch.get_num_threads()
    size = min(_LARGEST_TASK, max(1, -(-len(codes) // (4 * threads))))
    letters = np.ascontiguousarray(np.minimum(codes, N))  # kernels check neither indices nor strides
    tasks = [letters[start : start + size] for start in range(0, len(codes), size)]

    def run(task: np.ndarray) -> np.ndarray:
        return _mean(served, task, both=model.strands == "both")

    if threads == 1 or len(tasks) == 1:
        return np.concatenate([run(task) for task in tasks])
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(run, tasks)))


def _mean(engines: list[_Engine], codes: np.ndarray, *, both: bool) -> np.ndarray:
    """Mean over members and strands."""
    parts = [engine(codes) for engine in engines]
    if both:
        turned = reverse_complement(codes)
        parts += [engine(turned)[:, :, ::-1, ::-1] for engine in engines]
    return parts[0] if len(parts) == 1 else np.mean(parts, axis=0)


def _engine(network: Network) -> _Engine | None:
    match network:
        case ClassicNetwork():
            return _classic_engine(network)
        case AdditiveNetwork():
            return _additive_engine(network)
        case _:
            return None


def _classic_engine(network: ClassicNetwork) -> _Engine:
    # numba and its caches cost a start-up that only those who explain should pay
    from motiflens.model.classic.mutagenesis import classic_arrays, classic_space
    from motiflens.model.classic.mutagenesis_kernel import classic_deltas

    net = classic_arrays(network)

    def run(codes: np.ndarray) -> np.ndarray:
        out = np.zeros((len(codes), network.heads, 4, network.length), net.bias.dtype)
        classic_deltas(net, classic_space(net, network.length), codes, out)
        return out

    return run


def _additive_engine(network: AdditiveNetwork) -> _Engine | None:
    from motiflens.compiled.arrays import padded
    from motiflens.model.additive.mutagenesis import additive_arrays, additive_space, is_safe
    from motiflens.model.additive.mutagenesis_kernel import add_word_deltas, additive_deltas

    if not is_safe(network):
        return None
    net = additive_arrays(network)
    tables = [(k, weight.permute(2, 1, 0) * network.mix[1]) for k, weight in enumerate(network.position.weights, 1)]
    tables.append((network.kmer.k, network.kmer.weight.T[None] * network.mix[2]))
    words = [(k, padded(weight)) for k, weight in tables]

    def run(codes: np.ndarray) -> np.ndarray:
        out = np.zeros((len(codes), network.heads, 4, network.length), net.bias.dtype)
        additive_deltas(net, additive_space(net), codes, out)
        for k, weight in words:
            add_word_deltas(weight, k, codes, out)
        return out

    return run
