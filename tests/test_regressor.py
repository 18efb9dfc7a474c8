"""MotifRegressor in scikit-learn's tools."""

import numpy as np
import pandas as pd
import planted
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score, roc_auc_score

from motiflens import InputError, MotifClassifier, MotifRegressor
from motiflens.sequence.alphabet import decode

QUICK = {"epochs": 3, "strands": "forward"}


def measured(n: int = 240, seed: int = 0) -> tuple[list[str], np.ndarray]:
    dataset = planted.planted(n, 30, classes=2, seed=seed)
    noise = np.random.default_rng(seed).normal(size=n)
    return [decode(codes) for codes in dataset.codes], 5 + 2 * dataset.labels + 0.3 * noise


class Quick:
    """An estimator that trains in a second: what it lacks as options it takes as settings."""

    def _settings(self):
        settings = super()._settings()
        small = {"widths": (7,), "filters": 6, "position_weights": "none", "kmer": 3}
        network = settings.fit.network.model_copy(update=small)
        return settings.model_copy(update={"fit": settings.fit.model_copy(update={"network": network})})


class Small(Quick, MotifRegressor):
    pass


@pytest.fixture(scope="module")
def fitted() -> Small:
    return Small(**QUICK, seed=3).fit(*measured())


def test_learns_and_scores_by_r2(fitted):
    sequences, values = measured(seed=1)
    predicted = fitted.predict(sequences)
    assert predicted.shape == (240,)
    assert fitted.score(sequences, values) == pytest.approx(r2_score(values, predicted))
    assert fitted.score(sequences, values) > 0.2
    assert fitted.targets_ == ("value",)


def test_several_outputs_with_missing_values():
    sequences, values = measured()
    table = pd.DataFrame({"K562": values, "HepG2": -values})
    table.loc[::7, "HepG2"] = np.nan
    found = Small(**QUICK).fit(sequences, table, sample_weight=np.linspace(1, 2, 240))
    predicted = found.predict(sequences)
    assert found.targets_ == ("K562", "HepG2")
    assert predicted.shape == (240, 2)
    assert np.corrcoef(predicted.T)[0, 1] < -0.5
    effect = found.explain(sequences[:2], target="HepG2")
    np.testing.assert_allclose(effect.contributions.sum(1) + effect.bias, predicted[:2, 1], rtol=1e-5, atol=1e-4)


def test_saved_loaded_and_cloned(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    sequences, _ = measured(20)
    np.testing.assert_array_equal(MotifRegressor.load(tmp_path / "m").predict(sequences), fitted.predict(sequences))
    assert clone(fitted).get_params() == fitted.get_params()
    assert fitted.__sklearn_tags__().target_tags.multi_output


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"] * 240, "not numbers"),
        (np.full(240, 3.0), "has no different values"),
        (np.where(np.arange(240) == 4, np.inf, np.arange(240.0)), "value 5 is infinite"),
        (np.arange(10.0), "240 sequences and 10 rows of values"),
    ],
)
def test_bad_values_are_refused(values, said):
    with pytest.raises(InputError, match=said):
        Small(**QUICK).fit(measured()[0], values)


def test_several_labels_a_sequence():
    class Labels(Quick, MotifClassifier):
        pass

    sequences, values = measured()
    table = pd.DataFrame({"high": values > 6, "long": np.random.default_rng(0).integers(0, 2, 240)}).astype(int)
    found = Labels(**QUICK).fit(sequences, table)
    probabilities = found.predict_proba(sequences)
    assert found.classes_.tolist() == ["high", "long"]
    assert roc_auc_score(table["high"], probabilities[:, 0]) > 0.75
    np.testing.assert_array_equal(found.predict(sequences), (probabilities > 0.5).astype(int))
    assert found.score(sequences, table) == (found.predict(sequences) == table.to_numpy()).all(axis=1).mean()
