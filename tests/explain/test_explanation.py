"""An explanation holds every view of one decision, and the additive one adds up."""

import numpy as np
import pytest
import torch

from motiflens.explain.explanation import explain
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network

CLASSES = ("a", "b", "c")


def model(config: AdditiveConfig | ClassicConfig, classes: int) -> Model:
    torch.manual_seed(3)
    network = build_network(config, length=30, n_outputs=1 if classes == 2 else classes).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return Model(members=(network,), config=config, output=output_for(CLASSES[:classes]), strands="both")


@pytest.mark.parametrize("classes", [2, 3])
def test_contributions_and_bias_add_up_to_the_targets_logit(classes):
    additive = model(
        AdditiveConfig(widths=(3, 7), filters=4, position_weights="smooth", position_knots=4, kmer=3),
        classes,
    )
    codes = np.random.default_rng(0).integers(0, 5, (6, 30), dtype=np.uint8)
    logits = predict_logits(additive, codes)
    for index, target in enumerate(additive.classes):
        found = explain(additive, codes, target=target)
        towards = logits[:, 0] * (2 * index - 1) if classes == 2 else logits[:, index] - logits.mean(1)
        assert found.target == (target,) * 6
        np.testing.assert_allclose(found.contributions.sum(1) + found.bias, towards, atol=1e-5)


def test_classic_has_no_sum_to_show():
    found = explain(model(ClassicConfig(widths=(3, 5), filters=4, dense=(6, 5)), 2), np.zeros((2, 30), np.uint8))
    assert found.contributions is None
    assert found.bias is None
    assert found.attention.maps.shape == (2, 2, 30)
    assert found.hypothetical.shape == found.deltas.shape == (2, 4, 30)
