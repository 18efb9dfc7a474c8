"""Logits of sequences and of edited copies, by every member of a model; the same to the bit in whatever batch."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float

from motiflens.errors import ModelError
from motiflens.explain.changes import tolerance
from motiflens.model.ensemble import Model
from motiflens.model.predict import BATCH_SIZE, check_length, predict_logits
from motiflens.sequence.alphabet import reverse_complement
from motiflens.shapes import Codes

_logger = logging.getLogger(__name__)

_MAX_PAIRS = 256  # of a task
_CHECKED = 4  # pairs, once a model
#: Logits (2, n, n_outputs) of sequences and of edited copies, forward strand alone.
_Pairs = Callable[[Codes, Codes], np.ndarray]


class PairPredictor:
    """Predicts pairs of sequences, compiled where the networks have an engine for it.

    Compiled, what an edit cannot reach is computed once a pair. Elsewhere pairs go through the network in batches of
    one fixed size, since matrix products round by the size of the batch.
    """

    def __init__(self, model: Model) -> None:
        if any(member.training for member in model.members):
            raise ModelError(
                "the model is in training mode, where dropout makes every answer random: call eval() first"
            )
        self.model = model
        on_cpu = model.device.type == "cpu"
        engines = [member.pair_engine() if on_cpu else None for member in model.members]
        self._members: list[_Pairs] = [
            engine or _by_forward(replace(model, members=[member], strands="forward"))
            for engine, member in zip(engines, model.members, strict=True)
        ]
        self._checked = not any(engines)

    def logits(self, first: Codes, second: Codes) -> Float[np.ndarray, "2 members n outputs"]:
        """Return the logits of both sequences of each pair by every member, averaged over strands.

        Raises:
            InputError: sequences of another length than the model's.
        """
        check_length(self.model, first)
        check_length(self.model, second)
        if not self._checked and len(first):
            self._check(first[:_CHECKED], second[:_CHECKED])
        return self._logits(first, second)

    def _logits(self, first: Codes, second: Codes) -> np.ndarray:
        threads = torch.get_num_threads()
        size = min(_MAX_PAIRS, max(1, -(-len(first) // (4 * threads))))
        tasks = [slice(start, start + size) for start in range(0, max(len(first), 1), size)]

        def run(task: slice) -> np.ndarray:
            return np.stack([self._member(pairs, first[task], second[task]) for pairs in self._members], 1)

        if threads == 1 or len(tasks) == 1:
            return np.concatenate([run(task) for task in tasks], axis=2)
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(run, tasks)), axis=2)

    def _member(self, pairs: _Pairs, first: Codes, second: Codes) -> np.ndarray:
        first, second = np.ascontiguousarray(first), np.ascontiguousarray(second)
        forward = pairs(first, second)
        if self.model.strands == "forward":
            return forward
        return (forward + pairs(reverse_complement(first), reverse_complement(second))) / 2

    def _check(self, first: Codes, second: Codes) -> None:
        """Compare with plain predictions, and take those where the compiled ones differ."""
        self._checked = True
        found = self._logits(first, second).mean(1)
        plain = np.stack([predict_logits(self.model, some) for some in (first, second)])
        error, allowed = float(np.abs(found - plain).max()), tolerance(self.model, np.concatenate((first, second)))
        if not error <= allowed:
            _logger.warning(f"pairs are predicted one by one: the compiled way was off by {error:.1e} logits")
            self._members = [
                _by_forward(replace(self.model, members=[member], strands="forward")) for member in self.model.members
            ]


def _by_forward(model: Model) -> _Pairs:
    size = max(1, min(BATCH_SIZE, BATCH_SIZE * 512 // model.length))

    def fixed(codes: Codes) -> np.ndarray:
        spare = -len(codes) % size
        full = np.concatenate((codes, np.zeros((spare, codes.shape[1]), np.uint8)))
        return predict_logits(model, full)[: len(codes)]

    return lambda first, second: np.stack((fixed(first), fixed(second)))
