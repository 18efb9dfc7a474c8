"""Runs in MultiQC: general statistics and a table of motifs, read by MultiQC itself where it is installed."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from motiflens.report.multiqc import multiqc_motifs, multiqc_statistics
from motiflens.run.folder import Run


def test_figures_are_those_of_the_run(splice_run: Run) -> None:
    content = json.loads(multiqc_statistics(splice_run))
    (found,) = content["data"].values()
    metrics = splice_run.metrics()
    assert (content["plot_type"], list(content["data"])) == ("generalstats", [splice_run.name])
    assert (found["AUROC"], found["Accuracy"]) == (metrics.test.auroc, metrics.test.accuracy)
    assert found["motifs"] == len(splice_run.motifs().motifs)
    assert [next(iter(header)) for header in content["pconfig"]] == list(found)


def test_figures_that_are_not_defined_are_left_out(splice_run: Run) -> None:
    metrics = splice_run.metrics()
    bare = metrics.model_copy(update={"test": metrics.test.model_copy(update={"auroc": None, "mcc": float("nan")})})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Run, "any_metrics", lambda _: bare)
        (found,) = json.loads(multiqc_statistics(splice_run))["data"].values()
    assert "AUROC" not in found
    assert "MCC" not in found


def test_motifs_are_rows(splice_run: Run) -> None:
    record = splice_run.motifs()
    rows = json.loads(multiqc_motifs(splice_run, record))["data"]
    assert list(rows) == [f"{splice_run.name}: {entry.name}" for entry in record.motifs]
    first, counts = next(iter(rows.values())), record.motifs[0].counts
    assert first["with_site"] == pytest.approx(100 * counts.positives_with / counts.positives)


def test_multiqc_reads_them(splice_run: Run, tmp_path: Path) -> None:
    program = shutil.which("multiqc")
    if program is None:
        pytest.skip("needs MultiQC: pip install multiqc (in an environment of its own: it wants an older dateutil)")
    for name in ("motiflens_mqc.json", "motiflens_motifs_mqc.json"):
        shutil.copy(splice_run.path / name, tmp_path)
    command = [program, "--strict", "-o", tmp_path / "out", tmp_path]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    general = pd.read_csv(tmp_path / "out/multiqc_data/multiqc_general_stats.txt", sep="\t")
    assert general["Sample"].tolist() == [splice_run.name]
    assert general.filter(like="AUROC").iloc[0, 0] == pytest.approx(splice_run.metrics().test.auroc)
    motifs = pd.read_csv(tmp_path / "out/multiqc_data/multiqc_motiflens_motifs_table.txt", sep="\t")
    assert motifs["consensus"].tolist() == [entry.consensus for entry in splice_run.motifs().motifs]
