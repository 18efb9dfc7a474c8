"""Simulated numbers: the truth counts sites, the noise keeps the ceiling, the files hold both."""

import re

import numpy as np
import pandas as pd
import pytest

from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode, encode
from motiflens.simulation.activity import (
    ActivityConfig,
    ActivityMotif,
    simulate_activity,
    site_counts,
    write_activity,
)

LETTERS = {"R": "[AG]", "W": "[AT]", "N": "[ACGT]"}
OTHER = str.maketrans("ACGTRWN", "TGCAYWN")


def naive_count(text: str, consensus: str, *, both: bool) -> int:
    """Places where a consensus, or its reverse complement, matches; overlapping ones too."""
    patterns = [consensus, consensus.translate(OTHER)[::-1]][: 1 + both]
    found = {
        match.start()
        for one in patterns
        for match in re.finditer(f"(?={''.join(({**LETTERS, 'Y': '[CT]'}).get(c, c) for c in one)})", text)
    }
    return len(found)


@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("consensus", ["TGA", "ACGT", "RWCA", "ANA"])
def test_sites_are_counted_as_a_regular_expression_does(consensus, strands):
    codes = np.random.default_rng(0).integers(0, 5, (60, 40)).astype(np.uint8)
    counts = site_counts(codes, consensus, strands=strands)
    assert counts.tolist() == [naive_count(decode(row), consensus, both=strands == "both") for row in codes]


def test_a_motif_longer_than_the_sequences_has_no_site():
    assert site_counts(encode(["ACG"]), "ACGT", strands="both").tolist() == [0]


def test_the_truth_is_the_sum_of_the_effects_of_all_sites():
    config = ActivityConfig(n=300, length=80)
    made = simulate_activity(config, seed=1)
    for row, (one, truth) in enumerate(zip(made.dataset.codes, made.truth, strict=True)):
        if row % 10:
            continue
        text = decode(one)
        counts = [naive_count(text, motif.consensus, both=True) for motif in config.motifs]
        assert truth == pytest.approx(np.array(counts) @ np.array([motif.effects for motif in config.motifs]))
    with_site = {site.sequence_id for site in made.planted if site.motif == config.motifs[0].consensus}
    assert 0.18 < len(with_site) / 300 < 0.32
    for site in made.planted:
        row = int(site.sequence_id.rpartition("_")[2]) - 1
        letters = decode(made.dataset.codes[row])[site.start : site.end]
        turned = letters if site.strand == "+" else letters.translate(OTHER)[::-1]
        assert turned == site.motif


@pytest.mark.parametrize("replicates", [1, 3])
def test_noise_keeps_the_ceiling_whatever_the_number_of_replicates(replicates):
    made = simulate_activity(ActivityConfig(n=20_000, length=60, replicates=replicates, ceiling=0.6), seed=2)
    assert made.replicates.shape == (20_000, 2, replicates)
    assert np.allclose(made.replicates.mean(2), made.dataset.values)
    for column in range(2):
        r2 = np.corrcoef(made.truth[:, column], made.dataset.values[:, column])[0, 1] ** 2
        assert r2 == pytest.approx(0.6, abs=0.015)
        assert made.bayes_optimal_r2[column] == pytest.approx(0.6, abs=0.015)


def test_a_seed_gives_the_same_data_and_the_files_hold_them(tmp_path):
    config = ActivityConfig(
        n=50, length=60, motifs=(ActivityMotif(consensus="TGA", effects=(1.0,)),), targets=("mrna",)
    )
    made, again = (simulate_activity(config, seed=3) for _ in range(2))
    assert np.array_equal(made.dataset.values, again.dataset.values)
    assert not np.array_equal(made.dataset.values, simulate_activity(config, seed=4).dataset.values)
    folder = write_activity(made, tmp_path / "out")
    table = pd.read_csv(folder / "sequences.csv")
    assert list(table) == ["id", "sequence", "mrna", "mrna_rep1", "mrna_rep2", "mrna_truth"]
    assert np.allclose(table["mrna"], made.dataset.values[:, 0], rtol=1e-4)
    assert np.allclose((table["mrna_rep1"] + table["mrna_rep2"]) / 2, table["mrna"], atol=1e-4)
    assert np.array_equal(encode(table["sequence"].tolist()), made.dataset.codes)
    assert len((folder / "planted.bed").read_text().splitlines()) == len(made.planted)
    with pytest.raises(InputError, match="not an empty folder"):
        write_activity(made, folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"targets": ("a",)}, "2 effects, but there are 1"),
        ({"targets": ("a", "a")}, "a name of its own"),
        ({"motifs": ()}, "at least one"),
        ({"ceiling": 0.0}, "R2 above 0"),
        ({"ceiling": 1.5}, "R2 above 0"),
        ({"replicates": 0}, "0 replicates"),
        ({"n": 1}, "at least 2"),
        ({"length": 20}, "make it longer"),
        ({"density": 2.0}, "density"),
        ({"background": (1.0, 1.0, 0.0, 0.0)}, "sum to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, said):
    with pytest.raises(InputError, match=said):
        ActivityConfig(**changes)


def test_numbers_that_are_all_the_same_are_refused():
    with pytest.raises(InputError, match="the same number"):
        simulate_activity(ActivityConfig(n=10, motifs=(ActivityMotif(consensus="TGACTCA", effects=(0.0, 0.0)),)))
    with pytest.raises(InputError, match="seed -1"):
        simulate_activity(seed=-1)
