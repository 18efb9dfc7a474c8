"""The recipe of preset additive: strands, aligned sequences, and a mix that is the optimum on validation data."""

import numpy as np
import planted
import pytest
import torch
from scipy.optimize import minimize
from sklearn.metrics import log_loss
from trainings import FITTED, data, fit_config, fitted

from motiflens.errors import InputError
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_values
from motiflens.training.recipes import additive as recipe
from motiflens.training.recipes.linear_terms import fit_linear_terms
from motiflens.training.task import TrainingData

ADDITIVE = FITTED["additive"]


def on_few(classes: int = 2, *, strands: str = "forward") -> TrainingData:
    return data(320, 20, classes=classes, strands=strands, turned=strands == "both")


def network(classes: int, on: TrainingData) -> AdditiveNetwork:
    config = AdditiveConfig(widths=(7,), filters=4, position_weights="none", kmer=4)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = AdditiveNetwork(config, length=on.codes.shape[1], n_outputs=1 if classes == 2 else classes)
        with torch.no_grad():
            net.motif.readout.normal_()
    fit_linear_terms(net, on)
    return net.eval()


def loss(net: AdditiveNetwork, on: TrainingData) -> float:
    model = Model(members=[net], config=net.config, output=output_for(on.output.classes), strands=on.strands)
    return log_loss(on.validation_labels, predict_values(model, on.validation_codes))


@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("classes", [2, 3])
def test_mixing_lowers_the_validation_loss(classes, strands):
    on = on_few(classes, strands=strands)
    net = network(classes, on)
    torch.testing.assert_close(net.mix, torch.tensor([[1.0], [0], [0]]).expand(3, net.n_outputs), check_stride=False)
    before = loss(net, on)
    recipe._fit_mix(net, on)
    assert loss(net, on) < before
    assert (net.mix >= 0).all()
    assert (net.mix[2] > 0.1).all()  # k-mers tell the classes apart, random filters do not


def test_the_bias_takes_the_class_shares():
    """The fitted probabilities have the mean of the labels: the gradient of the loss to the bias is zero."""
    on = on_few()
    net = network(2, on)
    recipe._fit_mix(net, on)
    with torch.no_grad():
        probabilities = torch.sigmoid(net(torch.from_numpy(on.validation_codes)))
    assert float(probabilities.mean()) == pytest.approx(on.validation_labels.mean(), abs=1e-3)


def test_the_mix_is_the_penalised_optimum():
    """Against a search without gradients."""
    on = on_few()
    net = network(2, on)
    with torch.no_grad():
        terms = net.terms(torch.from_numpy(on.validation_codes))[:, :, 0].double().numpy()
    sign = 1 - 2 * on.validation_labels

    def loss(parameters: np.ndarray) -> float:
        weights = np.abs(parameters[:3])
        return np.logaddexp(0, sign * (weights @ terms + parameters[3])).sum() + recipe._PRIOR * (weights**2).sum()

    recipe._fit_mix(net, on)
    best = minimize(
        loss, np.full(4, 0.1), method="Nelder-Mead", options={"maxiter": 20_000, "xatol": 1e-8, "fatol": 1e-10}
    )
    assert loss(np.concatenate((net.mix[:, 0].numpy(), net.bias.detach().numpy()))) == pytest.approx(best.fun, abs=1e-4)


def test_useless_terms_are_left_out():
    on = on_few()
    net = network(2, on)
    with torch.no_grad():
        for weight in net.position.weights:
            weight.mul_(-5)
        net.kmer.weight.copy_(-net.kmer.weight * 5)
    recipe._fit_mix(net, on)
    np.testing.assert_array_equal(net.mix[1:], [[0], [0]])


@pytest.mark.parametrize("both", [True, False], ids=["on either strand", "on one strand"])
def test_strands_are_read_as_motifs_lie(both):
    how = fit_config(network=ADDITIVE, strands="auto", training={"epochs": 1})
    found = fitted(planted.planted(800, 30, both=both), how)
    assert found.model.strands == ("both" if both else "forward")
    assert found.notes[0].startswith(f"strands: {found.model.strands}; the sequences show ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"network": FITTED["classic"]}, "preset classic has no position weights"),
        ({"network": ADDITIVE}, "contradicts position_weights = none"),
        ({"network": ADDITIVE | {"position_weights": "per_base"}, "strands": "both"}, "aligned sequences are oriented"),
    ],
)
def test_what_contradicts_aligned_is_refused(changes, reason):
    with pytest.raises(InputError, match=reason):
        fitted(planted.planted(60, 20), fit_config(**{"strands": "auto", "aligned": True} | changes))


def test_aligned_sequences_have_position_weights_and_keep_their_strand():
    how = fit_config(
        network=ADDITIVE | {"position_weights": "smooth"}, strands="auto", aligned=True, training={"epochs": 1}
    )
    found = fitted(planted.planted(120, 30), how)
    assert found.model.config.position_weights == "per_base"
    assert found.model.strands == "forward"
