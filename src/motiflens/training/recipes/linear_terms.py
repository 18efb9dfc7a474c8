"""The additive model's linear terms: ridge regressions on k-mers at their positions and anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse
import torch

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.output import ClassOutput
from motiflens.shapes import Strands
from motiflens.training.recipes.design_matrices import Design, kmer_design, positional_design, substrings
from motiflens.training.recipes.regressions import Choice, Regression, Sample, choose_strengths, fit_regression
from motiflens.training.task import TrainingData


@dataclass(frozen=True, kw_only=True)
class LinearFit:
    """Inverse ridge penalties of the two terms, and the intercepts (n_outputs,) that their weights go with.

    `letters` is the number of letters of the longest k-mers at their positions.
    """

    strengths: tuple[tuple[float, ...], tuple[float, ...]]
    intercepts: tuple[np.ndarray, np.ndarray]
    letters: int


def fit_linear_terms(
    network: AdditiveNetwork, data: TrainingData, *, heard: Callable[[float], None] = lambda _: None
) -> LinearFit:
    """Fit the weights of the position and k-mer terms, in place, each alone on the truth of the training data.

    `heard` hears the share that is done.
    """
    letters, placed = _choose_letters(network.position.k, data)
    heard(0.25)
    counted = kmer_design(data, network.kmer.k)
    chosen = (placed, _choice(counted, data))
    heard(0.5)
    fits = []
    for design, choice in zip((positional_design(data, letters), counted), chosen, strict=True):
        rows = slice(0, design.rows)
        fits.append(_fitted(design, data, rows, strengths=choice.strengths))
        heard(0.5 + 0.25 * len(fits))
    return _written(network, fits, letters=letters, strands=data.strands)


def average_fit(fits: Sequence[LinearFit]) -> LinearFit:
    """Return the median penalties of fits to parts of the data, without intercepts."""
    middle = len(fits) // 2
    position, anywhere = (
        tuple(np.sort([fit.strengths[term] for fit in fits], axis=0)[middle].tolist()) for term in range(2)
    )
    nothing = np.zeros_like(fits[0].intercepts[0])
    letters = sorted(fit.letters for fit in fits)[middle]
    return LinearFit(strengths=(position, anywhere), intercepts=(nothing, nothing), letters=letters)


def _choose_letters(most: int, data: TrainingData) -> tuple[int, Choice]:
    """Return how long k-mers at their positions are, with their penalty.

    Of classes `most`. Longer k-mers need more sequences than numbers usually come with: there the validation data say
    whether letters alone are better.
    """
    whole = _choice(positional_design(data, most), data)
    if most == 1 or isinstance(data.output, ClassOutput):
        return most, whole
    single = _choice(positional_design(data, 1), data)
    return (1, single) if single.loss < whole.loss else (most, whole)


@dataclass(frozen=True, kw_only=True)
class RegressionLosses:
    """Validation losses of regressions on the letters at their positions, and on k-mers anywhere."""

    letters: float
    kmers: float


def regression_losses(data: TrainingData, k: int) -> RegressionLosses:
    """Return what letters at their positions tell, and what counts of k-mers of up to k letters do."""
    k = min(k, data.codes.shape[1])
    return RegressionLosses(
        letters=_choice(positional_design(data, 1), data).loss, kmers=_choice(kmer_design(data, k), data).loss
    )


def refit_linear_terms(network: AdditiveNetwork, data: TrainingData, fit: LinearFit) -> None:
    """Fit the terms again on all data with the penalties found, in place.

    `bias` moves with the intercepts, so that the mix stays calibrated.
    """
    joined = data.with_validation()
    fits = []
    designs = positional_design(joined, fit.letters), kmer_design(joined, network.kmer.k)
    for design, strengths in zip(designs, fit.strengths, strict=True):
        # The last rows are the validation data: of many, they are among those that are taken.
        fits.append(_fitted(design, joined, slice(-design.rows, None), strengths=strengths))
    again = _written(network, fits, letters=fit.letters, strands=data.strands)
    for mix, new, old in zip(network.mix[1:], again.intercepts, fit.intercepts, strict=True):
        network.bias.data += mix * torch.from_numpy(new - old).to(network.bias)


def _written(network: AdditiveNetwork, fits: Sequence[Regression], *, letters: int, strands: Strands) -> LinearFit:
    """Write the fits as the network's weights."""
    positional, anywhere = fits
    views = 2 if strands == "both" else 1  # the features are sums over the strands, the logit is a mean
    first = 0
    for weight in list(network.position.weights)[:letters]:
        _, number, length = weight.shape
        block = positional.weights[:, first : first + number * length].reshape(weight.shape)
        weight.data = torch.from_numpy(block * views)
        first += number * length
    table = (substrings(network.kmer.k) @ anywhere.weights.T).T * views
    network.kmer.weight.data = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32))
    return LinearFit(
        strengths=(positional.strengths, anywhere.strengths),
        intercepts=(positional.intercept, anywhere.intercept),
        letters=letters,
    )


def _choice(design: Design, data: TrainingData) -> Choice:
    """Return the penalties that suit the validation data best."""
    rows = slice(0, design.choice_rows)
    x, x_validation = design.features(data.codes[rows]), design.features(data.validation_codes[rows])
    scale = design.scale(x)
    sample = Sample.of(data, rows, _scaled(x, scale))
    held = Sample.of_validation(data, rows, _scaled(x_validation, scale))
    return choose_strengths(data, sample, held, strengths=design.strengths)


def _fitted(design: Design, data: TrainingData, rows: slice, *, strengths: tuple[float, ...]) -> Regression:
    """Return the regression on rows of the training data, with weights of unscaled features."""
    x = design.features(data.codes[rows])
    scale = design.scale(x)
    found = fit_regression(data, Sample.of(data, rows, _scaled(x, scale)), strengths=strengths)
    return found if scale is None else replace(found, weights=(found.weights * scale).astype(np.float32))


def _scaled(x: Any, scale: np.ndarray | None) -> Any:
    return x if scale is None else x @ scipy.sparse.diags_array(scale)
