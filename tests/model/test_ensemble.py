"""A model is the mean of its members and strands."""

import numpy as np
import pytest
import torch

from motiflens.model.config import AdditiveConfig, ClassicConfig
from motiflens.model.ensemble import Model, build_network, to_probabilities
from motiflens.sequence.alphabet import one_hot, reverse_complement

CODES = np.random.default_rng(0).integers(0, 5, (9, 22)).astype(np.uint8)
CONFIGS = {
    "classic": ClassicConfig(widths=(3, 6), filters=4, dense=(6, 5)),
    "additive": AdditiveConfig(widths=(3, 6), filters=4, profile="none", kmer=2),
}


def networks(preset: str, heads: int, number: int) -> list:
    built = []
    for seed in range(number):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            built.append(build_network(CONFIGS[preset], length=22, heads=heads).eval())
        with torch.no_grad():
            for parameter in built[-1].parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
    return built


@pytest.mark.parametrize("preset", CONFIGS)
@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("heads", [1, 3])
def test_logits_and_attention_are_means(preset, strands, heads):
    members = networks(preset, heads, 3)
    classes = ("a", "b") if heads == 1 else ("a", "b", "c")
    model = Model(members=members, config=CONFIGS[preset], classes=classes, strands=strands)
    assert (model.length, model.heads) == (22, heads)
    x = torch.from_numpy(one_hot(CODES))
    turned = torch.from_numpy(one_hot(np.stack([reverse_complement(row) for row in CODES])))
    with torch.no_grad():
        found = [member(x) for member in members]
        maps = [member.attention(x) for member in members]
        if strands == "both":
            found += [member(turned) for member in members]
            maps += [{s: a.flip(1) for s, a in member.attention(turned).items()} for member in members]
        torch.testing.assert_close(model.logits(x), sum(found) / len(found))
        attention = model.attention(x)
        assert list(attention) == ["width 3", "width 6"]
        for scale, values in attention.items():
            torch.testing.assert_close(values, sum(m[scale] for m in maps) / len(maps))


def test_probabilities():
    binary = to_probabilities(torch.tensor([[0.0], [2.0], [30.0], [-200.0]]))
    expected = [[0.5, 0.5], [0.1192029, 0.8807971], [np.exp(-30), 1], [1, 0]]
    np.testing.assert_allclose(binary, expected, rtol=1e-5)
    logits = torch.tensor([[1.0, 2.0, 3.0]])
    expected = np.exp([1, 2, 3]) / np.exp([1, 2, 3]).sum()
    np.testing.assert_allclose(to_probabilities(logits)[0], expected, rtol=1e-6)
