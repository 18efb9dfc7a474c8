"""What fails after the training costs neither the model nor what was computed before."""

import planted
import pytest

from motiflens.errors import MotiflensError
from motiflens.run.folder import Run
from motiflens.workflow import fit
from motiflens.workflow.apply import predict_file, rebuild_report
from motiflens.workflow.settings import settings_from


@pytest.fixture
def arguments(tmp_path):
    config = tmp_path / "quick.toml"
    config.write_text(planted.QUICK_TOML)
    data = planted.write_classes(tmp_path, planted.planted(120, 30))
    return data, tmp_path / "run", settings_from({"fit.training.epochs": 1}, file=config)


def broken(*_, **__):
    raise TypeError("unsupported operand")


def test_a_report_that_cannot_be_drawn_leaves_the_whole_run(arguments, monkeypatch):
    data, out, settings = arguments
    with monkeypatch.context() as patch:
        patch.setattr(fit, "write_report", broken)
        with pytest.raises(MotiflensError, match=r"run: the report could not be drawn \(TypeError: .* tries again"):
            fit.fit_files(data, out, settings=settings)
    run = Run.load(out)
    assert run.has("hits.tsv")
    assert not run.has("report.html")
    rebuild_report(out)
    assert (out / "report.html").is_file()


@pytest.mark.parametrize(
    ("step", "there"),
    [
        ("find_motifs", {"metrics.json", "predictions.tsv", "attributions.npz", "faithfulness.json"}),
        ("judge", {"history.csv", "predictions.tsv", "audit.json"}),
    ],
)
def test_a_step_that_fails_leaves_the_model_and_the_steps_before(arguments, monkeypatch, step, there, tmp_path):
    data, out, settings = arguments
    monkeypatch.setattr(fit, step, broken)
    with pytest.raises(MotiflensError, match=r"a step after the training failed .* the run has the model"):
        fit.fit_files(data, out, settings=settings)
    run = Run.load(out)
    assert there <= set(run.info.files)
    assert not run.has("motifs.json")
    predict_file(out, data[0].partition("=")[2], tmp_path / "p.tsv")
    assert len((tmp_path / "p.tsv").read_text().splitlines()) == 61
