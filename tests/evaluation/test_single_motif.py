"""The best single motif as a baseline."""

import numpy as np
from sklearn.metrics import roc_auc_score

from motiflens.evaluation.single_motif import BestMotifs, find_best_motifs
from motiflens.model.output import output_for
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import encode, reverse_complement

TWO, THREE = output_for(("no", "yes")), output_for(("none", "one", "two"))
WORDS = encode(["GATTACAGC", "CCGGAAGTG", "TGACGTCAT"])


def planted(n: int, *, classes: int = 2, seed: int = 0, both: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Random letters; every class but the first carries its word, on either strand."""
    rng = np.random.default_rng(seed)
    codes, labels = rng.integers(0, 4, (n, 50)).astype(np.uint8), np.arange(n) % classes
    for row in np.flatnonzero(labels):
        word, at = WORDS[labels[row] - 1], rng.integers(0, 41)
        codes[row, at : at + 9] = reverse_complement(word) if both and rng.random() < 0.5 else word
    return codes, labels


def test_a_planted_word_is_found_and_its_best_match_scores() -> None:
    codes, labels = planted(400)
    found = find_best_motifs(codes[:300], labels[:300], output=TWO, strands="both", seed=0)
    assert len(found.motifs) == 1
    scores = found(codes[300:])
    assert scores.shape == (100, 1)
    assert roc_auc_score(labels[300:], scores[:, 0]) > 0.95
    np.testing.assert_allclose(found(reverse_complement(codes[300:])), scores)


def test_scores_are_the_largest_log_odds_of_any_window() -> None:
    rng = np.random.default_rng(0)
    motif = Motif(name="m", probabilities=rng.dirichlet(np.ones(4), 5).T)
    background = np.full(4, 0.25)
    scorer = BestMotifs(motifs=(motif,), strands="forward", background=background)
    codes = rng.integers(0, 4, (6, 20)).astype(np.uint8)
    table = motif.pwm(background)
    expected = [max(sum(table[c, j] for j, c in enumerate(row[s : s + 5])) for s in range(16)) for row in codes]
    np.testing.assert_allclose(scorer(codes)[:, 0], expected, atol=0.05)


def test_nothing_found_says_nothing() -> None:
    rng = np.random.default_rng(0)
    codes, labels = rng.integers(0, 4, (30, 20)).astype(np.uint8), np.arange(30) % 2
    found = find_best_motifs(codes, labels, output=TWO, strands="both", seed=0)
    assert found.motifs == ()
    assert found(codes).tolist() == [[0.0]] * 30


def test_each_of_several_classes_has_a_motif() -> None:
    codes, labels = planted(450, classes=3, both=False)
    found = find_best_motifs(codes, labels, output=THREE, strands="forward", seed=0)
    scores = found(codes)
    assert scores.shape == (450, 3)
    assert min(roc_auc_score(labels == target, scores[:, target]) for target in (1, 2)) > 0.9


def test_a_motif_of_the_negatives_serves_as_well() -> None:
    codes, labels = planted(300)
    found = find_best_motifs(codes, 1 - labels, output=TWO, strands="both", seed=0)
    assert roc_auc_score(labels, found(codes)[:, 0]) > 0.95


def test_sequences_of_n_are_bad_matches() -> None:
    codes, labels = planted(200)
    found = find_best_motifs(codes, labels, output=TWO, strands="both", seed=0)
    assert found(np.full((2, 50), 4, np.uint8)).tolist() == [[-50.0], [-50.0]]
