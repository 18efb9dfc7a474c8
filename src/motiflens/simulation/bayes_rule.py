"""The Bayes-optimal classifier of simulated data: the exact likelihood ratio of the two classes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from sklearn.metrics import accuracy_score, average_precision_score, log_loss, roc_auc_score

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.shapes import Codes
from motiflens.simulation.simulate import TUTORIAL, Planting, SimulationConfig

_BLOCK = 4096  # sequences at a time: bounds the memory, changes no result


@dataclass(frozen=True, kw_only=True)
class BayesOptimal:
    """Scores of the Bayes rule on given sequences; no model can expect better ones."""

    accuracy: float
    auroc: float
    auprc: float
    log_loss: float


def log_likelihood_ratio(codes: Codes, config: SimulationConfig = TUTORIAL) -> Float64[np.ndarray, " n"]:
    """Return log p(sequence | positive) - log p(sequence | negative), exact for data simulated with `config`.

    A class's likelihood, relative to the background's, is the mean over motifs, positions and strands of the product,
    over the motif's columns, of probability / background; a base N leaves its column out. -inf where a sequence
    cannot be positive, +inf where it cannot be negative; 0 where it can be neither. Defined where a sequence carries at
    most one site; InputError for other configs, a background without some base, and sequences of another length.
    """
    if codes.shape[1] != config.length:
        raise InputError(f"sequences of {codes.shape[1]} bp, but the simulation is of {config.length} bp")
    background = np.array(config.background)
    if not background.all():
        raise InputError(f"background {config.background}: the Bayes rule needs every base to be possible")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.concatenate(
            [
                np.log(_likelihood(block, config.positives, background))
                - np.log(_likelihood(block, config.negatives, background))
                for block in np.split(codes, range(_BLOCK, len(codes), _BLOCK))
            ]
        )
    return np.nan_to_num(ratio, nan=0.0, posinf=np.inf, neginf=-np.inf)


def bayes_optimal(dataset: Dataset, config: SimulationConfig = TUTORIAL) -> BayesOptimal:
    """Return scores of the Bayes rule (log loss in nats) on labelled sequences simulated with `config`.

    Both classes are taken to be equally likely, as they are simulated. Raises InputError as `log_likelihood_ratio`, and
    for data without both classes.
    """
    if len(dataset.classes) != 2 or len(np.unique(dataset.labels)) != 2:
        raise InputError("the Bayes rule is scored on positives and negatives; the data hold one class")
    with np.errstate(over="ignore"):
        probability = 1 / (1 + np.exp(-log_likelihood_ratio(dataset.codes, config)))
    return BayesOptimal(
        accuracy=float(accuracy_score(dataset.labels, probability > 0.5)),
        auroc=float(roc_auc_score(dataset.labels, probability)),
        auprc=float(average_precision_score(dataset.labels, probability)),
        log_loss=float(log_loss(dataset.labels, probability)),
    )


def _likelihood(codes: Codes, planting: Planting, background: Float64[np.ndarray, " 4"]) -> Float64[np.ndarray, " n"]:
    """Return p(sequence | class) / p(sequence | background)."""
    motifs = planting.resolved()
    if planting.combine == "each" and len(motifs) > 1:
        raise InputError("the exact Bayes rule is known for one site a sequence; simulate with combine 'one'")
    if not motifs:
        return np.ones(len(codes))
    if planting.strands == "both":
        motifs = (*motifs, *(motif.reverse_complement() for motif in motifs))
    start, end = planting.span(codes.shape[1])
    total = np.zeros(len(codes))
    for motif in motifs:
        factors = np.ones((motif.width, 5))  # the last column is for N, which leaves the likelihood as it is
        factors[:, :4] = motif.probabilities.T / background
        places = end - start - motif.width + 1
        product = np.ones((len(codes), places))
        for column in range(motif.width):
            product *= factors[column][codes[:, start + column : start + column + places]]
        total += product.mean(axis=1)
    return 1 - planting.density + planting.density * total / len(motifs)
