"""`predict` writes the interval of each probability where the run is an ensemble."""

import numpy as np
import pandas as pd
import pytest
from make_run import bare_info

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_ensemble
from motiflens.model.presets import build_network
from motiflens.model.store import save_model
from motiflens.run.folder import RunWriter
from motiflens.sequence.alphabet import decode
from motiflens.workflow import apply


@pytest.mark.parametrize("members", [1, 3])
def test_columns(members, tmp_path):
    config = AdditiveConfig(widths=(3,), filters=2, position_weights="none", kmer=2)
    networks = [build_network(config, length=12, n_outputs=1).eval() for _ in range(members)]
    for shift, network in enumerate(networks):
        network.bias.data += 0.3 * shift
    model = Model(members=networks, config=config, output=output_for(("off", "on")))
    with RunWriter(tmp_path / "run") as writer:
        save_model(writer.model_folder, model)
        writer.seal(bare_info(model.classes))
    codes = np.random.default_rng(0).integers(0, 4, (5, 12)).astype(np.uint8)
    fasta = tmp_path / "x.fa"
    fasta.write_text("".join(f">s{i}\n{decode(row)}\n" for i, row in enumerate(codes)))
    apply.predict_file(tmp_path / "run", str(fasta), tmp_path / "out.tsv")
    table = pd.read_csv(tmp_path / "out.tsv", sep="\t")
    plain = ["id", "p_off", "p_on"]
    if members == 1:
        assert list(table) == plain
        return
    assert list(table) == [*plain, "p_off_low", "p_on_low", "p_off_high", "p_on_high"]
    found = predict_ensemble(model, codes)
    expected = np.hstack((found.values, found.low, found.high))
    np.testing.assert_allclose(table.iloc[:, 1:], expected, rtol=1e-5)
