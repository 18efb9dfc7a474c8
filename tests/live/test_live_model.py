"""The page's model in JavaScript, run by node, against Python in double precision."""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from motiflens.discovery.sites import find_sites
from motiflens.explain.attention import attention_maps
from motiflens.explain.contributions import letter_contributions
from motiflens.explain.mutagenesis import mutagenesis_naive
from motiflens.live import export
from motiflens.live.export import LiveModel, NotLive, live_model
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.config import NetworkConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import Binary, Multiclass, Output
from motiflens.model.predict import predict_ensemble, predict_logits, predict_values
from motiflens.model.presets import build_network
from motiflens.model.store import save_model
from motiflens.model.targets import ManyLabels, Numbers
from motiflens.motifs.motif import Motif, log_odds
from motiflens.sequence.alphabet import decode

SMALL: dict[str, Any] = {"widths": (3, 8), "filters": 5, "gate_units": 3, "kmer": 3, "positional_kmer": 3}
SMALL_CLASSIC = ClassicConfig(widths=(3, 8), filters=3, dense=(13, 6))
LENGTH = 23
MODELS = {
    "two classes, both strands": (AdditiveConfig(**SMALL), Binary(("no", "yes")), "both", 1),
    "three classes": (AdditiveConfig(**SMALL, position_weights="per_base"), Multiclass(("a", "b", "c")), "forward", 1),
    "an ensemble": (AdditiveConfig(**SMALL), Multiclass(("a", "b", "c")), "both", 3),
    "labels": (AdditiveConfig(**SMALL, position_weights="none"), ManyLabels(("x", "y")), "both", 2),
    "numbers": (
        AdditiveConfig(**SMALL),
        Numbers(names=("u", "v"), centre=(3.0, -1.0), scale=(2.0, 0.5), noise=(0.3, 0.1)),
        "forward",
        2,
    ),
    "counts": (AdditiveConfig(**SMALL), Numbers(names=("u",), loss_name="poisson", centre=(1.0,)), "forward", 1),
    "a bounded activation": (AdditiveConfig(**SMALL, activation="shift_scale"), Binary(("no", "yes")), "forward", 1),
    "peaks": (SMALL_CLASSIC, Binary(("no", "yes")), "forward", 1),
    "peaks of three classes, an ensemble on both strands": (SMALL_CLASSIC, Multiclass(("a", "b", "c")), "both", 3),
    "peaks of numbers": (
        SMALL_CLASSIC,
        Numbers(names=("u", "v"), centre=(3.0, -1.0), scale=(2.0, 0.5), noise=(0.3, 0.1)),
        "both",
        2,
    ),
    "peaks of labels": (SMALL_CLASSIC, ManyLabels(("x", "y")), "forward", 1),
}


def random_model(config: NetworkConfig, output: Output, strands: Any, members: int) -> Model:
    """Networks with every parameter and moving statistic drawn, so that no term is silent."""
    torch.manual_seed(0)
    networks = [build_network(config, length=LENGTH, n_outputs=output.n_outputs).eval() for _ in range(members)]
    for network in networks:
        for parameter in network.parameters():
            parameter.data += 0.4 * torch.randn_like(parameter)
        for name, statistic in network.named_buffers():
            if name.endswith("running_mean"):
                statistic += 0.4 * torch.randn_like(statistic)
            elif name.endswith("running_var"):
                statistic *= 0.5 + torch.rand_like(statistic)
    return Model(members=networks, config=config, output=output, strands=strands)


def random_codes(n: int) -> np.ndarray:
    """Letters with N among them and at the ends; one sequence of N alone."""
    codes = np.random.default_rng(0).choice(5, (n, LENGTH), p=(0.24, 0.24, 0.24, 0.24, 0.04)).astype(np.uint8)
    codes[0, [0, -1]] = 4
    codes[1] = 4
    return codes


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[dict[str, Any]]]:
    """What the module answers on sequences."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node: apt-get install nodejs")
    folder = tmp_path_factory.mktemp("module")
    for file in (files("motiflens.report") / "static").iterdir():
        if file.name.startswith("live_"):
            (folder / file.name).write_text(file.read_text("utf-8"))
    shutil.copy(Path(__file__).with_name("ask.js"), folder)
    (folder / "package.json").write_text('{"type": "module"}')

    def run(packed: LiveModel, sequences: Sequence[str], **more: Any) -> list[dict[str, Any]]:
        question = {"packed": asdict(packed), "sequences": list(sequences), "motifs": []} | more
        (folder / "question.json").write_text(json.dumps(question))
        command = [node, str(folder / "ask.js"), str(folder / "question.json"), str(folder / "answer.json")]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, Any]] = json.loads((folder / "answer.json").read_text())
        return answers

    return run


@pytest.fixture(params=MODELS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[LiveModel, Model]:
    """A packed model, and the model."""
    model = random_model(*MODELS[request.param])
    save_model(tmp_path / "model", model)
    packed = live_model(tmp_path / "model")
    assert isinstance(packed, LiveModel)
    return packed, model


def in_double(model: Model) -> Model:
    """The same in double precision."""
    return replace(model, members=[copy.deepcopy(member).double() for member in model.members])


def stacked(answers: list[dict[str, Any]], key: str) -> np.ndarray:
    return np.array([answer[key] for answer in answers], float)


def test_everything_equals_python(case, ask):
    packed, model = case
    codes = random_codes(7)
    answers = ask(packed, [decode(row) for row in codes])
    exact = in_double(model)
    np.testing.assert_allclose(stacked(answers, "logits"), predict_logits(exact, codes), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(stacked(answers, "logits"), predict_logits(model, codes), atol=1e-5)
    np.testing.assert_allclose(stacked(answers, "values"), predict_values(exact, codes), rtol=1e-6, atol=1e-6)
    effects = mutagenesis_naive(exact, codes)
    assert [model.output.names[answer["target"]] for answer in answers] == list(effects.target)
    np.testing.assert_allclose(stacked(answers, "deltas"), effects.deltas, rtol=1e-4, atol=1e-6)
    assert [answer["own"] for answer in answers] == [model.has_contributions] * len(codes)
    if model.has_contributions:
        letters = letter_contributions(model, codes, target=effects.target)
        np.testing.assert_allclose(stacked(answers, "contributions"), letters.values, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            stacked(answers, "explained"), letters.values.sum(1) + letters.bias, rtol=1e-4, atol=1e-5
        )
    else:
        observed = np.where(codes[:, None] == np.arange(4)[:, None], effects.hypothetical, 0).sum(1)
        np.testing.assert_allclose(stacked(answers, "contributions"), observed, rtol=1e-4, atol=1e-5)
    attention = attention_maps(model, codes)
    np.testing.assert_allclose(stacked(answers, "attention"), attention.maps, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(stacked(answers, "total"), attention.total, rtol=1e-4, atol=1e-6)


def test_intervals_are_those_of_python(case, ask):
    packed, model = case
    codes = random_codes(4)
    answers = ask(packed, [decode(row) for row in codes])
    if len(model.members) < 2:
        assert all(answer["intervals"] is None for answer in answers)
        return
    expected = predict_ensemble(model, codes)
    found = stacked(answers, "intervals")
    np.testing.assert_allclose(found[..., 0], expected.low, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[..., 1], expected.high, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["two classes, both strands", "peaks"])
def test_a_changed_sequence_is_as_a_fresh_one(tmp_path, ask, name):
    """Passes compute anew only what a change touches."""
    model = random_model(*MODELS[name])
    save_model(tmp_path, model)
    packed, rng = live_model(tmp_path), np.random.default_rng(1)
    codes = [random_codes(2)[0]]
    for _ in range(30):
        changed = codes[-1].copy()
        changed[rng.integers(LENGTH, size=rng.integers(1, 4))] = rng.integers(5)
        codes.append(changed)
    letters = [decode(row) for row in codes]
    for one, other in zip(ask(packed, letters)[::6], [ask(packed, [row])[0] for row in letters[::6]], strict=True):
        assert one == other  # to the bit


def test_letters_and_lengths(tmp_path, ask):
    model = random_model(*MODELS["three classes"])
    save_model(tmp_path, model)
    packed, letters = live_model(tmp_path), "ACGTTGCAAGCTTACGGATCCAT"
    assert len(letters) == LENGTH
    same = ask(packed, [letters, letters.lower(), letters.replace("T", "U"), f"GG{letters}GGG", letters[:20]])
    assert same[0]["logits"] == same[1]["logits"] == same[2]["logits"] == same[3]["logits"]
    assert same[3]["offset"] == 2
    filled = ask(packed, ["NN" + letters[:20] + "N"])[0]
    assert same[4]["offset"] == -2
    assert same[4]["logits"] == filled["logits"]


@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("window", [None, (4, 18)])
def test_sites_are_those_of_the_motif_table(tmp_path, ask, strands, window):
    model, rng = random_model(*MODELS["three classes"]), np.random.default_rng(2)
    save_model(tmp_path, model)
    background, motif = np.array([0.3, 0.2, 0.2, 0.3]), Motif(name="m", probabilities=rng.dirichlet(np.ones(4), 4).T)
    codes = random_codes(60)
    sites = find_sites(codes, motif, threshold=150, window=window, background=background, strands=strands)
    packed_motif = {
        "name": "m",
        "scores": log_odds(motif.probabilities, background).tolist(),
        "cut": sites.cut,
        "window": window,
        "both": strands == "both",
    }
    answers = ask(live_model(tmp_path), [decode(row) for row in codes], motifs=[packed_motif])
    found = [
        (row, hit["start"], hit["end"], hit["strand"]) for row, answer in enumerate(answers) for hit in answer["hits"]
    ]
    hits = sites.hits
    strand = np.where(hits.strand > 0, "+", "-").tolist()
    assert found == list(zip(hits.sequence.tolist(), hits.start.tolist(), hits.end.tolist(), strand, strict=True))
    assert len(found) > 20
    scores = [hit["score"] for answer in answers for hit in answer["hits"]]
    np.testing.assert_allclose(scores, hits.score)


def test_a_term_that_is_not_mixed_in_stays_behind(tmp_path, ask):
    model = random_model(*MODELS["two classes, both strands"])
    model.members[0].mix.data[1:] = 0
    save_model(tmp_path, model)
    packed = live_model(tmp_path)
    assert not any(name.startswith(("position.", "kmer.")) for name in packed.tensors[0])
    codes = random_codes(3)
    found = stacked(ask(packed, [decode(row) for row in codes]), "logits")
    np.testing.assert_allclose(found, predict_logits(model, codes), atol=1e-5)


def test_models_that_do_not_come_along_say_why(tmp_path, monkeypatch):
    save_model(tmp_path / "deep", random_model(DeepConfig(), Binary(("no", "yes")), "forward", 1))
    found = live_model(tmp_path / "deep")
    assert isinstance(found, NotLive)
    assert "preset deep" in found.reason
    save_model(tmp_path / "large", random_model(*MODELS["three classes"]))
    monkeypatch.setattr(export, "LARGEST", 1000)
    assert "a page may carry" in live_model(tmp_path / "large").reason


def test_drafts(tmp_path):
    """Edits, their names, undo and redo; by node's own test runner."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node: apt-get install nodejs")
    shutil.copy(str(files("motiflens.report") / "static" / "live_draft.js"), tmp_path)
    shutil.copy(Path(__file__).with_name("draft.test.js"), tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run([node, "--test", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
