"""Explaining files: what is written, methods, tracks, interruption, refusals."""

import json
import os

import numpy as np
import pybigtools
import pytest
import torch
from make_run import bare_info
from planted import planted

from motiflens.errors import InputError
from motiflens.explain.contributions import contributions, letter_contributions
from motiflens.explain.gradients import deeplift, saliency
from motiflens.explain.mutagenesis import mutagenesis
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.presets import build_network
from motiflens.model.store import save_model
from motiflens.run.folder import RunWriter
from motiflens.sequence.alphabet import decode
from motiflens.workflow import explain_file as explanations
from motiflens.workflow.config import ExplainOptions
from motiflens.workflow.explain_file import explain_file

CODES = planted(70, 40).codes


def make_run(folder, config) -> Model:
    torch.manual_seed(0)
    network = build_network(config, length=40, n_outputs=1).eval()
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    model = Model(members=(network,), config=config, output=output_for(("background", "AP1")))
    with RunWriter(folder) as writer:
        save_model(writer.model_folder, model)
        writer.seal(bare_info(model.classes))
    return model


@pytest.fixture(scope="module")
def additive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "additive"
    return folder, make_run(folder, AdditiveConfig(widths=(5,), filters=4, kmer=3, position_weights="none"))


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "in.fa"
    path.write_text("".join(f">s{i}\n{decode(row)}\n" for i, row in enumerate(CODES)))
    return str(path)


def options(**kwargs) -> ExplainOptions:
    return ExplainOptions(**({"pictures": 0} | kwargs))


def read(out) -> dict[str, np.ndarray]:
    parts = [dict(np.load(part)) for part in sorted(out.glob("part_*.npz"))]
    return {name: np.concatenate([np.atleast_1d(part[name]) for part in parts]) for name in parts[0]}


def test_mutagenesis_and_the_models_own_sum(additive, fasta, tmp_path, monkeypatch):
    folder, model = additive
    monkeypatch.setattr(explanations, "_PART", 32)
    out = explain_file(folder, fasta, tmp_path / "out", options=options(pictures=34, target="background"))
    assert sorted(file.name for file in out.iterdir()) == sorted(
        ["explained.json", *(f"part_0000{i}.npz" for i in (1, 2, 3))]
        + [f"{i:04d}.{kind}" for i in range(1, 35) for kind in ("svg", "png")]
    )
    found, expected = read(out), mutagenesis(model, CODES, target="background")
    np.testing.assert_allclose(found["hypothetical"], expected.hypothetical, atol=1e-5)
    np.testing.assert_allclose(found["deltas"], expected.deltas, atol=1e-5)
    own = contributions(model, CODES, target="background")
    np.testing.assert_allclose(found["contributions"].sum(1) + found["bias"], own.values.sum(1) + own.bias, atol=1e-4)
    assert found["ids"].tolist() == [f"s{i}" for i in range(70)]
    summary = json.loads((out / "explained.json").read_text())
    assert (summary["sequences"], summary["parts"], summary["located"], summary["notes"]) == (70, 3, 0, [])
    assert (summary["method"], summary["target"]) == ("mutagenesis", "background")


def test_other_methods(additive, tmp_path):
    folder, model = additive
    some = CODES[:3]
    short = tmp_path / "short.fa"
    short.write_text("".join(f">s{i}\n{decode(row)}\n" for i, row in enumerate(some)))
    at = np.minimum(some, 3)[:, None].astype(int)

    def explained(method):
        return read(explain_file(folder, str(short), tmp_path / method, options=options(method=method)))

    found = explained("contributions")
    np.testing.assert_allclose(found["observed"], letter_contributions(model, some).values, atol=1e-6)
    np.testing.assert_allclose(found["contributions"], contributions(model, some).values, atol=1e-6)
    assert "hypothetical" not in found
    found, expected = explained("deeplift"), deeplift(model, some)
    np.testing.assert_allclose(found["multipliers"], expected.multipliers, atol=1e-5)
    np.testing.assert_allclose(found["observed"], np.take_along_axis(expected.multipliers, at, 1)[:, 0], atol=1e-5)
    assert found["error"].max() < 1e-6
    found, expected = explained("saliency"), saliency(model, some)
    np.testing.assert_allclose(found["observed"], np.take_along_axis(expected.hypothetical, at, 1)[:, 0], atol=1e-5)
    assert explained("integrated-gradients")["method"][0] == "integrated gradients"


def test_tracks_of_the_ids_that_carry_coordinates(additive, tmp_path):
    folder, _ = additive
    names = ["chr2:0-40(+)", "chr1:100-140(-)", "elsewhere", "chr1:120-160(+)"]
    path = tmp_path / "in.fa"
    path.write_text("".join(f">{name}\n{decode(row)}\n" for name, row in zip(names, CODES, strict=False)))
    heard = []
    out = explain_file(folder, str(path), tmp_path / "out", options=options(), notify=heard.append)
    assert heard == ["warning: 3 of 4 ids contain coordinates; the tracks cover only these"]
    observed = read(out)["observed"]
    with pybigtools.open(str(out / "contributions_AP1.bw")) as file:
        first, second = (file.values(*place, fillna=np.nan) for place in (("chr1", 100, 160), ("chr2", 0, 40)))
    np.testing.assert_allclose(second, observed[0], rtol=1e-6)
    np.testing.assert_allclose(first[:20], observed[1][::-1][:20], rtol=1e-6)
    np.testing.assert_allclose(first[20:40], (observed[1][::-1][20:] + observed[3][:20]) / 2, rtol=1e-5, atol=1e-6)
    assert len((out / "contributions_AP1.bedGraph").read_text().splitlines()) == 100


def test_an_interrupted_call_goes_on_where_it_was(additive, fasta, tmp_path, monkeypatch):
    folder, _ = additive
    monkeypatch.setattr(explanations, "_PART", 16)
    whole = read(explain_file(folder, fasta, tmp_path / "whole", options=options()))
    real, calls = explanations.explained_arrays, []

    def killed(*arguments, **named):
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(1)
        return real(*arguments, **named)

    out = tmp_path / "out"
    monkeypatch.setattr(explanations, "explained_arrays", killed)
    with pytest.raises(KeyboardInterrupt):
        explain_file(folder, fasta, out, options=options())
    assert not out.exists()
    calls.clear()
    heard, told = [], []
    explain_file(
        folder, fasta, out, options=options(), notify=heard.append, progress=lambda *numbers: told.append(numbers)
    )
    assert heard == ["resuming after 48 sequences"]
    assert told == [(64, 70), (70, 70)]
    assert len(calls) == 2
    for name, values in read(out).items():
        np.testing.assert_array_equal(values, whole[name])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.fa", "out", "whole"]


@pytest.mark.parametrize("change", ["options", "input"])
def test_what_was_interrupted_with_other_input_starts_afresh(change, additive, fasta, tmp_path, monkeypatch):
    folder, _ = additive
    monkeypatch.setattr(explanations, "_PART", 16)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(explanations._Job, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            explain_file(folder, fasta, tmp_path / "out", options=options())
    if change == "input":
        os.utime(fasta, ns=(1, 1))
    heard = []
    fresh = options(target="background") if change == "options" else options()
    explain_file(folder, fasta, tmp_path / "out", options=fresh, notify=heard.append)
    assert heard == []
    assert set(read(tmp_path / "out")["target"]) == {"background" if change == "options" else "AP1"}


def test_nothing_half_written_is_left(additive, fasta, tmp_path, monkeypatch):
    folder, _ = additive
    out = tmp_path / "out"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(explanations.np, "savez_compressed", full)
        with pytest.raises(InputError, match=r"out: cannot be written \(No space left on device\)"):
            explain_file(folder, fasta, out, options=options())
    with open(fasta, "a") as file:
        file.write(">bad\nACGT\n")
    monkeypatch.setattr(explanations, "_PART", 16)
    with pytest.raises(InputError, match="record 'bad' has 4 letters where the model takes 40"):
        explain_file(folder, fasta, out, options=options())
    with pytest.raises(InputError, match="the model knows background, AP1"):
        explain_file(folder, fasta, out, options=options(target="CTCF"))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        explain_file(folder, fasta, tmp_path / "file" / "out", options=options())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "in.fa"]


def test_a_classic_network_has_no_sum(fasta, tmp_path):
    make_run(tmp_path / "run", ClassicConfig(widths=(3,), filters=2, dense=(3, 2)))
    with pytest.raises(InputError, match="--method contributions: the logit of preset classic is not a sum"):
        explain_file(tmp_path / "run", fasta, tmp_path / "out", options=options(method="contributions"))
    found = read(explain_file(tmp_path / "run", fasta, tmp_path / "out", options=options()))
    assert "contributions" not in found
