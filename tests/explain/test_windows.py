"""The window engine against brute force: presets, a network of several stages, edits of any width, unknown networks."""

import logging

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_incremental import ADDITIVE, CLASSIC, random_model, sequences, single
from torch import nn

from motiflens.explain import changes as changes_module
from motiflens.explain.changes import logit_changes_of
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.explain.naive import naive_deltas
from motiflens.explain.replacements import Replacements
from motiflens.explain.windows import window_share, windowed_changes, windowed_deltas
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.codes import one_hot
from motiflens.model.ensemble import Model
from motiflens.model.network import Network
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.rules import PLAIN
from motiflens.model.stages import Stage, Windowed


class Toy(Network):
    """Two convolutions with bias, the second dilated, a weight a position; sums and maxima; a curved head."""

    def __init__(self, *, length: int, n_outputs: int) -> None:
        super().__init__(length=length, n_outputs=n_outputs)
        self.first = nn.Conv1d(4, 5, 5, padding=2)
        self.second = nn.Conv1d(5, 6, 3, padding=3, dilation=3)
        self.places = nn.Parameter(torch.randn(length))
        self.out = nn.Linear(9, n_outputs)

    def forward(self, codes):
        return self.soft_logits(one_hot(codes, self.dtype), PLAIN)

    def soft_logits(self, x, rules):
        if rules is not PLAIN:
            return super().soft_logits(x, rules)
        state = torch.tanh(self.second(torch.relu(self.first(x)))) * self.places
        sums, peaks = self.features(state)
        return self.head(sums.sum(2), peaks.amax(2))

    def stages(self):
        return [
            Stage(radius=2, run=self._first),
            Stage(radius=3, run=self._second),
        ]

    def _first(self, window, positions):
        del positions
        return torch.relu(self.first(one_hot(window[:, 0], self.dtype)))[:, :, 2:-2]

    def _second(self, window, positions):
        return torch.tanh(self.second(window))[:, :, 3:-3] * self.places[positions][:, None]

    def features(self, state):
        return state.exp(), state[:, :3]

    def head(self, sums, peaks):
        return self.out(torch.cat((sums.log(), peaks), 1))


def toy_model(*, length: int, strands: str = "forward") -> Model:
    torch.manual_seed(0)
    members = tuple(Toy(length=length, n_outputs=3).eval().double() for _ in range(2))
    return Model(members=members, config=ClassicConfig(), output=output_for(("a", "b", "c")), strands=strands)


@pytest.mark.parametrize(("kind", "options"), [(ClassicConfig, CLASSIC), (AdditiveConfig, ADDITIVE)])
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_presets_equal_brute_force(kind, options, data):
    length = data.draw(st.integers(1, 25), "length")
    model = random_model(
        kind(**data.draw(st.fixed_dictionaries(options), "config")),
        length=length,
        n_outputs=data.draw(st.sampled_from([1, 3]), "n_outputs"),
        members=data.draw(st.integers(1, 2), "members"),
        strands=data.draw(st.sampled_from(["forward", "both"]), "strands"),
        seed=data.draw(st.integers(0, 2**32), "seed"),
    )
    codes = data.draw(sequences(length), "codes")
    expected = naive_deltas(model, codes)
    np.testing.assert_allclose(windowed_deltas(model, codes), expected, rtol=1e-10, atol=1e-10)
    scale = max(1.0, float(np.abs(predict_logits(model, codes)).max()))
    found = windowed_deltas(single(model), codes)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * scale)


@pytest.mark.parametrize("length", [1, 4, 9, 40])
@pytest.mark.parametrize("strands", ["forward", "both"])
def test_a_network_of_several_stages_equals_brute_force(length, strands):
    model = toy_model(length=length, strands=strands)
    assert isinstance(model.members[0], Windowed)
    codes = np.random.default_rng(0).integers(0, 5, (3, length)).astype(np.uint8)
    np.testing.assert_allclose(windowed_deltas(model, codes), naive_deltas(model, codes), rtol=1e-10, atol=1e-10)


def test_mutagenesis_takes_any_network_with_stages():
    model = toy_model(length=30)
    codes = np.random.default_rng(0).integers(0, 4, (3, 30)).astype(np.uint8)
    assert mutagenesis(model, codes, target="b").note == ""


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_edits_of_any_width_equal_whole_forward_passes(data):
    length, width = 60, data.draw(st.integers(1, 20), "width")
    model = toy_model(length=length, strands=data.draw(st.sampled_from(["forward", "both"])))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    codes = rng.integers(0, 5, (5, length)).astype(np.uint8)
    edits = Replacements(
        rows=rng.integers(0, 5, 30),
        starts=rng.integers(0, length - width + 1, 30),
        words=rng.integers(0, 5, (30, width)).astype(np.uint8),
        literal=data.draw(st.booleans()),
    )
    expected = predict_logits(model, edits.apply(codes)) - predict_logits(model, codes)[edits.rows]
    np.testing.assert_allclose(windowed_changes(model, codes, edits), expected, rtol=1e-10, atol=1e-10)


def some_edits(width: int) -> Replacements:
    words = np.zeros((20, width), np.uint8)
    return Replacements(rows=np.arange(20) % 3, starts=np.arange(20), words=words)


def test_windows_are_used_where_they_pay_and_checked(monkeypatch, caplog):
    model = toy_model(length=60)
    codes = np.random.default_rng(0).integers(0, 4, (3, 60)).astype(np.uint8)
    assert window_share(model, 3) == pytest.approx((7 + 13) / 2 / 60)
    expected = changes_module._whole(model, codes, some_edits(3))
    calls = []

    def twisted(*arguments):
        calls.append(arguments)
        return windowed_changes(*arguments) + 1e-3 * (len(calls) > 1)

    monkeypatch.setattr(changes_module, "windowed_changes", twisted)
    np.testing.assert_allclose(logit_changes_of(model, codes, some_edits(3)), expected, atol=1e-12)
    assert len(calls) == 1
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(logit_changes_of(model, codes, some_edits(3)), expected)
    assert "off by 1.0e-03" in caplog.text
    logit_changes_of(model, codes, some_edits(30))
    assert len(calls) == 2


def test_a_network_that_does_not_say_how_is_computed_one_by_one(caplog):
    class Opaque(Toy):
        stages = None

    torch.manual_seed(0)
    model = Model(
        members=(Opaque(length=10, n_outputs=1).eval(),), config=ClassicConfig(), output=output_for(("a", "b"))
    )
    codes = np.random.default_rng(0).integers(0, 4, (2, 10)).astype(np.uint8)
    assert windowed_deltas(model, codes) is None
    with caplog.at_level(logging.WARNING):
        explained = mutagenesis(model, codes)
    assert "one by one" in explained.note
    assert explained.note in caplog.text
    np.testing.assert_allclose(explained.deltas, naive_deltas(model, codes)[:, 0], atol=1e-6)
