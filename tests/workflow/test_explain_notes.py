"""What a fit says when the fast computation of explanations was wrong."""

import numpy as np
import torch
from planted import planted

from motiflens.data.splits import split_dataset
from motiflens.explain import mutagenesis
from motiflens.explain.naive import naive_deltas
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_values
from motiflens.model.presets import build_network
from motiflens.workflow.explain_dataset import explain_dataset
from motiflens.workflow.settings import Settings


def test_a_wrong_computation_is_replaced_and_told_once(monkeypatch):
    torch.manual_seed(0)
    config = ClassicConfig(widths=(3,), filters=2, dense=(3, 2))
    dataset = planted(60, 20, classes=3)
    network = build_network(config, length=20, n_outputs=3).eval()
    model = Model(members=(network,), config=config, output=output_for(dataset.classes))
    split = split_dataset(dataset, seed=0)
    probabilities = predict_values(model, dataset.codes)

    def explained():
        return explain_dataset(model, dataset, split, predicted=probabilities, settings=Settings())

    right = explained()
    assert right.notes == ()
    monkeypatch.setattr(mutagenesis, "_FAST", (lambda m, codes: naive_deltas(m, codes) + np.float32(0.1),))
    replaced = explained()
    (note,) = replaced.notes
    assert "off by 1.0e-01" in note
    assert "one by one" in note
    for name, maps in right.by_target.items():
        np.testing.assert_allclose(replaced.by_target[name], maps, atol=1e-5)
