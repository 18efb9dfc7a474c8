"""A preset of one's own goes through every command: fit, evaluate, predict, explain, motifs, report."""

import json

import numpy as np
import pandas as pd
import planted
import pytest
from toy_preset import PRESET

from motiflens.model.presets import PRESETS
from motiflens.model.store import load_model
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import decode
from motiflens.workflow.apply import evaluate_run, predict_file, rebuild_report
from motiflens.workflow.explain_file import explain_file
from motiflens.workflow.fit import fit_dataset
from motiflens.workflow.name_motifs import name_motifs_of_run
from motiflens.workflow.settings import settings_from


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "toy", PRESET)
        settings = settings_from(
            {"fit.network.preset": "toy", "fit.training.epochs": 8, "fit.training.learning_rate": 0.1}
        )
        fit_dataset(planted.planted(400, 30), folder / "run", settings=settings)
        yield folder / "run"


def test_the_run_is_whole(run):
    found = Run.load(run)
    assert found.metrics().test.auroc > 0.8
    assert (run / "report.html").stat().st_size > 10_000
    assert json.loads((run / "model" / "config.json").read_text())["network"]["preset"] == "toy"
    assert found.attributions().attention_widths == ()
    assert found.history()["val_loss"].iloc[-1] < found.history()["val_loss"].iloc[0]


def test_its_motif_is_found(run):
    motifs = Run.load(run).motifs().motifs
    assert any(planted.MOTIFS[0] in motif.consensus.upper() for motif in motifs)


def test_every_command_works_on_it(run, tmp_path):
    dataset = planted.planted(60, 30, seed=1)
    table = tmp_path / "new.csv"
    sequences = [decode(row) for row in dataset.codes]
    pd.DataFrame({"sequence": sequences, "label": [dataset.classes[i] for i in dataset.labels]}).to_csv(
        table, index=False
    )
    assert evaluate_run(run, [str(table)]).test.auroc > 0.8
    predict_file(run, str(table), tmp_path / "p.tsv")
    predicted = pd.read_csv(tmp_path / "p.tsv", sep="\t")
    model = load_model(run / "model")
    expected = model.output.values(model.logits(__import__("torch").tensor(dataset.codes)).detach().numpy())
    np.testing.assert_allclose(predicted.iloc[:, 1:], expected, atol=1e-5)
    explained = explain_file(run, str(table), tmp_path / "why")
    assert list(explained.rglob("*.npz"))
    name_motifs_of_run(run, database=None)
    assert rebuild_report(run).path == run
