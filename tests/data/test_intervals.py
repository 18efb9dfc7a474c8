"""BED and its relatives: what column 10 is, where windows lie on either strand, and what other programs write."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiflens.data.dataset import Source
from motiflens.data.files.intervals import Intervals, read_intervals
from motiflens.errors import InputError

PEAKS = [
    ("chr1", 1000 + 700 * i, 1200 + 700 * i + i, f"p{i}", 100 + i, ".", 5.5, 12.1, 9.0, 60 + 7 * i) for i in range(9)
]
SUMMITS = [start + summit for _, start, *_, summit in PEAKS]


def written(path, rows, *, mark: str = "\t") -> str:
    path.write_text("".join(mark.join(map(str, row)) + "\n" for row in rows))
    return str(path)


def extended(*columns) -> list[tuple]:
    return [(*row, *(column(i) if callable(column) else column for column in columns)) for i, row in enumerate(PEAKS)]


@pytest.mark.parametrize("name", ["p.narrowPeak", "p.narrowpeak.bed", "p.bed"])
@pytest.mark.parametrize(
    "columns",
    [(), (0,), (3, 0.5), ("chr1", 1, 2, "x"), ("",), ("a b",)],
    ids=["as it is", "a count", "two", "intersect -wb", "empty", "a text"],
)
def test_summits_are_read_whatever_follows_them(tmp_path, name, columns):
    found = read_intervals(written(tmp_path / name, extended(*columns)))
    assert found.summit.tolist() == SUMMITS
    told = (f"{tmp_path / name}: column 10 is read as the summit, as in narrowPeak.",)
    assert found.notes == (told if name == "p.bed" else ())


BROAD = [row[:9] for row in PEAKS]


@pytest.mark.parametrize("name", ["p.broadPeak", "p.bed"])
@pytest.mark.parametrize(
    "tenth", [range(9), [0] * 9, range(0, 900, 100), ["x"] * 9, [0.5] * 9], ids=["small", "0", "large", "text", "half"]
)
def test_what_follows_broadpeak_is_no_summit(tmp_path, name, tenth):
    found = read_intervals(written(tmp_path / name, [(*row, x) for row, x in zip(BROAD, tenth, strict=True)]))
    assert (found.summit == -1).all()
    assert bool(found.notes) == (name == "p.bed")
    assert all("column 10 is not read as a summit" in note for note in found.notes)


def test_blocks_of_bed12_are_no_summits(tmp_path):
    rows = [
        ("chr1", 100 * i, 100 * i + 90, f"t{i}", 0, "+-"[i % 2], 100 * i, 100 * i + 90, "0", 2, "10,20,", "0,70,")
        for i in range(9)
    ]
    found = read_intervals(written(tmp_path / "t.bed", rows))
    assert (found.summit == -1).all()
    assert found.notes == ()
    assert "".join(found.strand) == "+-+-+-+-+"


def test_narrowpeak_without_summits_has_middles(tmp_path):
    found = read_intervals(written(tmp_path / "p.bed", [(*row, -1) for row in BROAD]))
    assert (found.summit == -1).all()
    assert found.notes == ()


@pytest.mark.parametrize(
    ("tenth", "words"),
    [(500, "line 1 has its summit 500 outside of the interval"), ("x", "line 1 has 'x' in column 10"), (-2, "'-2'")],
)
def test_narrowpeak_by_name_is_held_to_it(tmp_path, tenth, words):
    with pytest.raises(InputError, match=words):
        read_intervals(written(tmp_path / "p.narrowPeak", [(*row, tenth) for row in BROAD]))


@pytest.mark.parametrize(
    "text",
    [
        "track name=x\nbrowser position chr1:1-2\n#chrom\nchr1\t100\t200\n",
        "chr1 100 200",
        "chr1\t100\t200\r\n",
        "chr1\t100\t200\r",
        "\ufeffchr1\t100\t200\n",
        '"chr1"\t"100"\t"200"\n',
        "chr1\t1e+02\t2e+02\n",
        "chr1\t100.0\t200.0\n",
        "chrom\tstart\tend\nchr1\t100\t200\n",
        "Chromosome\tStart\tEnd\nchr1\t100\t200\n",
        "chr1\t100\t200\t\t\t\n",
        "chr1\t100\t200\tname\t0\t*\n",
    ],
)
def test_what_other_programs_write(tmp_path, text):
    path = tmp_path / "p.bed"
    path.write_bytes(text.encode())
    found = read_intervals(str(path))
    assert (found.chromosome.tolist(), found.start.tolist(), found.end.tolist()) == (["chr1"], [100], [200])
    assert found.strand.tolist() == ["."]
    assert found.notes == ()


def test_a_chromosome_may_begin_like_a_track_line(tmp_path):
    assert read_intervals(written(tmp_path / "p.bed", [("track1", 1, 9), ("browserX", 1, 9)])).chromosome[0] == "track1"


def test_a_sixth_column_without_strands_is_told(tmp_path):
    rows = [(*row[:5], 12 + i) for i, row in enumerate(PEAKS)]
    found = read_intervals(written(tmp_path / "p.bed", rows))
    assert (found.strand == ".").all()
    assert "column 6 is not read as the strand (line 1 has '12')" in found.notes[0]


@pytest.mark.parametrize("column", [4, 5])
def test_strands_in_another_column_are_told(tmp_path, column):
    rows = [(*row[: column - 1], "+-"[i % 2]) for i, row in enumerate(PEAKS)]
    found = read_intervals(written(tmp_path / "p.bed", rows))
    assert found.notes == (f"Column {column} holds + and -, but BED has the strand in column 6: no strand was read.",)


def made(start: int, end: int, strand: str, summit: int) -> Intervals:
    return Intervals(
        chromosome=np.array(["c"]),
        start=np.array([start]),
        end=np.array([end]),
        strand=np.array([strand]),
        summit=np.array([summit]),
        source=Source(path="", sha256="", records=1),
    )


@given(st.integers(0, 50), st.integers(1, 9), st.integers(1, 40), st.booleans())
def test_strands_mirror_each_other(start, bases, width, pointed):
    """On a chromosome of 1,000 bases, the same place on the other strand gives the window's mirror image."""
    start += 400
    end = start + bases
    summit = start if pointed else -1
    plus = made(start, end, "+", summit).window_starts(width)[0]
    mirrored = made(1000 - end, 1000 - start, "-", 999 - summit if pointed else -1).window_starts(width)[0]
    assert mirrored == 1000 - (plus + width)
    if pointed or bases == 1:
        assert (summit if pointed else start) - plus == width // 2


@given(st.integers(100, 200), st.integers(1, 60), st.sampled_from("+-."))
def test_windows_as_wide_as_their_interval_are_it(start, bases, strand):
    assert made(start, start + bases, strand, -1).window_starts(bases).tolist() == [start]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    {
        "index": (
            "g.fa.fai",
            "chr1\t10\t5\t5\t6\nchr2\t26\t7\t7\t8\n",
            "is the index of a FASTA file; give its BED file",
        ),
        "index by its numbers": ("g.bed", "chr1\t248\t252\t60\t61\n", "is the index of a FASTA file"),
        "BEDPE": ("x.bed", "chr1\t1\t9\tchr5\t50\t60\tx\t3\t+\t-\nchr5\t1\t9\tchr1\t5\t6\ty\t3\t+\t-\n", "is BEDPE"),
    }.values(),
)
def test_files_with_other_numbers_in_the_columns_are_refused(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_intervals(str(path))
