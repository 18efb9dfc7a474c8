"""Models on disk: the same to the bit, and every damage named with its file."""

import json

import numpy as np
import pytest
import safetensors.torch
import torch

from motiflens.errors import RunFolderError
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network
from motiflens.model.store import load_model, save_model

CONFIGS = {
    "classic": ClassicConfig(widths=(3, 6), filters=4, dense=(6, 5)),
    "additive": AdditiveConfig(widths=(3, 6), filters=4, position_weights="smooth", kmer=2),
}


def model(preset: str, *, classes: int = 2, members: int = 2, strands: str = "both") -> Model:
    config, n_outputs = CONFIGS[preset], 1 if classes == 2 else classes
    nets = [build_network(config, length=15, n_outputs=n_outputs).eval() for _ in range(members)]
    generator = torch.Generator().manual_seed(0)
    for net in nets:
        for value in net.state_dict().values():
            if value.is_floating_point():
                value.uniform_(0.1, 1.0, generator=generator)
    return Model(
        members=nets, config=config, output=output_for(tuple(f"class {i}" for i in range(classes))), strands=strands
    )


@pytest.mark.parametrize("preset", CONFIGS)
@pytest.mark.parametrize("classes", [2, 3])
def test_what_is_loaded_is_what_was_saved(tmp_path, preset, classes):
    saved = model(preset, classes=classes)
    save_model(tmp_path / "deep" / "model", saved)
    loaded = load_model(tmp_path / "deep" / "model")
    assert (loaded.config, loaded.classes, loaded.strands) == (saved.config, saved.classes, saved.strands)
    assert (loaded.length, loaded.n_outputs, len(loaded.members)) == (15, saved.n_outputs, 2)
    for one, other in zip(saved.members, loaded.members, strict=True):
        assert not other.training
        assert one.state_dict().keys() == other.state_dict().keys()
        assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())
    codes = np.random.default_rng(0).integers(0, 5, (8, 15)).astype(np.uint8)
    np.testing.assert_array_equal(predict_logits(loaded, codes), predict_logits(saved, codes))


def test_nothing_is_pickled(tmp_path):
    save_model(tmp_path, model("additive"))
    assert {file.name for file in tmp_path.iterdir()} == {
        "config.json",
        "weights.safetensors",
        "weights_2.safetensors",
    }


def edit(**changes):
    def damage(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return damage


def edit_network(**changes):
    def damage(folder):
        path = folder / "config.json"
        content = json.loads(path.read_text())
        path.write_text(json.dumps(content | {"network": content["network"] | changes}))

    return damage


def truncate(name):
    def damage(folder):
        (folder / name).write_bytes((folder / name).read_bytes()[:-9])

    return damage


def drop_a_tensor(folder):
    weights = safetensors.torch.load_file(folder / "weights.safetensors")
    del weights["bias"]
    safetensors.torch.save_file(weights, folder / "weights.safetensors")


DAMAGES = {
    "no config": (lambda f: (f / "config.json").unlink(), "config.json", "missing"),
    "no weights": (lambda f: (f / "weights.safetensors").unlink(), "weights.safetensors", "missing"),
    "no second weights": (lambda f: (f / "weights_2.safetensors").unlink(), "weights_2.safetensors", "missing"),
    "config is a folder": (
        lambda f: ((f / "config.json").unlink(), (f / "config.json").mkdir()),
        "config.json",
        "corrupt",
    ),
    "truncated config": (truncate("config.json"), "config.json", "corrupt"),
    "empty config": (lambda f: (f / "config.json").write_text(""), "config.json", "corrupt"),
    "binary config": (lambda f: (f / "config.json").write_bytes(b"\x89\xff\0"), "config.json", "corrupt"),
    "config is a list": (lambda f: (f / "config.json").write_text("[]"), "config.json", "corrupt"),
    "config of something else": (lambda f: (f / "config.json").write_text('{"a": 1}'), "config.json", "corrupt"),
    "truncated weights": (truncate("weights.safetensors"), "weights.safetensors", "corrupt"),
    "empty weights": (lambda f: (f / "weights.safetensors").write_bytes(b""), "weights.safetensors", "corrupt"),
    "a missing tensor": (drop_a_tensor, "weights.safetensors", "bias"),
    "unknown preset": (edit_network(preset="transformer"), "config.json", "transformer"),
    "unknown setting": (edit_network(depth=3), "config.json", "depth"),
    "wrong shapes": (edit_network(filters=7), "weights.safetensors", "corrupt"),
    "another length": (edit_network(position_weights="per_base"), "weights.safetensors", "corrupt"),
    "other strands": (edit(strands="sideways"), "config.json", "strands"),
    "no members": (edit(members=0), "config.json", "members"),
    "no length": (edit(length=-4), "config.json", "length"),
    "one class": (edit(output={"task": "binary", "names": ["a"]}), "config.json", "classes"),
    "more classes": (edit(output={"task": "multiclass", "names": ["a", "b", "c"]}), "weights.safetensors", "corrupt"),
    "another task": (edit(output={"task": "ranking", "names": ["a", "b"]}), "config.json", "ranking"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_damage_is_named(tmp_path, case):
    damage, file, reason = DAMAGES[case]
    save_model(tmp_path, model("additive"))
    damage(tmp_path)
    with pytest.raises(RunFolderError) as caught:
        load_model(tmp_path)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / file}: ")
    assert reason in text
    assert "\n" not in text
    assert "restore it" in text


@pytest.mark.parametrize("version", [1, 2])
def test_another_format_must_be_fitted_again(tmp_path, version):
    save_model(tmp_path, model("additive"))
    edit(format=version)(tmp_path)
    with pytest.raises(RunFolderError) as caught:
        load_model(tmp_path)
    expected = f"{tmp_path / 'config.json'}: format {version}, but this version reads format 3: fit again"
    assert str(caught.value) == expected
