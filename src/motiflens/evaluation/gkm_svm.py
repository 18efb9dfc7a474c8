"""gkm-SVM as a baseline (Ghandi et al. 2014), from the optional package gkmsvm-lite."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from motiflens.errors import InputError
from motiflens.sequence.alphabet import N, one_hot
from motiflens.shapes import Codes, Labels

SEQUENCES = 2_000  # of a class: the kernel matrix grows with the square
BATCH = 200


@dataclass(frozen=True, kw_only=True)
class GkmScores:
    """Decision values (n, machines) of support vector machines over gapped words of 7 of 11 letters."""

    machines: tuple[Callable[[np.ndarray], np.ndarray], ...]

    def __call__(self, codes: Codes) -> Float64[np.ndarray, "n machines"]:
        batches = [_letters(codes[start : start + BATCH]) for start in range(0, len(codes), BATCH)]
        columns = [np.concatenate([machine(x)[:, 0] for x in batches]) for machine in self.machines]
        return np.stack(columns, axis=1).astype(np.float64)


def check_gkm_svm() -> None:
    """Raise InputError where the package is missing."""
    try:
        import gkmsvm  # noqa: F401
    except ImportError:
        raise InputError('--baseline gkm-svm: gkmsvm-lite is not installed; pip install "motiflens[gkmsvm]"') from None


def fit_gkm_svm(codes: Codes, labels: Labels, *, classes: int, both: bool, seed: int) -> GkmScores:
    """A machine for two classes, otherwise one for each class against the rest, on at most 2,000 sequences a side.

    l = 11, k = 7 and 3 mismatches at most, the defaults of LS-GKM (Lee 2016). N is read as a letter by chance.
    """
    check_gkm_svm()
    import gkmsvm

    rng = np.random.default_rng(seed)
    x = _letters(codes)

    def sample(chosen: np.ndarray) -> np.ndarray:
        return x[rng.permutation(np.flatnonzero(chosen))[:SEQUENCES]]

    machines = []
    for target in [1] if classes == 2 else range(classes):
        inside = labels == target
        machines.append(
            gkmsvm.train_gkmsvm(
                sample(inside), sample(~inside), l=11, k=7, d=3, include_rc=both, sv_chunk_size=500, device="cpu"
            )
        )
    return GkmScores(machines=tuple(machines))


def _letters(codes: Codes) -> np.ndarray:
    """One-hot (n, 4, length) without N."""
    by_chance = np.random.default_rng(0).integers(0, 4, codes.shape).astype(np.uint8)
    return one_hot(np.where(codes == N, by_chance, codes))
