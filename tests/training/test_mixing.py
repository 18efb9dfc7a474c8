"""Mixing: better than the motif term alone on validation data, weights never negative, calibrated."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.metrics import log_loss
from test_linear import data

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.config import AdditiveConfig
from motiflens.model.ensemble import to_probabilities
from motiflens.sequence.alphabet import one_hot
from motiflens.training.linear import fit_linear_terms
from motiflens.training.mixing import PRIOR, fit_mix


def network(classes: int, on) -> AdditiveNetwork:
    config = AdditiveConfig(widths=(7,), filters=4, profile="none", kmer=4)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = AdditiveNetwork(config, length=on.codes.shape[1], heads=1 if classes == 2 else classes)
        with torch.no_grad():
            net.motif.readout.normal_()
    fit_linear_terms(net, on)
    return net.eval()


def loss(net: AdditiveNetwork, on) -> float:
    x = torch.from_numpy(one_hot(on.validation_codes))
    with torch.no_grad():
        logits = (net(x) + net(x.flip(1, 2))) / 2 if on.both_strands else net(x)
    return log_loss(on.validation_labels, to_probabilities(logits.double()).numpy())


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_mixing_lowers_the_validation_loss(classes, both):
    on = data(classes, both=both)
    net = network(classes, on)
    torch.testing.assert_close(net.mix, torch.tensor([1.0, 0, 0]), check_stride=False)
    before = loss(net, on)
    fit_mix(net, on)
    assert loss(net, on) < before
    assert (net.mix >= 0).all()
    assert net.mix[2] > 0.1  # the words tell the classes apart, random filters do not


def test_the_bias_takes_the_class_shares():
    """The fitted probabilities have the mean of the labels: the gradient of the loss to the bias is zero."""
    on = data(2)
    net = network(2, on)
    fit_mix(net, on)
    with torch.no_grad():
        probabilities = torch.sigmoid(net(torch.from_numpy(one_hot(on.validation_codes))))
    assert float(probabilities.mean()) == pytest.approx(on.validation_labels.mean(), abs=1e-3)


def test_the_mix_is_the_penalised_optimum():
    """Against a search without gradients."""
    on = data(2)
    net = network(2, on)
    with torch.no_grad():
        terms = net.terms(torch.from_numpy(one_hot(on.validation_codes)))[:, :, 0].double().numpy()
    sign = 1 - 2 * on.validation_labels

    def loss(parameters: np.ndarray) -> float:
        weights = np.abs(parameters[:3])
        return np.logaddexp(0, sign * (weights @ terms + parameters[3])).sum() + PRIOR * (weights**2).sum()

    fit_mix(net, on)
    best = minimize(
        loss, np.full(4, 0.1), method="Nelder-Mead", options={"maxiter": 20_000, "xatol": 1e-8, "fatol": 1e-10}
    )
    assert loss(np.concatenate((net.mix.numpy(), net.bias.detach().numpy()))) == pytest.approx(best.fun, abs=1e-4)


def test_useless_terms_are_left_out():
    on = data(2)
    net = network(2, on)
    with torch.no_grad():
        for weight in net.position.weights:
            weight.mul_(-5)
        net.kmer.weight.copy_(-net.kmer.weight * 5)
    fit_mix(net, on)
    np.testing.assert_array_equal(net.mix[1:], [0, 0])
