"""The linear terms are the logistic regressions that scikit-learn fits on plain features."""

import itertools

import numpy as np
import planted
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.config import AdditiveConfig
from motiflens.sequence.alphabet import one_hot, reverse_complement
from motiflens.training import designs
from motiflens.training.designs import kmer_design, placed_design
from motiflens.training.linear import fit_linear_terms, refit_linear_terms
from motiflens.training.task import TrainingData


def data(classes: int = 2, *, both: bool = False, n: int = 320, length: int = 20) -> TrainingData:
    dataset = planted.planted(n, length, classes=classes, both=both)
    cut = n * 3 // 4
    return TrainingData(
        codes=dataset.codes[:cut],
        labels=dataset.labels[:cut],
        validation_codes=dataset.codes[cut:],
        validation_labels=dataset.labels[cut:],
        class_weights=np.ones(classes),
        both_strands=both,
    )


def fitted(on: TrainingData, classes: int, k: int = 3) -> AdditiveNetwork:
    config = AdditiveConfig(widths=(7,), filters=2, profile="none", kmer=k, placed_kmer=2)
    network = AdditiveNetwork(config, length=on.codes.shape[1], heads=1 if classes == 2 else classes)
    fit_linear_terms(network, on)
    return network.eval()


def word_shares(codes: np.ndarray, k: int) -> np.ndarray:
    """Of every word of 1 to k letters, by counting: how often it stands in each k-mer of a sequence, summed up."""
    words = ["".join(w) for j in range(1, k + 1) for w in itertools.product("ACGT", repeat=j)]
    column = {word: i for i, word in enumerate(words)}
    counts = np.zeros((len(codes), len(words)))
    for row, sequence in enumerate("".join("ACGTN"[c] for c in s) for s in codes):
        for start in range(len(sequence) - k + 1):
            kmer = sequence[start : start + k]
            if "N" in kmer:
                continue
            for j in range(1, k + 1):
                for at in range(k - j + 1):
                    counts[row, column[kmer[at : at + j]]] += 1 / (k - j + 1)
    return counts


def placed_words(codes: np.ndarray, k: int) -> np.ndarray:
    """Of every word of 1 to k letters at every place, by comparing text: whether it is there."""
    text = np.array(["".join("ACGTN"[c] for c in row) for row in codes])
    columns = [
        [row[start : start + j] == "".join(word) for row in text]
        for j in range(1, k + 1)
        for word in itertools.product("ACGT", repeat=j)
        for start in range(codes.shape[1] - j + 1)
    ]
    return np.array(columns, float).T


def best_by_hand(x, y, x_validation, y_validation, *, strengths, scale=1.0):
    """Logits of the regression whose strength suits validation best, up to the first that does worse."""
    candidates = [LogisticRegression(C=c, max_iter=500).fit(x * scale, y) for c in strengths]
    losses = [log_loss(y_validation, c.predict_proba(x_validation * scale)) for c in candidates]
    first_rise = next((i for i in range(1, len(losses)) if losses[i] >= losses[i - 1]), len(losses))
    return candidates[first_rise - 1].decision_function(x_validation * scale).reshape(len(y_validation), -1)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_position_term_is_logistic_regression_on_words_in_place(classes, both):
    on = data(classes, both=both)
    net = fitted(on, classes)

    def features(codes: np.ndarray) -> np.ndarray:
        turned = np.stack([reverse_complement(c) for c in codes])
        return placed_words(codes, 2) + both * placed_words(turned, 2)

    parts = (features(on.codes), on.labels, features(on.validation_codes), on.validation_labels)
    expected = best_by_hand(*parts, strengths=placed_design(on, 2).strengths)
    x = torch.from_numpy(one_hot(on.validation_codes))
    with torch.no_grad():
        found = net.position.contributions(x).sum(2)
        if both:
            found = (found + net.position.contributions(x.flip(1, 2)).sum(2)) / 2
    # Up to the intercept, which `bias` takes, and the solver's tolerance.
    difference = found.numpy() - expected
    np.testing.assert_allclose(difference - difference.mean(0), 0, atol=0.05 * expected.std())


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_kmer_term_is_logistic_regression_on_all_shorter_words(classes, both):
    on = data(classes, both=both)
    net = fitted(on, classes)

    def features(codes: np.ndarray) -> np.ndarray:
        shares = word_shares(codes, 3)
        return shares + word_shares(np.stack([reverse_complement(c) for c in codes]), 3) if both else shares

    x = features(on.codes)
    scale = 1 / np.maximum(x.std(0), 1e-3) / np.sqrt(x.shape[1] / 100)
    parts = (x, on.labels, features(on.validation_codes), on.validation_labels)
    expected = best_by_hand(*parts, strengths=kmer_design(on, 3).strengths, scale=scale)
    x = torch.from_numpy(one_hot(on.validation_codes))
    with torch.no_grad():
        found = net.kmer.contributions(x).sum(2)
        if both:
            found = (found + net.kmer.contributions(x.flip(1, 2)).sum(2)) / 2
    difference = found.numpy() - expected
    np.testing.assert_allclose(difference - difference.mean(0), 0, atol=0.05 * expected.std())


def test_the_kmer_term_alone_finds_a_planted_word():
    on = data(n=800)
    net = fitted(on, 2, k=5)
    with torch.no_grad():
        scores = net.kmer.contributions(torch.from_numpy(one_hot(on.validation_codes))).sum(2)[:, 0]
    assert roc_auc_score(on.validation_labels, scores) > 0.8


def test_of_many_sequences_the_first_are_fitted_and_the_last_refitted(monkeypatch):
    """The last ones are the validation data, which must be among those that join."""
    on = data(n=800)
    monkeypatch.setattr(designs, "_LARGEST_PLACED", 2 * 20 * 300)
    monkeypatch.setattr(designs, "_ENOUGH_PLACED", 2 * 20 * 200)
    network = AdditiveNetwork(AdditiveConfig(profile="none", kmer=2, placed_kmer=2), length=20, heads=1).eval()
    fit = fit_linear_terms(network, on)
    everything = on.with_validation()
    for codes, labels in (
        (on.codes[:300], on.labels[:300]),
        (everything.codes[-300:], everything.labels[-300:]),
    ):
        oracle = LogisticRegression(C=fit.strengths[0], max_iter=100).fit(placed_words(codes, 2), labels)
        with torch.no_grad():
            found = network.position.contributions(torch.from_numpy(one_hot(codes))).sum(2)[:, 0].numpy()
        expected = oracle.decision_function(placed_words(codes, 2)) - oracle.intercept_
        np.testing.assert_allclose(found, expected, atol=2e-3)
        refit_linear_terms(network, on, fit)


def test_the_refit_is_that_of_all_data_and_keeps_the_mean_logit():
    given = data()
    network = AdditiveNetwork(AdditiveConfig(profile="none", kmer=3, placed_kmer=2), length=20, heads=1).eval()
    fit = fit_linear_terms(network, given)
    network.mix.data = torch.tensor([0.0, 1.0, 0.0])
    network.bias.data = torch.from_numpy(fit.intercepts[0])
    refit_linear_terms(network, given, fit)
    codes = np.concatenate((given.codes, given.validation_codes))
    labels = np.concatenate((given.labels, given.validation_labels))
    x = placed_words(codes, 2)
    oracle = LogisticRegression(C=fit.strengths[0], max_iter=100).fit(x, labels)
    with torch.no_grad():
        logits = network(torch.from_numpy(one_hot(codes)))[:, 0].numpy()
    np.testing.assert_allclose(logits, oracle.decision_function(x), atol=2e-3)
