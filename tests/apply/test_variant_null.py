"""p-values by ranks among random changes of a kind, and false discovery rates over a file."""

import numpy as np
import pytest
import scipy.stats
from make_variant_run import random_model

from motiflens.apply.variants.config import VariantConfig
from motiflens.apply.variants.fields import FalseDiscovery
from motiflens.apply.variants.kinds import bounds_of, kind_of, kinds_of
from motiflens.apply.variants.null import Null, random_changes, with_kinds
from motiflens.apply.variants.scores import Scorer
from motiflens.model.predict import predict_logits
from motiflens.model.targets import Numbers

CODES = np.random.default_rng(0).integers(0, 4, (50, 60)).astype(np.uint8)
QUICK = VariantConfig(null_changes=300, null_substitutions=600)


def test_kinds():
    assert kind_of(1, 1) == "substitution_1"
    assert kind_of(0, 7) == "insertion_5-8"
    assert kind_of(4, 0) == "deletion_3-4"
    assert kind_of(2, 9) == "replacement_9-16"
    assert [bounds_of(n) for n in (1, 2, 3, 4, 5, 16, 17)] == [
        (1, 1), (2, 2), (3, 4), (3, 4), (5, 8), (9, 16), (17, 32)
    ]  # fmt: skip
    names, which = kinds_of(np.array([[1, 1], [0, 3], [1, 1], [0, 4]]))
    assert [names[i] for i in which] == ["substitution_1", "insertion_3-4", "substitution_1", "insertion_3-4"]


def test_p_is_the_rank_among_random_changes():
    rng = np.random.default_rng(0)
    effects = np.sort(rng.standard_normal((2, 500)) + 0.5, axis=1).astype(np.float32)
    null = Null(effects={"x": effects})
    deltas = rng.standard_normal((20, 2))
    deltas[0] = 99, -99
    deltas[1, 0] = effects[0, 123]
    expected = np.empty((20, 2))
    for i, t in np.ndindex(20, 2):
        d = np.float32(deltas[i, t])
        further = min((effects[t] >= d).sum(), (effects[t] <= d).sum())
        expected[i, t] = min(2 * (1 + further) / 501, 1)
    np.testing.assert_allclose(null.p_values("x", deltas), expected)
    assert null.p_values("x", deltas)[0].tolist() == [2 / 501] * 2
    many = null.p_values("x", deltas, places=3)
    np.testing.assert_allclose(many, 1 - (1 - np.minimum(np.array(expected), 1 - 1e-16)) ** 3)


@pytest.mark.parametrize(
    "kind", ["substitution_1", "substitution_3-4", "insertion_1", "insertion_5-8", "deletion_3-4", "replacement_5-8"]
)
def test_random_changes_are_of_their_kind(kind):
    windows = random_changes(kind, CODES, np.random.default_rng(1), count=200)
    lengths = np.stack([np.diff(windows.first_span)[:, 0], np.diff(windows.second_span)[:, 0]], 1)
    assert {kind_of(int(r), int(a)) for r, a in lengths} == {kind}
    assert windows.second.shape == windows.first.shape
    known = {row.tobytes() for row in CODES}
    for i, ((a, b), (c, d)) in enumerate(zip(windows.first_span, windows.second_span, strict=True)):
        assert windows.first[i].tobytes() in known
        kept = min(a, c)  # on the left, the letters next to the change stay next to it
        np.testing.assert_array_equal(windows.first[i, a - kept : a], windows.second[i, c - kept : c])
        kept = min(60 - b, 60 - d)
        np.testing.assert_array_equal(windows.first[i, b : b + kept], windows.second[i, d : d + kept])
        if kind.startswith("substitution"):
            assert windows.first[i, a] != windows.second[i, a]
            assert windows.first[i, b - 1] != windows.second[i, b - 1]


def test_a_null_has_what_is_asked_for_and_does_not_depend_on_the_rest():
    scorer = Scorer(random_model(classes=("a", "b", "c")))
    one = with_kinds(Null(), ["insertion_1"], scorer, held_out=CODES, seed=4, config=QUICK)
    two = with_kinds(Null(), ["substitution_1", "insertion_1"], scorer, held_out=CODES, seed=4, config=QUICK)
    assert one.effects["insertion_1"].shape == (3, 300)
    assert two.effects["substitution_1"].shape == (3, 600)
    np.testing.assert_array_equal(one.effects["insertion_1"], two.effects["insertion_1"])
    assert with_kinds(two, ["insertion_1"], scorer, held_out=CODES, seed=4, config=QUICK).effects is not None
    more = VariantConfig(null_changes=400, null_substitutions=600)
    assert with_kinds(two, ["insertion_1"], scorer, held_out=CODES, seed=4, config=more).effects[
        "insertion_1"
    ].shape == (
        3,
        400,
    )


def test_p_is_uniform_for_changes_that_are_random_themselves():
    scorer = Scorer(random_model())
    config = VariantConfig(null_changes=2000, null_substitutions=2000)
    null = with_kinds(Null(), ["substitution_1", "deletion_2"], scorer, held_out=CODES, seed=4, config=config)
    for kind in null.effects:
        windows = random_changes(kind, CODES, np.random.default_rng(9), count=2000)
        p = null.p_values(kind, scorer.deltas(windows).delta)[:, 0]
        assert scipy.stats.ks_2samp(p, (np.arange(2000) + 1) / 2001).pvalue > 0.001


def test_q_is_that_of_benjamini_and_hochberg_in_whatever_blocks():
    rng = np.random.default_rng(0)
    p = np.minimum(rng.integers(1, 200, (300, 2)) / 200, 1.0)
    p[:40, 0] /= 50
    p[::9] = np.nan
    discovery = FalseDiscovery()
    for start in range(0, 300, 70):
        discovery.add(p[start : start + 70])
    q = np.concatenate([discovery.q_values(p[start : start + 50]) for start in range(0, 300, 50)])
    for target in range(2):
        known = ~np.isnan(p[:, target])
        expected = scipy.stats.false_discovery_control(p[known, target])
        np.testing.assert_allclose(q[known, target], expected)
    assert np.isnan(q[::9]).all()


def test_numbers_are_scored_in_their_units():
    output = Numbers(("one", "two"), centre=(5.0, -1.0), scale=(2.0, 3.0))
    model = random_model(output=output)
    windows = random_changes("insertion_2", CODES, np.random.default_rng(1), count=20)
    scores = Scorer(model).deltas(windows)
    before, after = (output.values(predict_logits(model, some)) for some in (windows.first, windows.second))
    np.testing.assert_allclose(scores.ref, before, atol=1e-4)
    np.testing.assert_allclose(scores.delta, after - before, atol=1e-4)
    assert Scorer(model).targets == ("one", "two")
