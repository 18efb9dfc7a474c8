from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mutual_info_score, roc_auc_score

from motiflens.data.audit.audit import audit_dataset
from motiflens.data.audit.composition import auroc_of_each, information
from motiflens.data.audit.duplicates import overlapping
from motiflens.data.dataset import Dataset
from motiflens.data.drop import drop_records
from motiflens.data.examples import load_splice
from motiflens.data.read import read_dataset
from motiflens.sequence.alphabet import decode, reverse_complement
from motiflens.sequence.shuffle import dinucleotide_shuffle


def random_data(n: int = 600, length: int = 80, *, seed: int = 0, **columns) -> Dataset:
    rng = np.random.default_rng(seed)
    return Dataset(
        codes=rng.integers(0, 4, (n, length)).astype(np.uint8),
        labels=np.arange(n) % 2,
        classes=("no", "yes"),
        ids=np.array([f"s{i}" for i in range(n)]),
        **columns,
    )


def found(dataset: Dataset, **options) -> dict:
    return {finding.name: finding for finding in audit_dataset(dataset, **options).findings}


def test_nothing_is_found_in_clean_data():
    assert found(random_data()) == {}
    assert found(random_data(split=np.where(np.arange(600) < 400, "train", "test"))) == {}


def test_every_kind_of_duplicate_has_its_finding():
    data = random_data(split=np.where(np.arange(600) < 400, "", "test"))
    codes = data.codes.copy()
    codes[2] = codes[0]  # a copy, one label
    codes[5] = codes[4]  # two labels
    codes[7] = reverse_complement(codes[6])  # two labels, other strand
    codes[410] = codes[10]  # leak
    codes[412] = reverse_complement(codes[12])  # leak, other strand
    codes[414] = np.concatenate([codes[14][10:], codes[14][:10]])  # near
    data = replace(data, codes=codes)
    findings = found(data)
    assert findings["sequence_under_two_labels"].records == ("s4", "s5")
    assert findings["reverse_complement_under_two_labels"].records == ("s6", "s7")
    assert findings["copies_across_test"].records == ("s410", "s412")
    assert findings["near_duplicates_across_test"].records == ("s414",)
    assert findings["copies"].count == 5
    assert findings["near_duplicates"].records == ("s14", "s414")
    order = [finding.severity for finding in audit_dataset(data).findings]
    assert order == sorted(order, key=["error", "warning", "note"].index)
    oriented = found(data, strands="forward")
    assert "reverse_complement_under_two_labels" not in oriented
    assert oriented["copies_across_test"].records == ("s410",)
    assert "s412" not in oriented["copies"].records


def test_dropping_leaves_the_test_set_and_nothing_to_complain_of():
    data = random_data(split=np.where(np.arange(600) < 400, "", "test"))
    codes = data.codes.copy()
    codes[2], codes[5] = codes[0], codes[4]
    codes[410], codes[412] = codes[10], reverse_complement(codes[12])
    codes[414] = np.concatenate([codes[14][10:], codes[14][:10]])
    dropped = drop_records(replace(data, codes=codes))
    assert dropped.table["id"].tolist() == ["s2", "s4", "s5", "s10", "s12", "s14"]
    assert dropped.table["because_of"].tolist() == ["s0", "s5", "s4", "s410", "s412", "s414"]
    assert dropped.table["reason"].tolist() == [
        "copy",
        *["the same sequence has another label too"] * 2,
        *["copy of a test record"] * 2,
        "near duplicate of a test record",
    ]
    assert (dropped.dataset.split == "test").sum() == 200
    assert found(dropped.dataset) == {}
    assert len(drop_records(dropped.dataset).table) == 0


def test_auroc_and_information_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    features, labels = rng.integers(0, 9, (200, 3)).astype(float), rng.integers(0, 3, 200)
    expected = [
        max(max(a, 1 - a) for a in (roc_auc_score(labels == c, column) for c in range(3))) for column in features.T
    ]
    np.testing.assert_allclose(auroc_of_each(features, labels, classes=3), expected)
    data = replace(random_data(200), labels=labels, classes=("a", "b", "c"))
    total = mutual_info_score(labels, labels)
    shares = [mutual_info_score(labels, column) / total for column in data.codes.T]
    np.testing.assert_allclose(information(data), shares, atol=1e-12)


def changed(data: Dataset, rows: np.ndarray, columns: slice, letters) -> Dataset:
    codes = data.codes.copy()
    codes[rows, columns] = letters
    return replace(data, codes=codes)


def test_shortcuts_are_named():
    data = random_data()
    yes = np.flatnonzero(data.labels == 1)
    rng = np.random.default_rng(0)
    rich = rng.choice(np.array([0, 1, 1, 1, 2, 2, 2, 3], np.uint8), (300, 80))
    gc = found(changed(data, yes, slice(None), rich))
    assert gc["gc_content"].figures["auroc"] > 0.95
    assert gc["gc_content"].severity == "warning"
    assert found(changed(data, yes, slice(0, 2), 0))["fixed_positions"].severity == "warning"
    site = found(changed(data, yes[::2], slice(40, 42), 2))["fixed_positions"]
    assert site.severity == "note"
    assert "40, 41" in site.text
    assert found(changed(data, yes, slice(60, 80), 4))["length"].severity == "warning"
    assert found(changed(data, yes, slice(30, 34), 4))["ambiguous_letters"].severity == "warning"


def test_shuffles_are_seen_for_what_they_are():
    data = random_data()
    positives = data.codes[data.labels == 1]
    shuffles = dinucleotide_shuffle(positives, seed=1)
    codes = data.codes.copy()
    codes[data.labels == 0] = shuffles[::-1]
    finding = found(replace(data, codes=codes))["shuffled_sequences"]
    assert finding.count > 290
    assert "dinucleotide counts" in finding.text
    letters = np.random.default_rng(0).permuted(positives, axis=1)
    codes[data.labels == 0] = letters
    assert "letter counts" in found(replace(data, codes=codes))["shuffled_sequences"].text
    assert "name the class of shuffles shuffled" in finding.remedy
    assert "one class is shuffles" in finding.text
    named = replace(data, codes=codes, classes=("shuffled", *data.classes[1:]))
    assert "shuffled is shuffles" in found(named)["shuffled_sequences"].text
    assert "name the class" not in found(named)["shuffled_sequences"].remedy


@pytest.mark.parametrize(("sizes", "name"), [((600, 50), "too_little_data"), ((5000, 200), "imbalance")])
def test_sizes(sizes, name):
    data = random_data(sum(sizes))
    data = replace(data, labels=np.repeat([0, 1], sizes))
    assert list(found(data)) == [name]


def test_intervals_that_overlap_are_found_as_pairwise_comparison_finds_them():
    rng = np.random.default_rng(5)
    start = rng.integers(0, 3000, 300)
    end = start + rng.integers(1, 60, 300)
    table = pd.DataFrame({"chromosome": rng.choice(["chr1", "chr2"], 300), "start": start, "end": end})
    others = rng.random(300) < 0.3
    naive = [
        not others[i]
        and any(
            others[j] and a.chromosome == b.chromosome and a.start < b.end and b.start < a.end
            for j, b in enumerate(table.itertuples())
        )
        for i, a in enumerate(table.itertuples())
    ]
    assert overlapping(table, others).tolist() == naive
    ids = np.array([f"{c}:{s}-{e}(+)" for c, s, e in table.itertuples(index=False)])
    data = replace(random_data(300), ids=ids, split=np.where(others, "", "test"))
    assert found(data)["intervals_across_test"].count == sum(naive)


def test_the_bundled_splice_set_has_its_185_repeats():
    findings = found(load_splice())
    assert findings["copies"].count == 185
    assert findings["fixed_positions"].severity == "note"
    assert "shuffled_sequences" not in findings


def test_real_leaks_are_counted_to_the_record(shared):
    folder = shared / "data" / "enhancer-ienhancer"
    train, test = (
        [f"{c}={folder}/{part}_{c}_enhancers.fa.gz" for c in ("strong", "weak", "non")] for part in ("train", "test")
    )
    data = read_dataset(train, test=test, allow_conflicts=True)
    findings = found(data)
    assert findings["copies_across_test"].count == 100
    assert "(100 of strong)" in findings["copies_across_test"].text
    assert findings["repeated_ids"].count == 18
    left = drop_records(data).dataset
    assert "copies_across_test" not in found(left)
    seen = {min(decode(row), decode(reverse_complement(row))) for row in left.codes[left.split != "test"]}
    held_out = {min(decode(row), decode(reverse_complement(row))) for row in left.codes[left.split == "test"]}
    assert not seen & held_out
    assert len(held_out) == 400


def test_dinucleotides_beyond_gc():
    data = random_data(2000)
    codes = data.codes.copy()
    codes[data.labels == 0] = [
        np.array([int(c) for c in "".join(map(str, row)).replace("12", "21")], np.uint8)
        for row in codes[data.labels == 0].tolist()
    ]
    findings = found(replace(data, codes=codes))
    assert "dinucleotide GC" in findings["dinucleotides"].text
    assert "gc_content" not in findings
