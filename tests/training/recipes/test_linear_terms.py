"""The linear terms are the logistic regressions that scikit-learn fits on plain features."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from trainings import data

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.additive.network import AdditiveNetwork
from motiflens.model.codes import reverse_complement as reverse_complement_tensor
from motiflens.sequence.alphabet import reverse_complement
from motiflens.training.recipes import design_matrices
from motiflens.training.recipes.design_matrices import kmer_design, positional_design
from motiflens.training.recipes.linear_terms import fit_linear_terms, refit_linear_terms
from motiflens.training.task import TrainingData


def fitted(on: TrainingData, classes: int, k: int = 3) -> AdditiveNetwork:
    config = AdditiveConfig(widths=(7,), filters=2, position_weights="none", kmer=k, positional_kmer=2)
    network = AdditiveNetwork(config, length=on.codes.shape[1], n_outputs=1 if classes == 2 else classes)
    fit_linear_terms(network, on)
    return network.eval()


def kmer_shares(codes: np.ndarray, k: int) -> np.ndarray:
    """Of every k-mer of 1 to k letters, by counting: how often it stands in each of k letters, summed up."""
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


def positional_kmers(codes: np.ndarray, k: int) -> np.ndarray:
    """Of every k-mer of 1 to k letters at every position, by comparing text: whether it is there."""
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


@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_position_term_is_logistic_regression_on_kmers_at_their_positions(classes, strands):
    on, both = data(320, 20, classes=classes, strands=strands, turned=strands == "both"), strands == "both"
    net = fitted(on, classes)

    def features(codes: np.ndarray) -> np.ndarray:
        turned = np.stack([reverse_complement(c) for c in codes])
        return positional_kmers(codes, 2) + both * positional_kmers(turned, 2)

    parts = (features(on.codes), on.labels, features(on.validation_codes), on.validation_labels)
    expected = best_by_hand(*parts, strengths=positional_design(on, 2).strengths)
    codes = torch.from_numpy(on.validation_codes)
    with torch.no_grad():
        found = net.position.contributions(codes).sum(2)
        if both:
            found = (found + net.position.contributions(reverse_complement_tensor(codes)).sum(2)) / 2
    # Up to the intercept, which `bias` takes, and the solver's tolerance.
    difference = found.numpy() - expected
    np.testing.assert_allclose(difference - difference.mean(0), 0, atol=0.05 * expected.std())


@pytest.mark.parametrize("strands", ["forward", "both"])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_kmer_term_is_logistic_regression_on_all_shorter_kmers(classes, strands):
    on, both = data(320, 20, classes=classes, strands=strands, turned=strands == "both"), strands == "both"
    net = fitted(on, classes)

    def features(codes: np.ndarray) -> np.ndarray:
        shares = kmer_shares(codes, 3)
        return shares + kmer_shares(np.stack([reverse_complement(c) for c in codes]), 3) if both else shares

    x = features(on.codes)
    scale = 1 / np.maximum(x.std(0), 1e-3) / np.sqrt(x.shape[1] / 100)
    parts = (x, on.labels, features(on.validation_codes), on.validation_labels)
    expected = best_by_hand(*parts, strengths=kmer_design(on, 3).strengths, scale=scale)
    codes = torch.from_numpy(on.validation_codes)
    with torch.no_grad():
        found = net.kmer.contributions(codes).sum(2)
        if both:
            found = (found + net.kmer.contributions(reverse_complement_tensor(codes)).sum(2)) / 2
    difference = found.numpy() - expected
    np.testing.assert_allclose(difference - difference.mean(0), 0, atol=0.05 * expected.std())


def test_the_kmer_term_alone_finds_a_planted_motif():
    on = data(800, 20, strands="forward")
    net = fitted(on, 2, k=5)
    with torch.no_grad():
        scores = net.kmer.contributions(torch.from_numpy(on.validation_codes)).sum(2)[:, 0]
    assert roc_auc_score(on.validation_labels, scores) > 0.8


def test_of_many_sequences_the_first_are_fitted_and_the_last_refitted(monkeypatch):
    """The last ones are the validation data, which must be among those that join."""
    on = data(800, 20, strands="forward")
    monkeypatch.setattr(design_matrices, "_LARGEST_POSITIONAL", 2 * 20 * 300)
    monkeypatch.setattr(design_matrices, "_ENOUGH_POSITIONAL", 2 * 20 * 200)
    network = AdditiveNetwork(
        AdditiveConfig(position_weights="none", kmer=2, positional_kmer=2), length=20, n_outputs=1
    ).eval()
    fit = fit_linear_terms(network, on)
    everything = on.with_validation()
    for codes, labels in (
        (on.codes[:300], on.labels[:300]),
        (everything.codes[-300:], everything.labels[-300:]),
    ):
        oracle = LogisticRegression(C=fit.strengths[0][0], max_iter=100).fit(positional_kmers(codes, 2), labels)
        with torch.no_grad():
            found = network.position.contributions(torch.from_numpy(codes)).sum(2)[:, 0].numpy()
        expected = oracle.decision_function(positional_kmers(codes, 2)) - oracle.intercept_
        np.testing.assert_allclose(found, expected, atol=2e-3)
        refit_linear_terms(network, on, fit)


def test_the_refit_is_that_of_all_data_and_keeps_the_mean_logit():
    given = data(320, 20, strands="forward")
    network = AdditiveNetwork(
        AdditiveConfig(position_weights="none", kmer=3, positional_kmer=2), length=20, n_outputs=1
    ).eval()
    fit = fit_linear_terms(network, given)
    network.mix.data = torch.tensor([[0.0], [1.0], [0.0]])
    network.bias.data = torch.from_numpy(fit.intercepts[0])
    refit_linear_terms(network, given, fit)
    codes = np.concatenate((given.codes, given.validation_codes))
    labels = np.concatenate((given.labels, given.validation_labels))
    x = positional_kmers(codes, 2)
    oracle = LogisticRegression(C=fit.strengths[0][0], max_iter=100).fit(x, labels)
    with torch.no_grad():
        logits = network(torch.from_numpy(codes))[:, 0].numpy()
    np.testing.assert_allclose(logits, oracle.decision_function(x), atol=2e-3)
