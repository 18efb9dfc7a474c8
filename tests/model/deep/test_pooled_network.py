"""Pooled interactions: the formula by hand; windows and gradients agree with brute force."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from motiflens.errors import ModelError
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.explain.naive import naive_deltas
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.codes import one_hot
from motiflens.model.deep.config import DeepConfig
from motiflens.model.deep.network import DeepNetwork
from motiflens.model.deep.pooled import PooledNetwork
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.model.rules import PLAIN, Rescale
from motiflens.model.store import load_model, save_model

FRONT = AdditiveConfig(widths=(3, 8), filters=5, gate_units=3, position_weights="smooth", position_knots=4, kmer=3)
CONFIG = DeepConfig(front=FRONT, interactions="pooled", hidden=7)


def network(*, length: int = 20, n_outputs: int = 1, seed: int = 0) -> PooledNetwork:
    """A network none of whose parameters is at its start, in eval mode."""
    built = build_network(CONFIG, length=length, n_outputs=n_outputs)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
        built.mix.copy_(torch.tensor([0.8, 0.5])[:, None])
        built.additive.mix.copy_(torch.tensor([0.9, 0.4, 0.6])[:, None])
        built.deep.norm.running_mean.uniform_(0, 1, generator=generator)
        built.deep.norm.running_var.uniform_(0.1, 1, generator=generator)
    return built.eval()


def letters(n: int, length: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 5, (n, length)).astype(np.uint8))


def test_the_configuration_says_which_interactions_there_are():
    assert isinstance(network(), PooledNetwork)
    assert isinstance(build_network(DeepConfig(front=FRONT), length=20, n_outputs=1), DeepNetwork)


def test_it_starts_without_interactions():
    built, codes = build_network(CONFIG, length=20, n_outputs=2).eval(), letters(6, 20)
    with torch.no_grad():
        built.deep.motif.readout.normal_()
        torch.testing.assert_close(built.deep(codes), built.deep.motif(codes))


@torch.no_grad()
def test_the_formula_by_hand():
    built, codes = network(n_outputs=2), letters(6, 20)
    term, pooled = built.deep, built.deep.motif.pooled(codes)

    def head(z: torch.Tensor) -> torch.Tensor:
        norm = term.norm
        normal = (torch.log(1 + z) - norm.running_mean) / torch.sqrt(norm.running_var + norm.eps)
        hidden = (normal * norm.weight + norm.bias) @ term.hidden.weight.T + term.hidden.bias
        return hidden.clamp(min=0) @ term.out.weight.T

    expected = pooled @ term.motif.readout.T + head(pooled)
    torch.testing.assert_close(term(codes), expected)
    additive = built.additive(codes) - built.additive.bias
    torch.testing.assert_close(built(codes), 0.8 * expected + 0.5 * additive + built.bias)


def test_what_motifs_mean_together_has_no_place():
    with pytest.raises(ModelError, match="use in-silico mutagenesis"):
        network().contributions(letters(2, 20))


def test_mutagenesis_needs_no_brute_force():
    members = [network(length=24, seed=seed) for seed in (0, 1)]
    model = Model(members=members, config=CONFIG, output=output_for(("a", "b")), strands="both")
    codes = letters(4, 24).numpy()
    found = mutagenesis(model, codes)
    assert found.note == ""
    np.testing.assert_allclose(found.deltas, naive_deltas(model, codes)[:, 0], atol=1e-4)


def test_gradients_by_rules():
    built = network().double()
    x = one_hot(letters(6, 20) % 4, torch.float64)
    torch.testing.assert_close(built.soft_logits(x, PLAIN), built(letters(6, 20) % 4).detach())
    both = torch.cat((x, x.flip(0).roll(3, 2))).requires_grad_()
    logits = built.soft_logits(both, Rescale())
    (multipliers,) = torch.autograd.grad(logits[:6].sum(), both)
    change = ((both[:6] - both[6:]) * multipliers[:6]).sum((1, 2))
    torch.testing.assert_close(change[:, None], (logits[:6] - logits[6:]).detach())


def test_attention_is_of_both_terms():
    built, codes = network(), letters(3, 20)
    found = built.attention(codes)
    assert set(found) == {3, 8}
    alone = functional.relu(torch.stack(list(built.additive.attention(codes).values())))
    assert (torch.stack(list(found.values())) >= 0.5 * alone - 1e-6).all()


def test_a_stored_model_is_the_same(tmp_path):
    model = Model(members=[network()], config=CONFIG, output=output_for(("a", "b")), strands="forward")
    save_model(tmp_path / "model", model)
    loaded = load_model(tmp_path / "model")
    codes = letters(3, 20)
    with torch.no_grad():
        assert torch.equal(loaded.members[0](codes), model.members[0](codes))
