"""The compiled training step of `additive` against the same step in plain PyTorch."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from motiflens.model.additive import training_step as compiled
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.network import AdditiveNetwork


def network(*, length: int, n_outputs: int = 1, seed: int = 0, **settings) -> AdditiveNetwork:
    """In training, no weight at its start value."""
    torch.manual_seed(seed)
    config = AdditiveConfig(**({"dropout": 0.0, "position_weights": "smooth"} | settings))
    made = AdditiveNetwork(config, length=length, n_outputs=n_outputs)
    for parameter in made.parameters():
        if parameter.requires_grad:
            parameter.data += 0.3 * torch.randn_like(parameter)
    return made.train()


def random_codes(n: int, length: int, *, unknown: float = 0.05, seed: int = 0) -> Tensor:
    odds = np.array([0.3, 0.2, 0.2, 0.3 - unknown, unknown])
    return torch.from_numpy(np.random.default_rng(seed).choice(5, p=odds, size=(n, length)).astype(np.uint8))


def assert_same_step(ours: AdditiveNetwork, codes: Tensor) -> None:
    """Logits and gradients are those of double precision, which the compiled passes do not take."""
    ours.zero_grad()
    twin = copy.deepcopy(ours).double()
    found, expected = ours.logits_in_training(codes), twin.logits_in_training(codes)
    upstream = torch.randn(found.shape, generator=torch.Generator().manual_seed(7))
    found.backward(upstream)
    expected.backward(upstream.double())
    scale = max(1, float(expected.detach().abs().max()))
    np.testing.assert_allclose(found.detach(), expected.detach(), rtol=0, atol=2e-5 * scale)
    for (name, p), q in zip(ours.named_parameters(), twin.parameters(), strict=True):
        assert (p.grad is None) == (q.grad is None), name
        if q.grad is not None:
            size = max(1e-2, float(q.grad.abs().max()))
            np.testing.assert_allclose(p.grad, q.grad, rtol=0, atol=1e-4 * size, err_msg=name)


@pytest.fixture
def spaces(monkeypatch):
    """A sequence count for each call of the compiled passes."""
    made, original = [], compiled._space
    monkeypatch.setattr(compiled, "_space", lambda n, net: made.append(n) or original(n, net))
    return made


@pytest.mark.parametrize(
    ("n", "length", "settings"),
    [
        (32, 60, {}),
        (5, 17, {}),  # shorter than the widest filter
        (3, 33, {"widths": (2, 6, 9), "filters": 5, "gate_units": 3}),
        (4, 16, {"widths": (1,), "filters": 20, "gate_units": 17}),
        (2, 1, {"widths": (3, 4), "filters": 3}),
        (40, 31, {"position_weights": "none", "activation": "shift_scale"}),
        (1, 40, {"position_weights": "per_base", "n_outputs": 3}),
    ],
)
def test_computes_what_pytorch_does(n, length, settings, spaces):
    assert_same_step(network(length=length, **settings), random_codes(n, length))
    assert spaces == [n]  # once by ours; the twin is plain


@pytest.mark.parametrize("activation", ["exponential", "shift_scale"])
@pytest.mark.parametrize(("length", "units"), [(1, 1), (2, 17), (3, 16), (5, 15), (18, 33)])
def test_reads_no_memory_that_it_has_not_written(length, units, activation, monkeypatch):
    def spoiled(*shapes: tuple[int, ...]) -> list[np.ndarray]:
        return [np.full(shape, np.nan, np.float32) for shape in shapes]

    monkeypatch.setattr(compiled, "empties", spoiled)
    ours = network(length=length, widths=(2, 5), filters=33, gate_units=units, activation=activation)
    assert_same_step(ours, random_codes(17, length))
    with torch.inference_mode():
        found = ours.eval().contributions(random_codes(3, length))
    assert torch.isfinite(found).all()


@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(1, 20),
    length=st.integers(1, 40),
    widths=st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True),
    filters=st.integers(1, 20),
    units=st.integers(1, 18),
    position_weights=st.sampled_from(["none", "smooth", "per_base"]),
    activation=st.sampled_from(["exponential", "shift_scale"]),
    seed=st.integers(0, 10),
)
def test_computes_what_pytorch_does_whatever_the_shape(
    n, length, widths, filters, units, position_weights, activation, seed
):
    given = {"widths": tuple(widths), "filters": filters, "gate_units": units, "position_weights": position_weights}
    assert_same_step(
        network(length=length, seed=seed, activation=activation, **given), random_codes(n, length, seed=seed)
    )


@pytest.mark.parametrize("activation", ["exponential", "shift_scale"])
def test_cut_exponents_have_no_gradient(activation):
    ours = network(length=30, widths=(3, 6), filters=4, activation=activation)
    x = random_codes(8, 30)
    ours.motif.bias.data[:3] += 11  # some matches beyond the largest exponent, some not
    ours.motif.gate_logit.bias.data[1] += 12
    assert_same_step(ours, x)
    assert not ours.motif.gate_logit.bias.grad[1]
    assert ours.motif.gate_logit.bias.grad[0]


@pytest.mark.parametrize("threads", [2, 3, 40])
def test_threads_change_no_bit(threads):
    x, results = random_codes(37, 50), []
    for count in (1, threads):
        ours = network(length=50)
        ours.threads = count
        logits = ours.logits_in_training(x)
        logits.square().sum().backward()
        results.append([logits.detach()] + [p.grad for p in ours.parameters() if p.grad is not None])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_what_is_not_a_number_stays_so():
    for name in (
        "bias",
        "filters.0",
        "gate_tanh.weight",
        "gate_sigmoid.bias",
        "gate_logit.bias",
        "log_position_weights",
    ):
        ours = network(length=30)
        ours.motif.get_parameter(name).data.flatten()[0] = torch.nan
        logits = ours(random_codes(4, 30))
        assert torch.isnan(logits).any(), name


def test_other_precisions_take_the_plain_path(spaces):
    ours, codes = network(length=30), random_codes(4, 30)
    ours.double()(codes)
    ours.float()
    with torch.autocast("cpu", torch.bfloat16):
        ours(codes)
    assert not spaces
    ours(codes)
    assert spaces == [4]


@pytest.mark.parametrize(
    ("n", "length", "settings"),
    [
        (32, 60, {}),
        (3, 33, {"widths": (2, 6, 9), "filters": 5, "gate_units": 3, "n_outputs": 3}),
        (2, 1, {"widths": (3, 4), "filters": 3}),
        (20, 31, {"position_weights": "per_base", "activation": "shift_scale"}),
    ],
)
def test_reads_logits_and_contributions_as_pytorch_does(n, length, settings, spaces):
    ours, x = network(length=length, **settings).eval(), random_codes(n, length)
    twin = copy.deepcopy(ours).double()
    with torch.inference_mode():
        for read in (AdditiveNetwork.forward, AdditiveNetwork.contributions):
            expected = read(twin, x)
            atol = 2e-6 * max(1, float(expected.abs().max()))
            np.testing.assert_allclose(read(ours, x), expected, rtol=0, atol=atol)
    assert spaces == [n, n]
