"""The record of faithfulness that a run keeps."""

import numpy as np
import pytest
from planted import planted

from motiflens.explain.mutagenesis import mutagenesis
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.run.folder import Attributions
from motiflens.workflow.faithfulness import assess_faithfulness


def rows_of(model: Model, *, label: str = "AP1") -> Attributions:
    dataset = planted(20)
    maps = mutagenesis(model, dataset.codes).hypothetical
    return Attributions(
        hypothetical=maps,
        codes=dataset.codes,
        ids=dataset.ids,
        target=np.array(["AP1"] * 20),
        label=np.array([label if i < 8 else "background" for i in range(20)]),
        probability=np.ones(20, np.float32),
        method="in-silico mutagenesis",
        attention_widths=(3, 5),
        attention=np.stack([np.abs(maps).max(1), np.full((20, 40), 0.025, np.float32)], 1),
    )


@pytest.fixture(scope="module")
def model() -> Model:
    config = ClassicConfig(filters=4, widths=(3, 5), dense=(6, 5))
    networks = tuple(build_network(config, length=40, n_outputs=1).eval() for _ in range(2))
    return Model(members=networks, config=config, output=output_for(("background", "AP1")))


def test_a_record_has_every_check(model):
    record = assess_faithfulness(model, rows_of(model), seed=0)
    assert record.sequences == 8
    assert record.members == 2
    assert -1 <= record.member_correlation <= 1
    assert len(record.weight_randomisation) == 3
    for name in ("deletion", "insertion"):
        curve = getattr(record, name)
        assert len(curve.share) == len(curve.logit) == len(curve.random)
    assert record.deletion.area < record.deletion.random_area
    audit = record.attention
    assert audit.widths == (3, 5)
    assert audit.agreement[0] > 0.5
    assert audit.agreement[1] == 0  # flat
    assert audit.fraction_above_threshold[1] == 0
    assert np.shape(audit.agreement_by_sequence) == (20, 2)


def test_no_sequence_of_its_own_target_leaves_the_attention_audit(model):
    record = assess_faithfulness(model, rows_of(model, label="background"), seed=0)
    assert record.sequences == 0
    assert record.deletion is record.insertion is record.member_correlation is None
    assert record.attention.agreement_by_sequence
