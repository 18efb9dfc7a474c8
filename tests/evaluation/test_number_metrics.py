"""Figures of numbers against scipy, scikit-learn and naive twins."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.linear_model import PoissonRegressor
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.metrics import average_precision_score, f1_score, mean_absolute_error, r2_score, roc_auc_score

from motiflens.data.dataset import TargetDataset
from motiflens.errors import InputError
from motiflens.evaluation.agreement import pearson, r_squared, spearman
from motiflens.evaluation.ceiling import replicate_ceiling
from motiflens.evaluation.label_metrics import assess_labels, evaluate_labels
from motiflens.evaluation.label_verdict import label_verdict
from motiflens.evaluation.number_assessment import assess_numbers
from motiflens.evaluation.number_baselines import fit_number_baselines
from motiflens.evaluation.number_metrics import NAMES, compare_numbers, evaluate_numbers
from motiflens.evaluation.number_verdict import number_verdict
from motiflens.evaluation.ridge import fit_chosen_ridge, fit_ridge


def correlated(n: int, seed: int, r: float = 0.8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return np.round(r * x + np.sqrt(1 - r**2) * rng.normal(size=n), 1), x


def test_figures_equal_those_of_scipy_and_scikit_learn():
    y, p = correlated(200, 0)
    measured = np.stack([y, np.where(np.arange(200) % 3, y, np.nan)], axis=1)
    found = evaluate_numbers(measured, np.stack([p, p], axis=1), ("a", "b")).blocks
    for name, rows in (("a", slice(None)), ("b", np.arange(200) % 3 > 0)):
        block = found[name]
        assert block["n"] == len(y[rows])
        assert block["pearson"] == pytest.approx(pearsonr(y[rows], p[rows])[0])
        assert block["spearman"] == pytest.approx(spearmanr(y[rows], p[rows])[0])
        assert block["r2"] == pytest.approx(r2_score(y[rows], p[rows]))
        assert block["mae"] == pytest.approx(mean_absolute_error(y[rows], p[rows]))
        assert block["rmse"] == pytest.approx(np.sqrt(np.mean((y[rows] - p[rows]) ** 2)))


@pytest.mark.parametrize(("estimate", "naive"), [(pearson, pearsonr), (spearman, spearmanr), (r_squared, r2_score)])
def test_influences_are_those_of_leaving_a_sequence_out(estimate, naive):
    y, p = correlated(120, 1)

    def of(a, b):
        found = naive(a, b)
        return found if isinstance(found, float) else found[0]

    left = np.array([of(np.delete(y, i), np.delete(p, i)) for i in range(120)])
    expected = (left.mean() - left) * 119 / 120
    influence = estimate(y, p).influence
    np.testing.assert_allclose(influence - influence.mean(), expected, atol=3e-4)


def test_intervals_cover_about_as_often_as_they_say():
    big = evaluate_numbers(*(v[:, None] for v in correlated(200_000, 2, 0.6)), ("a",)).blocks["a"]
    hits = dict.fromkeys(NAMES, 0)
    for seed in range(200):
        block = evaluate_numbers(*(v[:, None] for v in correlated(80, 100 + seed, 0.6)), ("a",)).blocks["a"]
        for name in NAMES:
            low, high = block["ci"][name]
            hits[name] += low <= big[name] <= high
    assert all(181 <= count <= 199 for count in hits.values()), hits  # 200 times .95, four standard errors


def test_undefined_figures_have_a_reason():
    y = np.arange(12.0)[:, None]
    block = evaluate_numbers(y, np.zeros((12, 1)), ("a",)).blocks["a"]
    assert block["pearson"] is None
    assert block["undefined"]["pearson"] == "the predictions are all equal"
    few = evaluate_numbers(y[:5], y[:5], ("a",)).blocks["a"]
    assert few["ci"] == {}
    assert "10 are needed" in few["no_intervals"]
    with pytest.raises(InputError, match="no test sequence has a value"):
        evaluate_numbers(np.full((5, 1), np.nan), y[:5], ("a",))


def test_a_paired_difference_is_that_of_the_correlations():
    y, p = correlated(300, 3)
    worse = p + np.random.default_rng(4).normal(size=300)
    first, second = (evaluate_numbers(y[:, None], x[:, None], ("a",)) for x in (p, worse))
    pair = compare_numbers(first, second)["a"]
    assert pair.difference == pytest.approx(pearsonr(y, p)[0] - pearsonr(y, worse)[0])
    assert 0 < pair.low < pair.difference < pair.high


def test_the_ceiling_is_the_correlation_of_the_mean_with_the_truth():
    rng = np.random.default_rng(6)
    truth = rng.normal(size=20_000)
    replicates = truth[:, None] + 0.8 * rng.normal(size=(20_000, 3))
    replicates[::50, 1] = np.nan
    found = replicate_ceiling(replicates)
    expected = np.corrcoef(truth, np.nanmean(replicates, axis=1))[0, 1]
    assert found.n == 19_600
    assert found.pearson == pytest.approx(expected, abs=0.004)
    assert found.r2 == pytest.approx(expected**2, abs=0.006)
    assert found.ci["r2"][0] < found.r2 < found.ci["r2"][1]
    assert replicate_ceiling(replicates[:, :1]) is None


@pytest.mark.parametrize("n", [60, 15])
def test_ridge_equals_scikit_learns(n):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(n, 20)), rng.normal(size=(n, 2))
    found = fit_ridge(x, y, penalty=0.3)
    twin = SklearnRidge(alpha=0.3 * ((x - x.mean(axis=0)) ** 2).sum() / n).fit(x, y)
    np.testing.assert_allclose(found.predict(x), twin.predict(x), atol=1e-9)


def test_the_penalty_falls_where_there_is_signal():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(300, 30))
    folds = np.arange(300) % 3
    signal = x @ rng.normal(size=(30, 1))
    weak = fit_chosen_ridge(x, signal, folds).penalty
    strong = fit_chosen_ridge(x, rng.normal(size=(300, 1)), folds).penalty
    assert weak < 0.1 < 10 < strong


def dataset(y: np.ndarray, **more) -> TargetDataset:
    codes = np.zeros((len(y), 8), np.uint8)
    ids = np.array([f"s{i}" for i in range(len(y))])
    return TargetDataset(codes=codes, ids=ids, values=y[:, None], targets=("activity",), **more)


def test_the_verdict_names_the_share_the_ceiling_and_the_better_baseline():
    y, p = correlated(400, 9)
    rng = np.random.default_rng(10)
    replicates = np.stack([y + 0.5 * rng.normal(size=400), y + 0.5 * rng.normal(size=400)], axis=1)[:, None]
    noisy = p + rng.normal(size=400)
    test = dataset(y, replicates=replicates)
    good = assess_numbers(test, 0.8 * p[:, None], {"kmer_ridge": noisy[:, None]})
    counts = {"train": {"activity": 5000}, "val": {"activity": 500}, "test": {"activity": 400}}
    verdict = number_verdict(good, counts=counts)
    share = f"{100 * r2_score(y, 0.8 * p):.1f} %"
    assert verdict["headline"].startswith(f"The model explains {share} of the variance of activity: Pearson 0.")
    assert verdict["headline"].endswith("better than every baseline.")
    assert any("of what can be explained" in point for point in verdict["points"])
    worse = assess_numbers(test, noisy[:, None], {"kmer_ridge": p[:, None]})
    assert number_verdict(worse, counts=counts)["headline"].startswith("A simpler method does better: k-mer ridge")
    chance = assess_numbers(test, rng.normal(size=(400, 1)), {})
    assert number_verdict(chance, counts=counts)["level"] == "poor"


def test_what_the_exposure_explains_is_not_laid_to_gc_content():
    y, p = correlated(400, 12)
    exposure = p[:, None]
    counts = {"train": {"activity": 5000}, "val": {"activity": 500}, "test": {"activity": 400}}

    def said(baselines: dict[str, np.ndarray]) -> str:
        return " ".join(number_verdict(assess_numbers(dataset(y), y[:, None], baselines), counts=counts)["points"])

    share = f"{100 * r2_score(y, exposure):.1f} %"
    both = said({"exposure": exposure, "gc_content": exposure})
    assert f"The exposure alone explains {share} of activity; the sequence adds +" in both
    assert "GC content explains" not in both
    assert f"GC content explains {share} of activity: GC-rich" in said({"gc_content": exposure})
    beyond = f"{100 * (r2_score(y, y) - r2_score(y, exposure)):.1f} %"
    more = said({"exposure": exposure, "gc_content": y[:, None]})
    assert f"GC content explains {beyond} of activity beside the exposure" in more


def test_a_model_that_adds_nothing_to_the_exposure_is_told_so():
    y, exposure = correlated(400, 13)
    noise = exposure + 0.05 * np.random.default_rng(14).normal(size=400)
    counts = {"train": {"activity": 5000}, "val": {"activity": 500}, "test": {"activity": 400}}
    figures = assess_numbers(dataset(y), noise[:, None], {"exposure": exposure[:, None], "kmer_ridge": y[:, None] * 0})
    verdict = number_verdict(figures, counts=counts)
    assert verdict["level"] == "poor"
    assert verdict["headline"] == "The sequence adds nothing to the exposure that this test set can show: activity."
    assert not any("simpler method" in point or "the model misses" in point for point in verdict["points"])


def test_labels_by_themselves_macro_and_micro():
    rng = np.random.default_rng(11)
    truth = rng.integers(0, 2, (300, 3)).astype(float)
    scores = 1 / (1 + np.exp(-(2 * truth - 1 + rng.normal(size=truth.shape))))
    truth[:20, 0] = np.nan
    found = evaluate_labels(truth, scores, ("a", "b", "c")).metrics
    known = np.isfinite(truth)
    areas = [roc_auc_score(truth[known[:, i], i], scores[known[:, i], i]) for i in range(3)]
    assert [found["per_label"][name]["auroc"] for name in "abc"] == pytest.approx(areas)
    assert found["macro"]["auroc"] == pytest.approx(np.mean(areas))
    assert found["micro"]["auroc"] == pytest.approx(roc_auc_score(truth[known], scores[known]))
    assert found["micro"]["auprc"] == pytest.approx(average_precision_score(truth[known], scores[known]))
    assert found["per_label"]["b"]["f1"] == pytest.approx(f1_score(truth[:, 1], scores[:, 1] > 0.5))
    low, high = found["macro"]["ci"]["auroc"]
    assert low < found["macro"]["auroc"] < high


def test_pairs_of_labels_and_the_verdict_on_them():
    rng = np.random.default_rng(12)
    truth = rng.integers(0, 2, (200, 2)).astype(float)
    scores = np.clip(0.7 * truth + 0.15 + 0.1 * rng.normal(size=truth.shape), 0.01, 0.99)
    figures = assess_labels(truth, scores, {"gc_content": rng.random((200, 2))}, labels=("a", "b"))
    (pair,) = figures["co_occurrence"]
    assert pair["both"] == int((truth == 1).all(axis=1).sum())
    assert pair["predicted_both"] == int((scores > 0.5).all(axis=1).sum())
    verdict = label_verdict(figures)
    assert verdict["level"] == "good"
    assert "a and b" in verdict["headline"]


def test_perfect_areas_of_labels_may_be_imperfect_on_other_sequences() -> None:
    truth = (np.arange(40)[:, None] % [2, 4] == 0).astype(float)
    right = np.where(truth == 1, 0.9, 0.1)
    figures = assess_labels(truth, right, {"gc_content": np.where(truth == 1, 0.8, 0.2)}, labels=("a", "b"))
    test = figures["test"]
    for name in ("auroc", "auprc"):
        of_labels = [test["per_label"][label]["ci"][name] for label in ("a", "b")]
        assert test["macro"]["ci"][name] == pytest.approx(np.mean(of_labels, axis=0))
        assert test["micro"]["ci"][name][0] < 1 == test["micro"]["ci"][name][1]
    pair = figures["comparisons"]["gc_content"]["macro"]
    low, high = test["macro"]["ci"]["auroc"]
    assert (pair["low"], pair["difference"], pair["high"]) == (pytest.approx(low - high), 0, pytest.approx(high - low))


@pytest.mark.parametrize("rate", [0.2, 60.0])
def test_the_gc_baseline_of_counts_is_the_poisson_regression_on_gc(rate):
    rng = np.random.default_rng(15)
    gc, exposure = rng.uniform(0.3, 0.7, 1200), rng.lognormal(0, 0.5, 1200)
    codes = np.where(rng.random((1200, 60)) < gc[:, None], 1, 0).astype(np.uint8)  # C and A
    shown = (codes == 1).mean(1)
    counts = rng.poisson(rate * exposure * np.exp(4 * (shown - 0.5))).astype(float)
    ids = np.array([f"s{i}" for i in range(1200)])
    data = TargetDataset(
        codes=codes, ids=ids, values=counts[:, None], targets=("reads",), offset=np.log(exposure)
    )  # fmt: skip
    found = fit_number_baselines(data, np.repeat("train", 1200), strands="forward", seed=0, counts=True)
    twin = PoissonRegressor(alpha=0, max_iter=1000).fit(shown[:, None], counts / exposure, sample_weight=exposure)
    np.testing.assert_allclose(found["gc_content"].predict(codes)[:, 0], twin.predict(shown[:, None]), rtol=0.02)
    best, alone = r2_score(counts, twin.predict(shown[:, None]) * exposure), r2_score(counts, exposure * counts.mean())
    kmers, motif = (
        r2_score(counts, found[name].predict(codes)[:, 0] * exposure) for name in ("kmer_ridge", "best_single_motif")
    )
    assert max(0, alone) < motif < kmers
    assert kmers > 0.8 * best
