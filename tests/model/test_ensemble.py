"""A model is the mean of its members and strands."""

import numpy as np
import pytest
import torch

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.sequence.alphabet import reverse_complement

CODES = np.random.default_rng(0).integers(0, 5, (9, 22)).astype(np.uint8)
CONFIGS = {
    "classic": ClassicConfig(widths=(3, 6), filters=4, dense=(6, 5)),
    "additive": AdditiveConfig(widths=(3, 6), filters=4, position_weights="none", kmer=2),
}


def networks(preset: str, n_outputs: int, number: int) -> list:
    built = []
    for seed in range(number):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            built.append(build_network(CONFIGS[preset], length=22, n_outputs=n_outputs).eval())
        with torch.no_grad():
            for parameter in built[-1].parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
    return built


@pytest.mark.parametrize("preset", CONFIGS)
@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_logits_and_attention_are_means(preset, strands, n_outputs):
    members = networks(preset, n_outputs, 3)
    classes = ("a", "b") if n_outputs == 1 else ("a", "b", "c")
    model = Model(members=members, config=CONFIGS[preset], output=output_for(classes), strands=strands)
    assert (model.length, model.n_outputs) == (22, n_outputs)
    x = torch.from_numpy(CODES)
    turned = torch.from_numpy(np.stack([reverse_complement(row) for row in CODES]))
    with torch.no_grad():
        found = [member(x) for member in members]
        maps = [member.attention(x) for member in members]
        if strands == "both":
            found += [member(turned) for member in members]
            maps += [{s: a.flip(1) for s, a in member.attention(turned).items()} for member in members]
        torch.testing.assert_close(model.logits(x), sum(found) / len(found))
        attention = model.attention(x)
        assert list(attention) == [3, 6]
        total = sum(each.sum(1) for m in maps for each in m.values())[:, None]
        for scale, values in attention.items():
            torch.testing.assert_close(values, sum(m[scale] for m in maps) / total)
