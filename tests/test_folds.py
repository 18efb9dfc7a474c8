"""Folds that keep near duplicates together, in scikit-learn's tools."""

import numpy as np
import planted
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import cross_val_score

from motiflens import InputError, NearDuplicateKFold
from motiflens.sequence.alphabet import decode, reverse_complement


@pytest.fixture(scope="module")
def families() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Sixty sequences, each with a copy of one changed letter and its reverse complement; labels, families."""
    codes = planted.planted(60, 60).codes
    changed = codes.copy()
    changed[:, 30] = (changed[:, 30] + 1) % 4
    rows = np.concatenate([codes, changed, reverse_complement(codes)])
    return [decode(row) for row in rows], np.tile(np.arange(60) % 2, 3), np.tile(np.arange(60), 3)


def test_families_stay_on_one_side_and_classes_in_proportion(families):
    sequences, labels, family = families
    tested = []
    for train, test in NearDuplicateKFold(3).split(sequences, labels):
        assert not set(family[train]) & set(family[test])
        assert labels[test].mean() == pytest.approx(0.5, abs=0.1)
        tested.extend(test)
    assert sorted(tested) == list(range(len(sequences)))


def test_the_other_strand_is_another_sequence_on_request(families):
    sequences, labels, family = families
    groups = NearDuplicateKFold(3, strands="forward").groups(sequences)
    assert len(set(groups)) == 120
    assert len(set(NearDuplicateKFold(3).groups(sequences))) == 60
    given = family // 2
    joined = NearDuplicateKFold(3).groups(sequences, given)
    assert len(set(joined)) == 30
    for train, test in NearDuplicateKFold(3).split(sequences, groups=given):
        assert not set(given[train]) & set(given[test])
    assert len(labels) == len(joined)


def test_scikit_learn_takes_them(families):
    sequences, labels, _ = families
    scores = cross_val_score(DummyClassifier(), np.array(sequences), labels, cv=NearDuplicateKFold(4, seed=1))
    assert len(scores) == 4


@pytest.mark.parametrize(
    ("folds", "groups", "said"),
    [(1, None, "2 or more"), (99, None, "there are 60 groups"), (3, [1], "groups: 1 for 180 sequences")],
)
def test_what_cannot_be_split_is_refused(families, folds, groups, said):
    with pytest.raises(InputError, match=said):
        list(NearDuplicateKFold(folds).split(families[0], families[1], groups))
