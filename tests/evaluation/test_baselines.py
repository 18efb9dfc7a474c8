import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.evaluation import baselines
from motiflens.evaluation.baselines import fit_baselines, gc_content, kmer_features, position_features
from motiflens.sequence.alphabet import encode, one_hot, reverse_complement

SPLIT = np.repeat(["train", "val", "test"], [240, 60, 100])


def dataset(codes: np.ndarray, labels: np.ndarray, classes: tuple[str, ...] = ("control", "site")) -> Dataset:
    return Dataset(codes=codes, labels=labels, classes=classes, ids=np.arange(len(labels)).astype(str))


def planted(*, at: int | None, seed: int = 0) -> Dataset:
    """Random letters with GATTACA in the positives: at one position, or anywhere on either strand."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (400, 40)).astype(np.uint8)
    labels = rng.integers(0, 2, 400)
    motif = encode(["GATTACA"])[0]
    for row in np.flatnonzero(labels):
        start = rng.integers(0, 33) if at is None else at
        codes[row, start : start + 7] = motif if at is not None or rng.random() < 0.5 else reverse_complement(motif)
    return dataset(codes, labels)


def accuracies(data: Dataset, **options: object) -> dict[str, float]:
    test = data.take(SPLIT == "test")
    fitted = fit_baselines(data, SPLIT, **{"strands": "forward", "seed": 0, **options})
    return {n: float((b.predict_proba(test.codes).argmax(axis=1) == test.labels).mean()) for n, b in fitted.items()}


def test_letters_in_place_are_seen_by_position() -> None:
    assert accuracies(planted(at=10))["position_logistic_regression"] >= 0.98


def test_a_word_anywhere_is_seen_by_kmers_alone() -> None:
    found = accuracies(planted(at=None), strands="both")
    assert found["kmer_logistic_regression"] >= 0.9
    assert max(found["gc_content"], found["position_logistic_regression"]) < 0.75


def test_composition_is_seen_by_gc_content() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    rich = rng.choice(4, (400, 100), p=[0.1, 0.4, 0.4, 0.1])
    even = rng.integers(0, 4, (400, 100))
    data = dataset(np.where(labels[:, None] == 1, rich, even).astype(np.uint8), labels)
    assert accuracies(data)["gc_content"] >= 0.98


def test_three_classes_have_three_columns_in_order() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (400, 12)).astype(np.uint8)
    labels = rng.integers(0, 3, 400)
    codes[:, 4] = labels
    fitted = fit_baselines(dataset(codes, labels, ("x", "y", "z")), SPLIT, strands="forward", seed=0)
    assert list(fitted) == [
        "gc_content",
        "kmer_logistic_regression",
        "position_logistic_regression",
        "best_single_motif",
    ]
    for name, baseline in fitted.items():
        assert baseline.name == name
        p = baseline.predict_proba(codes)
        assert p.shape == (400, 3)
        assert p.dtype == np.float64
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert (fitted["position_logistic_regression"].predict_proba(codes).argmax(axis=1) == labels).all()


def test_test_sequences_are_never_looked_at_and_the_seed_fixes_every_bit() -> None:
    data = planted(at=None)
    test = SPLIT == "test"
    labels = np.where(test, 1 - data.labels, data.labels)
    changed = replace(data, labels=labels, codes=np.where(test[:, None], np.uint8(0), data.codes))
    one, two = (fit_baselines(d, SPLIT, strands="both", seed=4) for d in (data, changed))
    for name in one:
        np.testing.assert_array_equal(one[name].predict_proba(data.codes), two[name].predict_proba(data.codes))


def test_validation_sequences_are_learned_from() -> None:
    data = planted(at=10)
    fewer = np.where(SPLIT == "val", "", SPLIT)
    one, two = (
        fit_baselines(data, s, strands="forward", seed=0)["gc_content"].predict_proba(data.codes)
        for s in (SPLIT, fewer)
    )
    assert (one != two).any()


def test_strands_both_makes_kmers_blind_to_the_strand() -> None:
    data = planted(at=None)
    turned = reverse_complement(data.codes)
    both, forward = (
        fit_baselines(data, SPLIT, strands=s, seed=0)["kmer_logistic_regression"] for s in ("both", "forward")
    )
    np.testing.assert_array_equal(both.predict_proba(data.codes), both.predict_proba(turned))
    assert (forward.predict_proba(data.codes) != forward.predict_proba(turned)).any()


def test_features() -> None:
    codes = encode(["GGNA", "NNNN", "ACGT"])
    np.testing.assert_allclose(gc_content(codes).ravel(), [20 / 3, 5, 5])
    np.testing.assert_array_equal(
        position_features(codes).toarray(), one_hot(codes).transpose(0, 2, 1).reshape(len(codes), -1)
    )
    kmers = kmer_features(codes, canonical=False)
    assert kmers.shape == (3, sum(4**k for k in range(1, 7)))
    assert kmers[[0]].max() == pytest.approx(np.log(3))  # two G


def test_sequences_of_noise_and_few_of_them_neither_warn_nor_fail() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, (12, 20)).astype(np.uint8)
    labels = np.array([0, 1] + [0] * 10)
    labels[5] = 1
    fitted = fit_baselines(dataset(codes, labels), np.repeat("train", 12), strands="both", seed=0)
    assert all(np.isfinite(b.predict_proba(codes)).all() and b.converged for b in fitted.values())


@pytest.mark.parametrize("limit", [60, 299])
def test_the_penalty_can_be_chosen_on_a_part_and_a_rare_class_stays_in_it(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(baselines, "CHOICE_LIMIT", limit)
    data = planted(at=10)
    rare = np.where(np.isin(np.arange(400), [3, 200]), 2, data.labels)
    fitted = fit_baselines(dataset(data.codes, rare, ("control", "site", "odd")), SPLIT, strands="forward", seed=0)
    p = fitted["position_logistic_regression"].predict_proba(data.codes[SPLIT == "test"])
    assert (p.argmax(axis=1) == data.labels[SPLIT == "test"]).mean() >= 0.95


def test_of_many_sequences_a_share_of_each_class_is_fitted_and_chunks_change_no_prediction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, seen = planted(at=10), []

    def spied(codes: np.ndarray) -> np.ndarray:
        seen.append(codes)
        return gc_content(codes)

    monkeypatch.setattr(baselines, "gc_content", spied)
    monkeypatch.setattr(baselines, "FIT_LIMIT", 100)
    fitted = fit_baselines(data, SPLIT, strands="forward", seed=0)
    learned = data.take(SPLIT != "test")
    rows = [int(np.flatnonzero((learned.codes == row).all(1))[0]) for row in seen[0]]
    shares = np.bincount(learned.labels[rows]) / np.bincount(learned.labels)
    np.testing.assert_allclose(shares, 1 / 3, atol=0.01)
    whole = {name: baseline.predict_proba(data.codes) for name, baseline in fitted.items()}
    monkeypatch.setattr(baselines, "CHUNK", 7)
    for name, baseline in fitted.items():
        np.testing.assert_allclose(baseline.predict_proba(data.codes), whole[name], rtol=1e-12)


def test_a_class_that_cannot_be_learned_is_named() -> None:
    data = planted(at=None)
    split = np.where(data.labels == 1, "test", "train")
    with pytest.raises(InputError, match="class site has 0 training sequences"):
        fit_baselines(data, split, strands="both", seed=0)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        pytest.param(
            "uci-splice",
            {"gc_content": 0.552, "kmer_logistic_regression": 0.870, "position_logistic_regression": 0.995},
            marks=pytest.mark.slow,
        ),
        (
            "ecoli-sigma70",
            {"gc_content": 0.906, "kmer_logistic_regression": 0.964, "position_logistic_regression": 0.937},
        ),
        ("nfe2", {"gc_content": 0.496, "kmer_logistic_regression": 0.990}),
    ],
)
def test_known_values_are_reached(
    shared: Path, name: str, known: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmarks = Path(__file__).parents[2] / "benchmarks"
    monkeypatch.syspath_prepend(benchmarks)
    measure = runpy.run_path(str(benchmarks / "baselines.py"))["measure"]
    row = measure(shared / "splits" / name, seed=0)
    assert all(row[baseline]["converged"] for baseline in known)
    for baseline, auroc in known.items():
        assert row[baseline]["auroc"] >= auroc - 0.005, baseline
