"""Whether to trust explanations: do they follow decisions, weights and seeds, and does attention follow them?"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.ndimage import uniform_filter1d
from scipy.stats import rankdata

from motiflens.explain.mutagenesis import mutagenesis
from motiflens.explain.targets import Target, target_indices
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_logits
from motiflens.sequence.shuffle import dinucleotide_shuffle
from motiflens.shapes import Attribution, Codes

#: Rank correlation of attention with mutagenesis below which its picture does not explain.
EXPLANATORY = 0.3


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Mean target logit (k,) over sequences when a `share` (k,) of the positions is edited in an order of importance.

    `random` is the same in random order. A faithful order deletes with a small area, and inserts with a large one.
    """

    share: Float64[np.ndarray, " k"]
    logit: Float64[np.ndarray, " k"]
    random: Float64[np.ndarray, " k"]

    @property
    def area(self) -> float:
        """Area under `logit`: its mean over the shares."""
        return float(np.trapezoid(self.logit, self.share))

    @property
    def random_area(self) -> float:
        """Area under `random`."""
        return float(np.trapezoid(self.random, self.share))


def deletion_curve(
    model: Model,
    codes: Codes,
    importance: Float[np.ndarray, "n length"],
    *,
    target: Target | Sequence[str | int] = None,
    steps: int = 20,
    repeats: int = 2,
    seed: int = 0,
) -> Curve:
    """Replace positions by shuffled content, most important first, and watch the target logit fall.

    `importance` is signed: what speaks most for the target goes first. The content is that of `repeats` dinucleotide
    shuffles of each sequence. Raises InputError as `mutagenesis` does. After Petsiuk et al. 2018.
    """
    return _curve(model, codes, importance, target, steps=steps, repeats=repeats, seed=seed, insert=False)


def insertion_curve(
    model: Model,
    codes: Codes,
    importance: Float[np.ndarray, "n length"],
    *,
    target: Target | Sequence[str | int] = None,
    steps: int = 20,
    repeats: int = 2,
    seed: int = 0,
) -> Curve:
    """Write a sequence's letters into its shuffles, most important first, and watch the target logit rise."""
    return _curve(model, codes, importance, target, steps=steps, repeats=repeats, seed=seed, insert=True)


def _curve(
    model: Model,
    codes: Codes,
    importance: np.ndarray,
    target: Target | Sequence[str | int],
    *,
    steps: int,
    repeats: int,
    seed: int,
    insert: bool,
) -> Curve:
    weights = np.repeat(model.output.target_weights()[target_indices(model, codes, target)], repeats, axis=0)
    rng = np.random.default_rng(seed)
    letters = np.repeat(codes, repeats, axis=0)
    shuffled = dinucleotide_shuffle(codes, copies=repeats, seed=seed).reshape(letters.shape)
    counts = np.unique(np.rint(np.linspace(0, codes.shape[1], steps + 1)).astype(int))
    curves = []
    for score in (np.repeat(importance, repeats, axis=0), rng.random(letters.shape)):
        rank = np.argsort(np.argsort(-score, axis=1, kind="stable"), axis=1)
        first, rest = (letters, shuffled) if insert else (shuffled, letters)
        edited = np.concatenate([np.where(rank < count, first, rest) for count in counts])
        logits = predict_logits(model, edited).reshape(len(counts), len(letters), -1)
        curves.append((logits * weights).sum(2).mean(1).astype(np.float64))
    return Curve(share=counts / codes.shape[1], logit=curves[0], random=curves[1])


def seed_correlation(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> float | None:
    """Correlation of the members' mutagenesis maps: median over sequences, mean over pairs; None for one member.

    A map that depends on the seed of the training says little of the data. Raises InputError as `mutagenesis` does.
    """
    if len(model.members) < 2:
        return None
    indices = [int(i) for i in target_indices(model, codes, target)]
    maps = [
        mutagenesis(replace(model, members=(member,)), codes, target=indices).hypothetical for member in model.members
    ]
    medians = [_over_defined(np.median, _correlations(a, b)) for a, b in combinations(maps, 2)]
    return _over_defined(np.mean, np.array(medians))


def randomised_correlation(
    model: Model,
    codes: Codes,
    hypothetical: Attribution,
    *,
    target: Target | Sequence[str | int] = None,
    repeats: int = 3,
    seed: int = 0,
) -> Float64[np.ndarray, " repeats"]:
    """Rank correlation of maps with those of networks whose weights are permuted, mean over sequences.

    Near 0 where a picture shows what the network has learned, and not what any network would show (Adebayo et al.
    2018). Raises InputError as `mutagenesis` does.
    """
    indices = [int(i) for i in target_indices(model, codes, target)]
    ranked = _ranks(hypothetical)
    found = []
    for repeat in range(repeats):
        other = mutagenesis(_randomised(model, np.random.default_rng((seed, repeat))), codes, target=indices)
        found.append(_over_defined(np.mean, _correlations(ranked, _ranks(other.hypothetical))))
    return np.array(found)


def _randomised(model: Model, rng: np.random.Generator) -> Model:
    """The same model with the values of each weight matrix in random order; biases and mixing weights stay."""
    members = tuple(copy.deepcopy(member) for member in model.members)
    for member in members:
        for parameter in (p for p in member.parameters() if p.ndim > 1):
            values = parameter.detach().cpu().flatten()
            order = rng.permutation(len(values))
            parameter.data.copy_(values[order].reshape(parameter.shape))
    return replace(model, members=members)


def attention_agreement(
    attention: Float32[np.ndarray, "n maps length"], hypothetical: Attribution, widths: Sequence[int]
) -> Float64[np.ndarray, "n maps"]:
    """Rank correlation, over windows, of attention maps with what mutagenesis says of the same windows.

    The effect of a position is the largest |contribution| of any base. Both are averaged over windows of each map's
    width: a single letter of a site may be free to vary, and a filter shares its attention out among its letters. NaN
    where a map is flat.
    """
    effect = np.abs(hypothetical).max(1).astype(np.float64)
    out = np.empty(attention.shape[:2])
    for i, width in enumerate(widths):
        size = min(width, effect.shape[1])
        maps = (uniform_filter1d(m, size, axis=1, mode="nearest") for m in (attention[:, i].astype(np.float64), effect))
        out[:, i] = _correlations(*map(_ranks, maps))
    return out


def _over_defined(average: Callable[[np.ndarray], np.floating], values: np.ndarray) -> float:
    """Return the average of the values that are defined; NaN where none is, as of maps that are all constant."""
    defined = values[~np.isnan(values)]
    return float(average(defined)) if len(defined) else float("nan")


def _ranks(values: np.ndarray) -> np.ndarray:
    return rankdata(values.reshape(len(values), -1), axis=1)


def _correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of each row; NaN where a row is constant."""
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (a, b))
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    size = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    with np.errstate(invalid="ignore"):
        return np.where(size > 0, (a * b).sum(1) / np.where(size > 0, size, 1), np.nan)
