"""The incremental computation against brute force, over random networks and sequences; what happens when it fails."""

import logging

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.explain import mutagenesis as module
from motiflens.explain.incremental import incremental_deltas
from motiflens.explain.mutagenesis import mutagenesis, mutagenesis_by_class, mutagenesis_naive
from motiflens.explain.naive import naive_deltas
from motiflens.explain.windows import windowed_deltas
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network
from motiflens.sequence.alphabet import one_hot

WIDTHS = st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True).map(tuple)
CLASSIC = {
    "widths": WIDTHS,
    "filters": st.sampled_from([1, 5, 16, 20]),
    "dense": st.tuples(st.integers(1, 40), st.integers(1, 40)),
}
ADDITIVE = {
    "widths": WIDTHS,
    "filters": st.integers(1, 6),
    "activation": st.sampled_from(["exponential", "shift_scale"]),
    "gate_units": st.integers(1, 9),
    "position_weights": st.sampled_from(["none", "smooth", "per_base"]),
    "kmer": st.integers(1, 4),
    "positional_kmer": st.integers(1, 6),
}


def random_model(config, *, length, n_outputs, members=1, strands="forward", size=0.5, step=0.0, seed=0) -> Model:
    """Every parameter and moving average drawn; multiples of `step` (if not 0), so that maxima tie."""
    torch.manual_seed(seed)
    networks = tuple(build_network(config, length=length, n_outputs=n_outputs).eval().double() for _ in range(members))
    for network in networks:
        for parameter in network.parameters():
            parameter.data += size * torch.randn_like(parameter)
            if step:
                parameter.data = (parameter.data / step).round() * step
        if isinstance(config, AdditiveConfig):
            network.mix.data.abs_()
        for name, buffer in network.named_buffers():
            if "running" in name:
                buffer += torch.rand_like(buffer)
    classes = ("no", "yes") if n_outputs == 1 else tuple("abcdefg"[:n_outputs])
    return Model(members=networks, config=config, output=output_for(classes), strands=strands)


def single(model: Model) -> Model:
    for member in model.members:
        member.float()
    return model


def assert_exact(model: Model, codes: np.ndarray) -> None:
    """In both precisions, against the double-precision twin."""
    expected = naive_deltas(model, codes)
    fast = incremental_deltas(model, codes)
    assert fast is not None
    assert fast.dtype == np.float64
    np.testing.assert_allclose(fast, expected, rtol=1e-10, atol=1e-10)
    fast = incremental_deltas(single(model), codes)
    assert fast is not None
    assert fast.dtype == np.float32
    largest = max(1.0, float(np.abs(predict_logits(model, codes)).max()))
    np.testing.assert_allclose(fast, expected, rtol=1e-5, atol=1e-5 * largest)


@st.composite
def sequences(draw, length: int) -> np.ndarray:
    """Letters of any mixture, N among them: all N, homopolymers and repeats are frequent."""
    letters = draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    return generator.choice(letters, (draw(st.integers(1, 2)), length)).astype(np.uint8)


@pytest.mark.parametrize(("kind", "options"), [(ClassicConfig, CLASSIC), (AdditiveConfig, ADDITIVE)])
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_incremental_equals_brute_force(kind, options, data):
    length = data.draw(st.integers(1, 25), "length")
    model = random_model(
        kind(**data.draw(st.fixed_dictionaries(options), "config")),
        length=length,
        n_outputs=data.draw(st.sampled_from([1, 3]), "n_outputs"),
        members=data.draw(st.integers(1, 2), "members"),
        strands=data.draw(st.sampled_from(["forward", "both"]), "strands"),
        step=data.draw(st.sampled_from([0.0, 0.5]), "step"),
        seed=data.draw(st.integers(0, 2**32), "seed"),
    )
    assert_exact(model, data.draw(sequences(length), "codes"))


@pytest.mark.parametrize(
    "config",
    [ClassicConfig(), AdditiveConfig(position_weights="smooth")],
    ids=["classic", "additive"],
)
def test_incremental_equals_brute_force_at_the_default_size(config):
    codes = np.random.default_rng(0).choice(5, (3, 90), p=[0.24, 0.24, 0.24, 0.24, 0.04]).astype(np.uint8)
    assert_exact(random_model(config, length=90, n_outputs=3, size=0.1, strands="both"), codes)


def test_active_clamps_stay_exact():
    """Matches beyond exp(10), gates beyond exp(10), saturated sums."""
    model = random_model(
        AdditiveConfig(widths=(6,), filters=3, position_weights="per_base"),
        length=30,
        n_outputs=1,
        size=0.4,
    )
    (network,) = model.members
    network.motif.filters[0].data *= 6
    network.motif.gate_logit.bias.data += 9.5
    codes = np.random.default_rng(0).integers(0, 4, (4, 30)).astype(np.uint8)
    matches = torch.nn.functional.conv1d(torch.from_numpy(one_hot(codes)).double(), network.motif.filters[0])
    assert matches.max() > 11
    expected = naive_deltas(model, codes)
    np.testing.assert_allclose(incremental_deltas(model, codes), expected, rtol=1e-10, atol=1e-10)


def test_many_sequences_on_several_threads_keep_their_order():
    model = single(
        random_model(
            AdditiveConfig(filters=2, widths=(3,), position_weights="none"),
            length=12,
            n_outputs=1,
        )
    )
    codes = np.random.default_rng(0).integers(0, 4, (300, 12)).astype(np.uint8)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        together = mutagenesis(model, codes)
    finally:
        torch.set_num_threads(before)
    rows = [0, 1, 63, 64, 130, 299]
    np.testing.assert_allclose(together.deltas[rows], mutagenesis_naive(model, codes[rows]).deltas, atol=1e-5)
    assert together.note == ""


def test_every_class_at_once_equals_one_by_one():
    model = single(random_model(ClassicConfig(filters=4, widths=(3, 4)), length=15, n_outputs=3, members=2))
    codes = np.random.default_rng(0).integers(0, 5, (4, 15)).astype(np.uint8)
    together = mutagenesis_by_class(model, codes)
    assert list(together) == ["a", "b", "c"]
    for name, explained in together.items():
        np.testing.assert_array_equal(explained.deltas, mutagenesis(model, codes, target=name).deltas)
        assert explained.target == (name,) * 4
    total = sum(explained.deltas for explained in together.values())
    np.testing.assert_allclose(total, 0, atol=1e-5)  # logits count from their mean


def test_a_wrong_fast_computation_is_found_and_replaced(monkeypatch, caplog):
    model = single(random_model(ClassicConfig(filters=4), length=20, n_outputs=1))
    codes = np.random.default_rng(0).integers(0, 4, (3, 20)).astype(np.uint8)
    expected = mutagenesis_naive(model, codes)

    def wrong(*_):
        return naive_deltas(model, codes) * np.float32(1.1)

    monkeypatch.setattr(module, "_FAST", (wrong, windowed_deltas))
    with caplog.at_level(logging.WARNING):
        explained = mutagenesis(model, codes)
    np.testing.assert_allclose(explained.deltas, expected.deltas, rtol=1e-4, atol=1e-4)  # logits are near 14
    assert "off by" in explained.note
    assert "one by one" not in explained.note
    assert explained.note in caplog.text
    monkeypatch.setattr(module, "_FAST", (wrong, wrong))
    explained = mutagenesis(model, codes)
    np.testing.assert_array_equal(explained.deltas, expected.deltas)
    assert explained.note.count("off by") == 2
    assert "one by one" in explained.note


def test_a_network_out_of_range_of_the_compiled_kernels_is_computed_from_windows():
    model = single(random_model(AdditiveConfig(filters=2, position_weights="none"), length=20, n_outputs=1))
    model.members[0].motif.filters[0].data[0, 0, 0] = 30
    codes = np.random.default_rng(0).integers(0, 4, (2, 20)).astype(np.uint8)
    assert incremental_deltas(model, codes) is None
    explained = mutagenesis(model, codes)
    np.testing.assert_allclose(explained.deltas, mutagenesis_naive(model, codes).deltas, rtol=1e-5, atol=1e-5)
    assert explained.note == ""
