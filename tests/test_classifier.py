"""MotifClassifier in scikit-learn's tools."""

import numpy as np
import pandas as pd
import planted
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

import motiflens
from motiflens import InputError, ModelError, MotifClassifier
from motiflens.sequence.alphabet import decode

QUICK = {"epochs": 2, "strands": "both", "learning_rate": 0.02}


def text(n: int = 120, *, classes: int = 2, seed: int = 0) -> tuple[list[str], np.ndarray]:
    dataset = planted.planted(n, 30, classes=classes, seed=seed)
    return [decode(codes) for codes in dataset.codes], np.array(dataset.classes)[dataset.labels]


class Small(MotifClassifier):
    """A classifier that trains in a second: what it lacks as options it takes as settings."""

    def _settings(self):
        settings = super()._settings()
        network = settings.fit.network.model_copy(
            update={"widths": (7,), "filters": 6}
            | ({"position_weights": "none", "kmer": 3} if self.preset != "classic" else {})
        )
        return settings.model_copy(update={"fit": settings.fit.model_copy(update={"network": network})})


@pytest.fixture(scope="module")
def fitted() -> Small:
    return Small(**QUICK, seed=3).fit(*text(240))


def test_learns_and_answers_in_labels(fitted):
    sequences, labels = text(200, seed=1)
    assert fitted.classes_.tolist() == ["AP1", "background"]  # sorted, as scikit-learn has it
    probabilities = fitted.predict_proba(sequences)
    assert probabilities.shape == (200, 2)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
    assert probabilities[labels == "AP1", 0].mean() > probabilities[labels == "background", 0].mean() + 0.1
    np.testing.assert_array_equal(fitted.predict(sequences), fitted.classes_[probabilities.argmax(1)])
    assert fitted.score(sequences, labels) == (fitted.predict(sequences) == labels).mean()
    assert fitted.score(sequences, labels) > 0.6
    assert fitted.length_ == 30
    assert fitted.history_["epoch"].tolist() == [1, 2]


def test_numbers_stay_numbers():
    sequences, labels = text(90, classes=3)
    numbers = np.unique(labels, return_inverse=True)[1] * 5 + 5  # 5, 10, 15: sorted otherwise as text
    found = Small(**QUICK).fit(sequences, numbers)
    assert found.classes_.tolist() == [5, 10, 15]
    assert found.predict(sequences[:4]).dtype == numbers.dtype
    by_name = Small(**QUICK).fit(sequences, labels)
    assert by_name.predict_proba(sequences).shape == (90, 3)
    assert by_name.model_.classes == ("AP1", "ETS", "background")


def test_takes_whatever_holds_strings():
    sequences, labels = text(60)
    series = pd.Series(sequences, index=np.arange(60) + 7)
    one = Small(**QUICK).fit(series, pd.Series(labels, index=series.index))
    other = Small(**QUICK).fit(np.array(sequences), labels.tolist())
    np.testing.assert_array_equal(one.predict_proba(series), other.predict_proba(tuple(sequences)))


def test_columns_follow_classes_():
    sequences, labels = text(150, classes=3)
    numbers = np.unique(labels, return_inverse=True)[1] * 5 + 5
    found = Small(**QUICK).fit(sequences, numbers)
    columns = [found.model_.classes.index(str(c)) for c in found.classes_]
    logits = found.predict_proba(sequences)
    own = [logits[numbers == c, i].mean() - logits[numbers != c, i].mean() for i, c in enumerate(found.classes_)]
    assert min(own) > 0
    assert sorted(columns) == [0, 1, 2]


def test_clone_params_and_repr():
    one = MotifClassifier(preset="classic", epochs=3)
    assert clone(one).get_params() == one.get_params()
    assert one.get_params()["epochs"] == 3
    assert one.set_params(seed=4).seed == 4
    assert "classic" in repr(one)
    with pytest.raises(ValueError, match="colour"):
        one.set_params(colour="red")


def test_a_seed_fixes_the_probabilities(fitted):
    sequences, _ = text(40, seed=2)
    again = clone(fitted).fit(*text(240))
    np.testing.assert_array_equal(again.predict_proba(sequences), fitted.predict_proba(sequences))
    other = clone(fitted).set_params(seed=4).fit(*text(240))
    assert np.abs(other.predict_proba(sequences) - fitted.predict_proba(sequences)).max() > 1e-4


def test_cross_validation_and_grid_search():
    sequences, labels = text()
    scores = cross_val_score(Small(**QUICK), sequences, labels, cv=3, error_score="raise")
    assert scores.shape == (3,)
    search = GridSearchCV(Small(**QUICK), {"preset": ["additive", "classic"]}, cv=2, error_score="raise")
    search.fit(sequences, labels)
    assert search.best_params_["preset"] in ("additive", "classic")
    assert search.predict(sequences[:3]).shape == (3,)


def test_saved_and_loaded(fitted, tmp_path):
    sequences, _ = text(30, seed=2)
    fitted.save(tmp_path / "model")
    loaded = MotifClassifier.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(sequences), fitted.predict_proba(sequences))
    np.testing.assert_array_equal(loaded.predict(sequences), fitted.predict(sequences))
    assert loaded.get_params()["strands"] == "both"
    with pytest.raises(InputError, match="loaded without its data: fit it to find motifs"):
        loaded.motifs()
    (tmp_path / "model" / "weights.safetensors").unlink()
    with pytest.raises(motiflens.RunFolderError, match=r"weights\.safetensors: missing"):
        MotifClassifier.load(tmp_path / "model")


def test_explains_towards_a_label(fitted):
    sequences, _ = text(6, seed=2)
    effects = fitted.explain(sequences)
    assert effects.hypothetical.shape == (6, 4, 30)
    opposite = fitted.explain(sequences, target="AP1").hypothetical
    np.testing.assert_allclose(effects.hypothetical, -opposite, atol=1e-5)  # "background" sorts last: positive
    with pytest.raises(InputError, match="unknown target 'CTCF'"):
        fitted.explain(sequences, target="CTCF")


def test_names_the_planted_motif(fitted):
    record = fitted.motif_record()
    found = [m.consensus for m in record.motifs]
    assert any("TGA" in c and "TCA" in c for c in found), record
    assert [m.name for m in fitted.motifs()] == [m.name for m in record.motifs]


@pytest.mark.parametrize("method", ["predict", "predict_proba", "explain"])
def test_nothing_before_fit(method):
    with pytest.raises(NotFittedError):
        getattr(MotifClassifier(), method)(["ACGT"])
    with pytest.raises(NotFittedError):
        MotifClassifier().motifs()


def test_bad_input():
    sequences, labels = text(40)
    quick = Small(**QUICK)
    with pytest.raises(InputError, match="one label"):
        quick.fit(sequences, ["a"] * 40)
    with pytest.raises(InputError, match="40 sequences and 39 labels"):
        quick.fit(sequences, labels[:-1])
    with pytest.raises(InputError, match="at column 2"):
        quick.fit(["A!" + s[2:] for s in sequences], labels)
    with pytest.raises(InputError, match=r"sequences have 29 to 30 letters"):
        quick.fit([sequences[0][1:], *sequences[1:]], labels)
    with pytest.raises(InputError, match="at least 4 are needed"):
        quick.fit(sequences, ["a", "a", "a", *["b"] * 37])
    with pytest.raises(InputError, match="occur under two labels"):
        quick.fit(sequences[:20] * 2, ["a"] * 20 + ["b"] * 20)
    with pytest.raises(InputError, match=r"preset='nonsense': unknown preset"):
        MotifClassifier().set_params(preset="nonsense").fit(sequences, labels)
    with pytest.raises(InputError, match=r"epochs=0: Input should be greater than 0"):
        MotifClassifier(epochs=0).fit(sequences, labels)


def test_another_length_is_refused(fitted):
    with pytest.raises(InputError, match="31 bp for a model of 30 bp"):
        fitted.predict(["A" * 31])


def test_errors_are_of_one_family():
    assert issubclass(InputError, motiflens.MotiflensError)
    assert issubclass(ModelError, motiflens.MotiflensError)
    assert issubclass(motiflens.RunFolderError, InputError)
    assert set(motiflens.__all__) <= set(dir(motiflens))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = motiflens.nothing


def test_aligned_is_the_command_lines():
    assert MotifClassifier(aligned=True)._settings().fit.aligned
    assert not MotifClassifier()._settings().fit.aligned
    with pytest.raises(InputError, match="preset classic has no position weights"):
        MotifClassifier(preset="classic", aligned=True).fit(*text(40))


def test_an_ensemble_has_intervals():
    sequences, labels = text(90, classes=3)
    found = Small(**QUICK, ensemble=3).fit(sequences, labels)
    interval = found.predict_interval(sequences)
    np.testing.assert_allclose(interval.values, found.predict_proba(sequences), rtol=1e-6)
    assert interval.members.shape == (3, 90, 3)
    assert (interval.low < interval.high).all()
    with pytest.raises(InputError, match="no predictive interval"):
        Small(**QUICK).fit(sequences, labels).predict_interval(sequences)


def test_preset_deep_learns_explains_and_is_saved(tmp_path):
    sequences, labels = text(120)
    found = MotifClassifier(preset="deep", epochs=1, strands="forward").fit(sequences, labels)
    explained = found.explain(sequences[:3], target="AP1")
    assert explained.hypothetical.shape == (3, 4, 30)
    assert explained.contributions.shape == (3, 30)
    found.save(tmp_path)
    loaded = MotifClassifier.load(tmp_path)
    assert loaded.preset == "deep"
    np.testing.assert_array_equal(loaded.predict_proba(sequences), found.predict_proba(sequences))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"device": "gpu"}, "device='gpu': Input should be"),
        ({"strands": "reverse"}, "strands='reverse': Input should be"),
        ({"learning_rate": -1}, "learning_rate=-1: "),
        ({"ensemble": "three"}, "ensemble='three': "),
        ({"validation_share": 1}, "validation_share=1: give a share between 0 and 1"),
        ({"seed": -1}, "seed=-1: give a whole number of 0 or more, or None"),
        ({"seed": np.random.RandomState(0)}, "seed=RandomState"),
    ],
)
def test_parameters_are_called_by_their_names(parameters, said):
    with pytest.raises(InputError) as caught:
        MotifClassifier().set_params(**parameters).fit(*text(40))
    assert str(caught.value).startswith(said)


def test_parameters_may_be_numpys():
    sequences, labels = text(60)
    own = {
        "epochs": np.int64(1),
        "seed": np.int64(3),
        "learning_rate": np.float32(0.5),
        "validation_share": np.float64(0.25),
    }
    found = Small(**(QUICK | own)).fit(sequences, labels)
    assert found.seed_ == 3
    assert found.get_params()["seed"] is own["seed"]
    assert MotifClassifier(seed=None).__sklearn_tags__().non_deterministic
    search = GridSearchCV(Small(**QUICK), {"seed": np.arange(2)}, cv=2, error_score="raise").fit(sequences, labels)
    assert search.best_params_["seed"] in (0, 1)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([True, 1, 0, 0], [0, 1]),
        ([1.0, 1.0, 0.0, -0.0], [0.0, 1.0]),
        ([1, 1.0, 0, 0.0], [0.0, 1.0]),
        (np.array([True, 1, 0, False], object), [0, 1]),
        ([True, True, False, False], [False, True]),
        ([b"x", b"x", b"y", b"y"], ["x", "y"]),
    ],
)
def test_labels_that_are_equal_are_one_class(labels, classes):
    sequences, _ = text(120)
    given = np.tile(labels, 30) if isinstance(labels, np.ndarray) else labels * 30
    found = Small(**QUICK, seed=1).fit(sequences, given)
    assert found.classes_.tolist() == classes
    assert len(found.model_.classes) == 2
    probabilities = found.predict_proba(sequences[:5])
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-6)
    assert set(found.predict(sequences)) <= set(classes)
    towards = [found.explain(sequences[:2], target=label).hypothetical for label in classes]
    np.testing.assert_allclose(towards[0], -towards[1], atol=1e-5)


def test_tags_are_those_of_strings():
    tags = MotifClassifier().__sklearn_tags__()
    assert tags.estimator_type == "classifier"
    assert (tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array) == (True, True, False)
    assert not tags.non_deterministic


def test_saved_in_a_run_and_where_it_cannot_be(fitted, tmp_path):
    fitted.save(tmp_path / "run" / "model")
    assert MotifClassifier.load(tmp_path / "run").length_ == 30
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        fitted.save(tmp_path / "file" / "model")


def test_bagging_on_a_column():
    from sklearn.ensemble import BaggingClassifier

    sequences, labels = text(60)
    column = np.array(sequences)[:, None]
    found = BaggingClassifier(Small(**QUICK), n_estimators=2, bootstrap=False, max_samples=0.9).fit(column, labels)
    assert found.predict(column[:3]).shape == (3,)


def test_motifs_are_computed_once_and_a_notebook_shows_them(monkeypatch):
    found = Small(**QUICK, seed=3)
    assert "motifs()" in found._repr_html_()
    found.fit(*text(240))
    calls = []
    computed = motiflens.classifier.motifs_of_model
    monkeypatch.setattr(
        motiflens.classifier, "motifs_of_model", lambda *words, **more: calls.append(1) or computed(*words, **more)
    )
    first = found.motif_record()
    assert found.motif_record() is first
    assert [motif.name for motif in found.motifs()] == [entry.name for entry in first.motifs]
    assert calls == [1]
    shown = found._repr_mimebundle_()["text/html"]
    assert "validation sequences right" in shown
    assert ("<svg" in shown) == bool(first.motifs)
    found.fit(*text(120, seed=1))
    assert "<svg" not in found._repr_html_()
