"""Windows of alleles, by hand and against a twin that edits the whole contig."""

import numpy as np
import pytest
from make_variant_run import write_genome

from motiflens.apply.variants.contigs import Contigs
from motiflens.apply.variants.genome import open_random_genome, stretches
from motiflens.apply.variants.records import Record
from motiflens.apply.variants.windows import offsets_of, place
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode

GENOME = "ACGTTGCAACCGGTTTAC"


def placed(tmp_path, records, *, length=6, offsets=None, text=GENOME):
    path = tmp_path / "g.fa"
    path.write_text(f">c\n{text}\n>n\nAAAAAANAAAAAA\n")
    records = [Record("", contig, pos - 1, ref, alts) for contig, pos, ref, alts in records]
    with open_random_genome(str(path)) as genome:
        contigs = Contigs(genome.lengths)
        return place(records, genome, contigs, length=length, offsets=offsets or offsets_of(length, 1))


def letters(found):
    windows = found.windows[0]
    return [(decode(a), decode(b)) for a, b in zip(windows.first, windows.second, strict=True)]


def test_by_hand(tmp_path):
    found = placed(
        tmp_path,
        [
            ("c", 7, "C", ("T",)),  # GTTG C AACC: three letters before, two after
            ("c", 7, "C", ("CGG",)),  # inserted after C at 8: GG at 2..4 of its window
            ("c", 6, "GCA", ("G",)),  # CA deleted
            ("c", 9, "ACC", ("TTA",)),
        ],
    )
    assert found.skips == [None] * 4
    assert letters(found) == [
        ("TTGCAA", "TTGTAA"),
        ("TGCAAC", "GCGGAA"),
        ("TGCAAC", "TTGACC"),
        ("CAACCG", "CATTAG"),
    ]
    assert found.windows[0].first_span.tolist() == [[3, 4], [3, 3], [2, 4], [2, 5]]
    assert found.windows[0].second_span.tolist() == [[3, 4], [2, 4], [3, 3], [2, 5]]
    assert found.lengths.tolist() == [[1, 1], [0, 2], [2, 0], [3, 3]]


def test_why_alleles_are_skipped(tmp_path):
    found = placed(
        tmp_path,
        [
            ("c", 3, "G", ("A",)),
            ("c", 16, "T", ("A",)),
            ("c", 17, "A", ("C",)),
            ("c", 8, "C", ("A",)),
            ("c", 8, "A", ("<DEL>", "*", "T", "A]c:3]")),
            ("x", 8, "A", ("T",)),
            ("c", 8, "A", ()),
            ("n", 7, "N", ("A",)),
            ("n", 5, "A", ("T",)),
            ("c", 8, "AACCGGTT", ("A",)),
            ("c", 0, "A", ("T",)),
            ("c", 18, "CA", ("C",)),
            ("c", 8, "A", ("TN",)),
            ("c", 8, "A", ("A",)),
        ],
    )
    assert found.skips == [
        "EDGE",
        None,
        "EDGE",
        "REF_MISMATCH",
        "SYMBOLIC",
        "SYMBOLIC",
        None,
        "SYMBOLIC",
        "UNKNOWN_CONTIG",
        "NO_ALT",
        "N_IN_WINDOW",
        "N_IN_WINDOW",
        "TOO_LONG",
        "EDGE",
        "REF_MISMATCH",
        "N_IN_WINDOW",
        "NO_ALT",
    ]
    assert found.compared == 9
    assert found.mismatched == 1
    assert found.swapped == 1  # position 8 is A


def test_lower_case_is_the_same(tmp_path):
    records = [("c", 7, "C", ("T",)), ("c", 6, "GCA", ("G",))]
    assert letters(placed(tmp_path, records, text=GENOME.lower())) == letters(placed(tmp_path, records))


def test_against_an_edited_contig(tmp_path):
    contig = write_genome(tmp_path / "big.fa", {"c": 1000})["c"]
    rng, length, records = np.random.default_rng(0), 40, []
    for _ in range(300):
        start, size = int(rng.integers(0, 990)), int(rng.integers(1, 8))
        alt = "".join(rng.choice(list("ACGT"), rng.integers(1, 8)))
        records.append(("c", start + 1, contig[start : start + size], (alt,)))
    found = placed(tmp_path, records, length=length, text=contig)
    windows = found.windows[0]
    assert len(windows.rows) > 250
    for i, row in enumerate(windows.rows.tolist()):
        _, pos, ref, (alt,) = records[row]
        edited = contig[: pos - 1] + alt + contig[pos - 1 + len(ref) :]
        assert decode(windows.first[i]) in contig
        assert decode(windows.second[i]) in edited
        (a, b), (c, d) = windows.first_span[i], windows.second_span[i]
        assert abs((a + b) // 2 - length // 2) <= 1
        assert abs((c + d) // 2 - length // 2) <= 1


@pytest.mark.parametrize("places", [1, 3])
def test_single_bases_at_once_and_one_by_one(tmp_path, monkeypatch, places):
    text = write_genome(tmp_path / "g.fa", {"c": 400})["c"]
    text = text[:200] + "N" + text[201:300].lower() + text[300:]
    rng = np.random.default_rng(0)
    records = []
    for at in rng.permutation(400).tolist():
        alts = tuple(rng.choice(list("ACGT"), rng.integers(1, 4), replace=False).tolist())
        ref = text[at].upper() if rng.random() < 0.8 else str(rng.choice(list("ACGTN")))
        records.append(("c", at + 1, ref, (*alts, "GAT") if rng.random() < 0.1 else alts))
    found = []
    for single in (True, False):
        if not single:
            monkeypatch.setattr("motiflens.apply.variants.windows._is_single", lambda _: False)
        found.append(placed(tmp_path, records, length=21, offsets=offsets_of(21, places), text=text))
    one, other = found
    assert one.skips == other.skips
    assert {"EDGE", "REF_MISMATCH", "N_IN_WINDOW", "NO_ALT", None} <= set(one.skips)
    assert (one.compared, one.mismatched, one.swapped) == (other.compared, other.mismatched, other.swapped)
    assert min(one.mismatched, one.swapped) > 0
    np.testing.assert_array_equal(one.lengths, other.lengths)
    for a, b in zip(one.windows, other.windows, strict=True):
        for name in ("rows", "first", "second", "first_span", "second_span"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_places_in_the_window(tmp_path):
    assert offsets_of(200, 1) == [100]
    assert offsets_of(60, 3) == [10, 30, 50]
    found = placed(tmp_path, [("c", 9, "A", ("T",))], length=6, offsets=[1, 3, 5])
    pairs = [(decode(w.first[0]), decode(w.second[0])) for w in found.windows]
    assert pairs == [("AACCGG", "ATCCGG"), ("GCAACC", "GCATCC"), ("TTGCAA", "TTGCAT")]


def test_sorted_places_are_read_once():
    starts = np.array([0, 50, 100, 10**6, 10**6 + 10])
    assert list(stretches(starts, starts + 20)) == [(0, 3, 120), (3, 5, 10**6 + 30)]
    assert list(stretches(starts[:0], starts[:0])) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty|cannot be indexed|not FASTA"),
        (b"ACGT\n", "is not FASTA"),
        (b">c\nACGT\nAC\nACGT\n", "cannot be indexed"),
    ],
)
def test_a_genome_that_is_none(tmp_path, content, message):
    path = tmp_path / "g.fa"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message), open_random_genome(str(path)):
        pass


def test_an_index_older_than_the_genome(tmp_path):
    import os

    path = tmp_path / "g.fa"
    path.write_text(">c\nACGT\n")
    (tmp_path / "g.fa.fai").write_text("c\t4\t3\t4\t5\n")
    os.utime(tmp_path / "g.fa.fai", (1, 1))
    with pytest.raises(InputError, match=r"g\.fa\.fai: is older than"), open_random_genome(str(path)):
        pass
