"""Blocks shared out to processes: the output is that of one process, also where one of them is killed."""

import os
import pickle
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_variant_run import make_variant_run, random_model, vcf, write_genome

from motiflens.apply.variants.config import VariantConfig
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode
from motiflens.workflow import apply, explain_file, workers
from motiflens.workflow.config import ExplainOptions
from motiflens.workflow.variant_job import VariantOptions
from motiflens.workflow.variants import score_variants
from motiflens.workflow.workers import Workers, pool_of

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "cluster.md"
QUICK = VariantConfig(null_changes=20, null_substitutions=20, block=4)


def make(folder: Path) -> VariantOptions:
    make_variant_run(folder / "run", random_model())
    text = write_genome(folder / "g.fa", {"chr1": 3000})["chr1"]
    lines = [f"chr1 {i + 1} x{i} {text[i]} {text[i]}GA,{'ACGT'.replace(text[i], '')[0]}" for i in range(100, 2800, 20)]
    (folder / "v.vcf").write_text(vcf(lines))
    return VariantOptions(genome=str(folder / "g.fa"), config=QUICK)


@pytest.mark.slow
def test_two_processes_one_of_which_is_killed(tmp_path, monkeypatch):
    options = make(tmp_path)
    score_variants(tmp_path / "run", str(tmp_path / "v.vcf"), tmp_path / "one.vcf", options=options)
    real, killed = workers._Cluster.map, []

    def kills(self, function, blocks):
        for number, result in enumerate(real(self, function, blocks)):
            if number == 3:
                pids = self._client.run(os.getpid)
                assert len(pids) == 2
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL)
            yield result

    monkeypatch.setattr(workers._Cluster, "map", kills)
    shared = VariantOptions(genome=options.genome, config=QUICK, workers=Workers(count=2))
    score_variants(tmp_path / "run", str(tmp_path / "v.vcf"), tmp_path / "two.vcf", options=shared)
    assert killed
    assert (tmp_path / "two.vcf").read_bytes() == (tmp_path / "one.vcf").read_bytes()


def test_this_process_alone_needs_no_cluster():
    with pool_of(Workers()) as pool:
        assert list(pool.map(str, range(3))) == ["0", "1", "2"]


@pytest.mark.slow
def test_a_scheduler_that_is_not_there():
    with pytest.raises(InputError, match=r"--scheduler tcp://127\.0\.0\.1:9: cannot be reached"):  # noqa: SIM117
        with pool_of(Workers(scheduler="tcp://127.0.0.1:9")):
            pass


class PicklingPool:
    """Sends function and block through pickle, as another process would get them, and is told of each."""

    def __init__(self):
        self.blocks = 0

    def map(self, function, blocks):
        for block in list(blocks):  # read ahead, as a cluster does
            self.blocks += 1
            call = pickle.loads(pickle.dumps(workers._checked(function)))
            yield pickle.loads(pickle.dumps(call(pickle.loads(pickle.dumps(block)))))


def make_sequences(folder: Path) -> str:
    codes = np.random.default_rng(0).integers(0, 4, (70, 60))
    text = "".join(f">chr1:{100 * i}-{100 * i + 60}\n{decode(row)}\n" for i, row in enumerate(codes))
    (folder / "in.fa").write_text(text)
    return str(folder / "in.fa")


def predicted_and_explained(folder: Path, name: str, shared: Workers | None = None) -> dict[str, bytes]:
    """Return every file that predict and explain write, by name."""
    fasta, out = str(folder / "in.fa"), folder / name
    out.mkdir()
    apply.predict_file(folder / "run", fasta, out / "p.tsv", workers=shared)
    options = ExplainOptions(pictures=1, workers=shared or Workers())
    explain_file.explain_file(folder / "run", fasta, out / "why", options=options)
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*")) if file.is_file()}


def small_blocks(monkeypatch):
    monkeypatch.setattr(explain_file, "_PART", 16)
    real = apply.read_batches
    monkeypatch.setattr(apply, "read_batches", lambda *args, **kwargs: real(*args, **kwargs, size=16))


def test_predict_and_explain_send_blocks_that_need_nothing_else(tmp_path, monkeypatch):
    make_variant_run(tmp_path / "run", random_model(members=2))
    make_sequences(tmp_path)
    small_blocks(monkeypatch)
    alone, pools = predicted_and_explained(tmp_path, "alone"), []

    @contextmanager
    def pool(_):
        pools.append(PicklingPool())
        yield pools[-1]

    for module in (apply, explain_file):
        monkeypatch.setattr(module, "pool_of", pool)
    monkeypatch.chdir(tmp_path)
    assert predicted_and_explained(Path(), "shared", Workers(count=2)) == alone
    assert [pool.blocks for pool in pools] == [5, 5]
    assert "why/contributions_yes.bw" in alone


def test_a_model_that_was_replaced_is_loaded_again(tmp_path, monkeypatch):
    make_sequences(tmp_path)
    for module in (apply, explain_file):
        monkeypatch.setattr(module, "pool_of", lambda _: nullcontext(PicklingPool()))
    found = []
    for strands in ("both", "forward"):
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        make_variant_run(tmp_path / "run", random_model(strands=strands))
        shared = predicted_and_explained(tmp_path, f"shared_{strands}", Workers(count=2))
        assert shared == predicted_and_explained(tmp_path, f"alone_{strands}")
        found.append(shared["p.tsv"])
    assert found[0] != found[1]


def test_an_explanation_goes_on_with_another_number_of_workers(tmp_path, monkeypatch):
    make_variant_run(tmp_path / "run", random_model())
    fasta = make_sequences(tmp_path)
    small_blocks(monkeypatch)
    whole = predicted_and_explained(tmp_path, "alone")
    real, calls = explain_file._Job._part, []

    def dies(self, arrays):
        calls.append(len(arrays["ids"]))
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(self, arrays)

    monkeypatch.setattr(explain_file._Job, "_part", dies)
    out = tmp_path / "why"
    with pytest.raises(KeyboardInterrupt):
        explain_file.explain_file(tmp_path / "run", fasta, out, options=ExplainOptions(pictures=1))
    monkeypatch.setattr(explain_file, "pool_of", lambda _: nullcontext(PicklingPool()))
    shared = ExplainOptions(pictures=1, workers=Workers(count=2))
    explain_file.explain_file(tmp_path / "run", fasta, out, options=shared)
    assert calls == [16, 16, 16, 16, 16, 6]  # of five parts, the third twice
    assert {f"why/{file.name}": file.read_bytes() for file in out.iterdir()} | {"p.tsv": whole["p.tsv"]} == whole


def test_workers_of_another_version_are_refused(monkeypatch):
    call = workers._checked(str)
    monkeypatch.setattr("motiflens.__version__", "9.9")
    with pytest.raises(InputError, match=r"a worker has motiflens 9\.9 where this command is"):
        call(1)


@pytest.mark.slow
def test_a_scheduler_serves_predict_and_explain(tmp_path, monkeypatch):
    from distributed import LocalCluster

    make_variant_run(tmp_path / "run", random_model())
    make_sequences(tmp_path)
    small_blocks(monkeypatch)
    alone = predicted_and_explained(tmp_path, "alone")
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        shared = Workers(scheduler=cluster.scheduler_address)
        assert predicted_and_explained(tmp_path, "shared", shared) == alone


@contextmanager
def cluster_of_the_page(folder: Path, monkeypatch):
    """The SLURM cluster that the documentation starts, as far as its job script; SLURM itself is not there."""
    pytest.importorskip("dask_jobqueue")
    monkeypatch.chdir(folder)
    blocks = re.findall(r"```py\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    (block,) = (text for text in blocks if "SLURMCluster(" in text)
    names: dict[str, Any] = {}
    exec(block.partition("cluster.adapt")[0], names)
    try:
        yield names["cluster"]
    finally:
        names["cluster"].close()


@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not beside the tests")
def test_the_job_script_of_the_page(tmp_path, monkeypatch, capsys):
    with cluster_of_the_page(tmp_path, monkeypatch) as cluster:
        script = cluster.job_script()
        assert script in capsys.readouterr().out
        for line in ("#SBATCH -p cpu", "#SBATCH --cpus-per-task=1", "#SBATCH --mem=4G", "#SBATCH -t 04:00:00"):
            assert line in script.splitlines()
        assert re.search(rf"dask_worker {re.escape(cluster.scheduler_address)} .*--nthreads 1 ", script)


@pytest.mark.slow
@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not beside the tests")
def test_a_job_of_the_page_computes(tmp_path, monkeypatch):
    make_variant_run(tmp_path / "run", random_model())
    make_sequences(tmp_path)
    small_blocks(monkeypatch)
    alone = predicted_and_explained(tmp_path, "alone")
    with cluster_of_the_page(tmp_path, monkeypatch) as cluster:
        (tmp_path / "job.sh").write_text(cluster.job_script())
        with subprocess.Popen(["bash", "job.sh"], stderr=subprocess.DEVNULL) as job:
            shared = Workers(scheduler=cluster.scheduler_address)
            assert predicted_and_explained(tmp_path, "shared", shared) == alone
            job.terminate()
