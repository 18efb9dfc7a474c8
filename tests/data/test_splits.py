from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.data.dataset import Dataset
from motiflens.data.negatives import add_shuffled_negatives
from motiflens.data.read import dataset_from_sequences, read_dataset
from motiflens.data.split_groups import group_records
from motiflens.data.splits import k_folds, remaining_similarity, split_dataset
from motiflens.errors import InputError
from motiflens.groups.allocate import allocate
from motiflens.groups.duplicates import equal_sequences, join_groups, strand_copies
from motiflens.groups.near_duplicates import DuplicateIndex
from motiflens.sequence.alphabet import decode, encode, reverse_complement

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def dataset(n: int, *, classes: int = 2, copies: int = 0, seed: int = 0, **columns) -> Dataset:
    """n random sequences with labels by turns; the last `copies` repeat or reverse-complement earlier ones."""
    rng = np.random.default_rng(seed)
    rows = ["".join(row) for row in rng.choice(list("ACGT"), (n - copies, 20))]
    labels = [i % classes for i in range(n - copies)]
    for i in rng.integers(0, n - copies, copies):
        rows.append(rows[i] if rng.random() < 0.5 else rows[i].translate(COMPLEMENT)[::-1])
        labels.append(labels[i])
    return Dataset(
        codes=encode(rows),
        labels=np.array(labels),
        classes=tuple("abcdefgh"[:classes]),
        ids=np.array([f"s{i}" for i in range(n)]),
        **columns,
    )


def canonical(codes: np.ndarray) -> str:
    text = decode(codes)
    return min(text, text.translate(COMPLEMENT)[::-1])


def same_partition(left, right) -> bool:
    """Whether two labellings group the records alike: the pairs of labels are one to one."""
    pairs = set(zip(left, right, strict=True))
    return len(pairs) == len(set(left)) == len(set(right))


SEQUENCES = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.text("ACGTN", min_size=n, max_size=n), min_size=1, max_size=40)
)


@settings(deadline=None)
@given(SEQUENCES)
def test_copies_are_found_as_text_comparison_finds_them(sequences):
    codes = encode(sequences)
    assert same_partition(equal_sequences(codes).tolist(), sequences)
    assert same_partition(strand_copies(codes).tolist(), [canonical(row) for row in codes])


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=40))
def test_groups_are_joined_transitively(rows):
    names = list(range(len(rows)))  # the naive twin: rename until nothing changes
    for _ in rows:
        for column in range(3):
            lowest: dict[int, int] = defaultdict(lambda: len(rows))
            for row, name in zip(rows, names, strict=True):
                lowest[row[column]] = min(lowest[row[column]], name)
            names = [lowest[row[column]] for row in rows]
    joined = join_groups(*(np.array(column) for column in zip(*rows, strict=True)))
    assert same_partition(joined.tolist(), names)


def parts_of(data: Dataset, split) -> np.ndarray:
    part = np.full(len(data), -1)
    for number, rows in enumerate((split.train, split.val, split.test)):
        assert (part[rows] == -1).all()
        assert (np.diff(rows) > 0).all()
        part[rows] = number
    assert (part >= 0).all()
    return part


def assert_nothing_straddles(data: Dataset, part: np.ndarray) -> None:
    keys = [[canonical(row) for row in data.codes]]
    if data.group is not None:
        keys.append([str(group) or i for i, group in enumerate(data.group)])
    for key in keys:
        sides = defaultdict(set)
        for name, number in zip(key, part, strict=True):
            sides[name].add(number)
        assert all(len(numbers) == 1 for numbers in sides.values())


@settings(deadline=None, max_examples=60)
@given(
    n=st.integers(120, 400),
    classes=st.integers(2, 4),
    copies=st.integers(0, 50),
    grouped=st.booleans(),
    seed=st.integers(0, 9),
)
def test_splits_are_whole_stratified_and_repeatable(n, classes, copies, grouped, seed):
    data = dataset(n, classes=classes, copies=copies, seed=seed)
    if grouped:
        names = np.random.default_rng(seed).integers(0, n, n)
        data = replace(data, group=np.where(names < n // 2, "", names.astype(str)))
    split = split_dataset(data, seed=seed)
    part = parts_of(data, split)
    assert_nothing_straddles(data, part)
    sizes = np.bincount(data.labels)
    largest_group = np.bincount(group_records(data, DuplicateIndex(data.codes)).groups).max()
    for number, share in enumerate((0.64, 0.16, 0.2)):
        counts = np.bincount(data.labels[part == number], minlength=classes)
        assert (abs(counts - share * sizes) <= 1 + largest_group / 2).all()
    again = split_dataset(data, seed=seed)
    assert all((getattr(split, name) == getattr(again, name)).all() for name in ("train", "val", "test"))
    assert len(remaining_similarity(data, split).test) == 0


def test_another_seed_gives_another_split():
    data = dataset(200)
    assert (split_dataset(data, seed=0).test != split_dataset(data, seed=1).test).any()


def test_without_groups_each_class_gets_its_share_to_the_record():
    data = dataset(1000, classes=4)
    part = parts_of(data, split_dataset(data))
    for number, expected in enumerate((160, 40, 50)):
        assert np.bincount(data.labels[part == number]).tolist() == [expected] * 4


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=3, max_size=60),
    st.sampled_from([(0.64, 0.16, 0.2), (0.8, 0.2), (0.25,) * 4, (0.9, 0.0, 0.1)]),
    st.integers(0, 5),
)
def test_unequal_groups_are_dealt_in_proportion(sizes, shares, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    part = allocate(groups, np.zeros(len(groups), np.int64), shares=shares, seed=seed)
    assert len(set(zip(groups, part, strict=True))) == len(sizes)
    counts = np.bincount(part, minlength=len(shares))
    assert (counts[np.array(shares) == 0] == 0).all()
    assert (abs(counts - len(groups) * np.array(shares)) <= max(sizes)).all()


def test_large_groups_do_not_all_go_to_training():
    sizes = np.arange(50, 0, -1)
    groups = np.repeat(np.arange(50), sizes)
    part = allocate(groups, np.zeros(len(groups), np.int64), shares=(0.64, 0.16, 0.2), seed=0)
    largest = {int(part[groups == group][0]) for group in range(10)}
    assert largest == {0, 1, 2}


def test_a_fixed_test_part_stays_and_val_is_carved_from_the_rest():
    fixed = np.array(["train", "test", "", "train"] * 50)
    data = dataset(200, copies=40, split=fixed)
    split = split_dataset(data)
    assert split.test.tolist() == np.flatnonzero(fixed == "test").tolist()
    part = parts_of(data, split)
    rest = data.take(part < 2)
    assert_nothing_straddles(rest, part[part < 2])
    assert abs(len(split.val) - 0.2 * len(rest)) <= 2
    texts = [canonical(row) for row in data.codes]
    learned = {texts[i] for i in (*split.train, *split.val)}
    leaked = [i for i in split.test if texts[i] in learned]
    assert leaked
    assert remaining_similarity(data, split).test.tolist() == leaked


def test_a_fixed_val_part_stays_and_its_copies_never_reach_the_carved_test():
    fixed = np.array(["train", "val", "", "train"] * 50)
    data = dataset(200, copies=60, split=fixed)
    split = split_dataset(data)
    assert split.val.tolist() == np.flatnonzero(fixed == "val").tolist()
    texts = [canonical(row) for row in data.codes]
    assert not {texts[i] for i in split.test} & {texts[i] for i in (*split.train, *split.val)}
    assert len(remaining_similarity(data, split).test) == 0


def test_a_split_that_the_data_fix_whole_is_taken_as_it_is():
    fixed = np.array(["train", "val", "test", ""] * 10)
    split = split_dataset(dataset(40, classes=3, split=fixed))
    assert split.val.tolist() == list(range(1, 40, 4))
    assert split.test.tolist() == list(range(2, 40, 4))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"split": np.array(["test", "train"] * 20)}, "class 'a' is left for train; change the split column"),
        ({"group": np.array(["all"] * 40)}, "is left for val; add some that are neither copies nor of one"),
        ({"group": np.array(["x", ""] * 20)}, "no record of class 'a' is left for val"),
        ({"split": np.array(["val", "val", "", ""] * 10), "group": np.array(["x"] * 40)}, "is left for test"),
    ],
)
def test_a_part_without_some_class_is_refused(columns, message):
    with pytest.raises(InputError, match=message):
        split_dataset(dataset(40, **columns))


def test_folds_test_each_record_once():
    data = dataset(300, classes=3, copies=60)
    splits = k_folds(data, n_folds=5, seed=3)
    assert sorted(np.concatenate([split.test for split in splits]).tolist()) == list(range(300))
    for split in splits:
        part = parts_of(data, split)
        assert_nothing_straddles(data, part)
        for number, share in enumerate((0.64, 0.16, 0.2)):
            counts = np.bincount(data.labels[part == number], minlength=3)
            assert (abs(counts - share * np.bincount(data.labels)) <= 3).all()
    again = k_folds(data, n_folds=5, seed=3)
    assert all((a.val == b.val).all() for a, b in zip(splits, again, strict=True))
    with pytest.raises(InputError, match="1 folds: give at least 2"):
        k_folds(data, n_folds=1)


def test_real_splice_duplicates_stay_together(shared):
    frame = pd.read_csv(shared / "data" / "splice-uci" / "splice.csv.gz")
    conflicting = frame.groupby("sequence")["class"].transform("nunique") > 1
    frame = frame[~conflicting]
    data = dataset_from_sequences(frame["sequence"].tolist(), frame["class"].tolist())
    split = split_dataset(data)
    part = parts_of(data, split)
    assert_nothing_straddles(data, part)
    assert len(remaining_similarity(data, split).test) == 0
    for number, share in enumerate((0.64, 0.16, 0.2)):
        assert np.allclose(np.bincount(data.labels[part == number]) / np.bincount(data.labels), share, atol=0.01)


def relatives(n: int, *, seed: int = 0) -> Dataset:
    """Records in families of three: a sequence, a shifted one, and one with letters changed on the other strand."""
    rng = np.random.default_rng(seed)
    rows = []
    for parent in rng.integers(0, 4, (n // 3, 80)).astype(np.uint8):
        shifted = np.concatenate([parent[20:], rng.integers(0, 4, 20).astype(np.uint8)])
        changed = np.where(rng.random(80) < 0.05, rng.integers(0, 4, 80), parent).astype(np.uint8)
        rows += [parent, shifted, reverse_complement(changed)]
    ids = [f"chr{i % 7}:{i * 100}-{i * 100 + 80}({'+-'[i % 2]})" for i in range(len(rows))]
    labels = np.arange(len(rows)) // 3 % 2
    return Dataset(codes=np.array(rows), labels=labels, classes=("a", "b"), ids=np.array(ids))


def test_relatives_stay_on_one_side_unless_told_otherwise():
    data = relatives(300)
    split = split_dataset(data, seed=1)
    assert len(remaining_similarity(data, split).test) == 0
    part = parts_of(data, split).reshape(-1, 3)
    assert (part == part[:, :1]).all()
    loose = split_dataset(data, by="copies", seed=1)
    left = remaining_similarity(data, loose)
    assert len(left.test) > 10
    assert (left.test // 3 == left.nearest // 3).all()
    assert not np.isin(left.nearest, loose.test).any()
    for fold in k_folds(data, n_folds=3):
        assert len(remaining_similarity(data, fold).test) == 0


def test_a_family_that_is_most_of_a_class_is_split_by_a_stricter_similarity():
    rng = np.random.default_rng(0)
    family = np.repeat(rng.integers(0, 4, (1, 100)).astype(np.uint8), 300, axis=0)
    changed = rng.random(family.shape) < 0.08
    family[changed] = rng.integers(0, 4, changed.sum())
    rest = rng.integers(0, 4, (300, 100)).astype(np.uint8)
    data = dataset(600)
    data = replace(data, codes=np.concatenate([family, rest]), labels=np.repeat([0, 1], 300))
    grouping = group_records(data, DuplicateIndex(data.codes))
    assert grouping.similarity is None or grouping.similarity.identity > 0.8
    split = split_dataset(data)
    assert abs(len(split.test) - 120) < 40
    assert len(remaining_similarity(data, split).test) > 30


def test_chromosomes_stay_whole():
    data = relatives(300)
    split = split_dataset(data, by="chromosome", test_share=0.3)
    names = np.array([name.split(":")[0] for name in data.ids])
    sides = [set(names[rows]) for rows in (split.train, split.val, split.test)]
    assert sum(map(len, sides)) == 7
    assert len(remaining_similarity(data, split).test) > 10  # measured, not assumed
    with pytest.raises(InputError, match="record 's0' names no chromosome"):
        split_dataset(dataset(40), by="chromosome")
    named = replace(data, ids=np.array([f"peak{i}::{name}" for i, name in enumerate(data.ids)]))
    assert split_dataset(named, by="chromosome", test_share=0.3).test.tolist() == split.test.tolist()


def test_shuffles_stay_with_the_chromosome_of_their_sequences():
    data = relatives(300)
    data = add_shuffled_negatives(replace(data, labels=np.zeros(300, np.int64), classes=("peak",)), seed=0)
    split = split_dataset(data, by="chromosome", test_share=0.3)
    names = np.array([name.removeprefix("shuffled_").split(":")[0] for name in data.ids])
    assert sum(len(set(names[rows])) for rows in (split.train, split.val, split.test)) == 7
    for rows in (split.train, split.val, split.test):
        assert abs(int((data.labels[rows] == 0).sum()) - int((data.labels[rows] == 1).sum())) <= 2


def test_a_group_column_can_rule_alone():
    data = relatives(300)
    grouped = replace(data, group=np.array([str(i % 30) for i in range(300)]))
    split = split_dataset(grouped, by="group")
    part = parts_of(grouped, split)
    assert all(len(set(part[i::30])) == 1 for i in range(30))
    with pytest.raises(InputError, match="no column group to split by"):
        split_dataset(data, by="group")


def test_real_public_split_leaks_are_counted(shared):
    folder = shared / "data" / "tf-gue-human"
    data = read_dataset([str(folder / "tf4.train.csv.gz")], test=[str(folder / "tf4.dev.csv.gz")])
    left = remaining_similarity(data, split_dataset(data))
    assert len(left.test) > 358  # exact copies alone
    assert all(name.startswith("test_row") for name in data.ids[left.test])
