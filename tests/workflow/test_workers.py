"""Blocks shared out to processes: the output is that of one process, also where one of them is killed."""

import os
import signal
from pathlib import Path

import pytest
from make_variant_run import make_variant_run, random_model, vcf, write_genome

from motiflens.apply.variants.config import VariantConfig
from motiflens.errors import InputError
from motiflens.workflow import workers
from motiflens.workflow.variant_job import VariantOptions
from motiflens.workflow.variants import score_variants
from motiflens.workflow.workers import Workers, pool_of

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
