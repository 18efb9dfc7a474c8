"""The choice of strands: regressions on sums and differences over the strands, against counts by hand."""

import re
from dataclasses import replace

import numpy as np
import pytest
from trainings import task

from motiflens.sequence.alphabet import reverse_complement
from motiflens.simulation.simulate import TUTORIAL, Planting, SimulationConfig, simulate
from motiflens.training.recipes import strands
from motiflens.training.recipes.strands import orientation_p_value, select_strands, strand_evidence
from motiflens.training.task import TrainingData


def planted(motif: str, *, lie: str = "forward", n: int = 400, seed: int = 0) -> TrainingData:
    planting = Planting(motifs=(motif,), density=0.8, strands=lie)
    return data_of(SimulationConfig(positives=planting, n=n, length=60), seed=seed)


def data_of(config: SimulationConfig, *, seed: int = 0) -> TrainingData:
    """Simulated sequences; the last fifth for validation."""
    dataset = simulate(config, seed=seed).dataset
    order = np.random.default_rng(seed).permutation(len(dataset))
    cut = len(order) * 4 // 5
    return replace(
        task("additive").data,
        codes=dataset.codes[order[:cut]],
        labels=dataset.labels[order[:cut]],
        validation_codes=dataset.codes[order[cut:]],
        validation_labels=dataset.labels[order[cut:]],
    )


@pytest.mark.parametrize(
    ("motif", "lie", "strands"),
    [
        ("TGACGTTA", "forward", "forward"),
        ("TGACGTTA", "both", "both"),
        ("CCACGTGG", "forward", "both"),  # its own reverse complement: nothing to tell apart
    ],
)
@pytest.mark.parametrize("seed", [3, 5])
def test_strands_are_chosen_as_motifs_lie(motif, lie, strands, seed):
    assert select_strands(task("additive", on=planted(motif, lie=lie, seed=seed))).task.data.strands == strands


@pytest.mark.parametrize("seed", range(3))
def test_few_weakly_labelled_sequences_are_enough(seed):
    """The example of README: one of four short motifs, which a regression on all k-mers hardly learns."""
    on = data_of(replace(TUTORIAL, n=600, length=60), seed=seed)
    assert select_strands(task("additive", on=on)).task.data.strands == "forward"


def test_the_note_holds_the_choice_and_its_evidence():
    on = planted("TGACGTTA")
    chosen, (note,) = select_strands(task("additive", on=on))
    found = strand_evidence(
        np.concatenate((on.codes, on.validation_codes)), np.concatenate((on.labels, on.validation_labels))
    )
    p, both, forward, difference, error = map(float, re.findall(r"[-+]?\d+\.\d{3,4}", note))
    assert p == pytest.approx(found.p_value, abs=5e-4)
    assert (both, forward) == pytest.approx((found.both, found.forward), abs=5e-5)
    assert difference == pytest.approx(found.forward - found.both, abs=5e-5)
    assert error == pytest.approx(found.standard_error, abs=5e-5)
    assert chosen.data.strands == "forward" == found.choice
    assert "--strands both would have" in note


def test_turning_every_sequence_round_changes_nothing():
    """Which strand a file writes down says nothing about whether the other one counts."""
    on = planted("TGACGTTA", n=200)
    one, other = (strand_evidence(codes, on.labels) for codes in (on.codes, reverse_complement(on.codes)))
    assert one.both == pytest.approx(other.both, abs=1e-3)
    assert one.forward == pytest.approx(other.forward, abs=1e-3)


def test_p_values_are_even_without_orientation():
    """Of random labels and of sites on either strand: as many below any level as it says."""
    found = [
        orientation_p_value((on := planted("TGACGTTA", lie="both", n=100, seed=i)).codes, on.labels) for i in range(40)
    ]
    assert np.mean(np.array(found) <= 0.5) == pytest.approx(0.5, abs=0.25)
    assert min(found) > 0.002


def test_too_few_of_a_class_are_said():
    on = planted("TGACGTTA", n=60)
    labels = np.zeros_like(on.labels)
    labels[:4] = 1
    chosen, notes = select_strands(
        task("additive", on=replace(on, labels=labels, validation_labels=0 * on.validation_labels))
    )
    assert chosen.data.strands == "both"
    assert notes == ["strands: both, for fewer than 5 sequences of a class show nothing"]


def test_features_are_sums_and_differences_over_the_strands():
    codes = np.random.default_rng(0).integers(0, 5, (6, 9)).astype(np.uint8)
    sums, differences = (x.toarray() for x in strands._features(codes, (4, 5, 6, 7)))
    turned_sums, turned_differences = (x.toarray() for x in strands._features(reverse_complement(codes), (4, 5, 6, 7)))
    np.testing.assert_array_equal(sums, turned_sums)
    np.testing.assert_array_equal(differences, -turned_differences)
    windows = [codes[:, i : i + k] for k in (4, 5, 6, 7) for i in range(10 - k)]
    kmers = sum((window < 4).all(1).sum() for window in windows)
    palindromes = sum(((window < 4).all(1) & (window == reverse_complement(window)).all(1)).sum() for window in windows)
    assert sums.sum() == kmers + palindromes + (codes < 4).sum()  # a palindrome stands on both strands
    # The last block: letter and place, against the other strand's.
    letters = differences[:, -18:]
    expected = [np.where(codes == b, 1, 0) - np.where(reverse_complement(codes) == b, 1, 0) for b in (0, 1)]
    np.testing.assert_array_equal(letters, np.concatenate(expected, axis=1))


def test_the_most_different_features_by_hand():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 60)
    x = rng.poisson(1, (60, 8)).astype(np.float32)
    x[:, 3] += 3 * (labels == 1)
    x[:, 5] -= 2 * (labels == 2)
    x[:, 6] = 0
    rows = np.arange(50)
    found = strands._most_different(strands.scipy.sparse.csr_array(x), labels, rows, number=2)
    np.testing.assert_allclose(found, x[:, [3, 5]] / x[rows][:, [3, 5]].std(0), rtol=1e-5)
    assert strands._most_different(strands.scipy.sparse.csr_array(x), labels, rows, number=99).shape[1] == 7
