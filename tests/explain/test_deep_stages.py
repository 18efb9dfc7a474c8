"""Preset deep in the window engine against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_incremental import random_model, sequences, single

from motiflens.explain.mutagenesis import mutagenesis
from motiflens.explain.naive import naive_deltas
from motiflens.explain.windows import windowed_deltas
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.model.predict import predict_logits


def config(position_weights: str, activation: str, dilations: tuple[int, ...]) -> DeepConfig:
    front = AdditiveConfig(
        widths=(3, 6),
        filters=4,
        gate_units=2,
        position_weights=position_weights,
        position_knots=3,
        kmer=4,
        activation=activation,
    )
    return DeepConfig(front=front, channels=5, context=3, dilations=dilations)


@settings(deadline=None, max_examples=15)
@given(
    position_weights=st.sampled_from(["none", "smooth", "per_base"]),
    activation=st.sampled_from(["exponential", "shift_scale"]),
    dilations=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    strands=st.sampled_from(["forward", "both"]),
    n_outputs=st.sampled_from([1, 3]),
    length=st.integers(1, 40),
    data=st.data(),
)
def test_windows_equal_brute_force(position_weights, activation, dilations, strands, n_outputs, length, data):
    built = config(position_weights, activation, dilations)
    seed = data.draw(st.integers(0, 2**32))
    model = random_model(built, length=length, n_outputs=n_outputs, members=1, strands=strands, seed=seed)
    codes = data.draw(sequences(length))
    expected = naive_deltas(model, codes)
    np.testing.assert_allclose(windowed_deltas(model, codes), expected, rtol=1e-9, atol=1e-9)
    scale = max(1.0, float(np.abs(predict_logits(model, codes)).max()))
    np.testing.assert_allclose(windowed_deltas(single(model), codes), expected, rtol=1e-4, atol=1e-4 * scale)


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_mutagenesis_needs_no_brute_force(strands):
    model = random_model(
        config("smooth", "exponential", (1, 2)), length=50, n_outputs=1, members=2, strands=strands, seed=0
    )
    codes = np.random.default_rng(0).integers(0, 5, (4, 50)).astype(np.uint8)
    found = mutagenesis(model, codes)
    assert found.note == ""
    np.testing.assert_allclose(found.deltas, naive_deltas(model, codes)[:, 0], atol=1e-5)
