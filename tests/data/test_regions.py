"""Windows of a genome: random access against reading all of it, own negatives, points, and what is left out."""

import gzip
import os
import struct

import numpy as np
import py2bit
import pysam
import pytest

from motiflens.data.peaks import read_peaks, read_regions
from motiflens.data.read import read_batches
from motiflens.data.regions import GenomeRegions, read_all_intervals, read_interval_records, read_windows
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode
from motiflens.workflow.windows import window_files

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


@pytest.fixture
def sequences() -> dict[str, str]:
    rng = np.random.default_rng(5)
    made = {f"chr{i}": "".join(rng.choice(list("ACGTacgt"), 3000 * i)) for i in (2, 1, 3)}
    return made | {"chrN": "N" * 900}


@pytest.fixture
def fasta(tmp_path, sequences):
    path = tmp_path / "g.fa"
    path.write_text(
        "".join(
            f">{name} words\n" + "".join(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))
            for name, text in sequences.items()
        )
    )
    return path


@pytest.fixture
def bed(tmp_path) -> str:
    rng = np.random.default_rng(6)
    rows = [
        f"chr{c}\t{s}\t{s + 60}\tn\t0\t{'+-.'[s % 3]}"
        for c, s in zip(rng.integers(1, 4, 60), rng.integers(0, 2900, 60), strict=True)
    ]
    (tmp_path / "p.bed").write_text("\n".join(rows))
    return str(tmp_path / "p.bed")


def two_bit(path, sequences: dict[str, str]) -> None:
    """Write a 2bit file by its specification, as the reader's maker has no writer."""
    code = {"T": 0, "C": 1, "A": 2, "G": 3, "N": 0}
    bodies = []
    for text in sequences.values():
        upper = text.upper()
        runs = []
        for inside in ((c == "N" for c in upper), (c.islower() for c in text)):
            flags = np.array([False, *inside, False])
            starts = np.flatnonzero(flags[1:] & ~flags[:-1])
            ends = np.flatnonzero(~flags[1:] & flags[:-1])
            runs.append(
                struct.pack("<I", len(starts))
                + struct.pack(f"<{len(starts)}I", *starts)
                + struct.pack(f"<{len(starts)}I", *(ends - starts))
            )
        padded = upper + "T" * (-len(upper) % 4)
        packed = bytes(
            code[padded[i]] << 6 | code[padded[i + 1]] << 4 | code[padded[i + 2]] << 2 | code[padded[i + 3]]
            for i in range(0, len(padded), 4)
        )
        bodies.append(struct.pack("<I", len(text)) + b"".join(runs) + struct.pack("<I", 0) + packed)
    offset = 16 + sum(1 + len(name) + 4 for name in sequences)
    index = b""
    for name, body in zip(sequences, bodies, strict=True):
        index += bytes([len(name)]) + name.encode() + struct.pack("<I", offset)
        offset += len(body)
    path.write_bytes(struct.pack("<4I", 0x1A412743, 0, len(sequences), 0) + index + b"".join(bodies))


def test_every_kind_of_genome_gives_the_same_windows(tmp_path, fasta, bed, sequences):
    plain = read_windows(read_all_intervals([bed]), str(fasta), width=81)
    for name, codes, masked in zip(plain.ids, plain.codes, plain.soft_masked, strict=True):
        chromosome, rest = name.split(":")
        start, end = map(int, rest.split("(")[0].split("-"))
        letters = sequences[chromosome][start:end][:: -1 if name.endswith("(-)") else 1]
        assert decode(codes) == (letters.upper().translate(COMPLEMENT) if name.endswith("(-)") else letters.upper())
        assert masked.tolist() == [letter.islower() for letter in letters]
    two_bit(tmp_path / "g.2bit", sequences)
    assert py2bit.open(str(tmp_path / "g.2bit")).chroms() == {name: len(text) for name, text in sequences.items()}
    pysam.tabix_compress(str(fasta), str(tmp_path / "g.fa.gz"))
    (tmp_path / "plain.fa.gz").write_bytes(gzip.compress(fasta.read_bytes()))
    pysam.faidx(str(tmp_path / "g.fa.gz"))
    pysam.faidx(str(fasta))
    before = sorted(tmp_path.iterdir())
    for kind in ("g.fa", "g.fa.gz", "plain.fa.gz", "g.2bit"):
        found = read_windows(read_all_intervals([bed]), str(tmp_path / kind), width=81)
        assert (found.codes == plain.codes).all(), kind
        assert (found.soft_masked == plain.soft_masked).all()
        assert (found.ids == plain.ids).all()
    whole = {kind: read_peaks(bed, str(tmp_path / kind), length=40) for kind in ("g.fa", "g.2bit")}
    assert (whole["g.fa"].codes == whole["g.2bit"].codes).all()
    assert sorted(tmp_path.iterdir()) == before


def test_an_index_older_than_its_genome_is_not_used(fasta, bed):
    pysam.faidx(str(fasta))
    fasta.write_text(">other words\n" + fasta.read_text())  # every offset of the index is wrong now
    os.utime(f"{fasta}.fai", (1, 1))
    found = read_windows(read_all_intervals([bed]), str(fasta), width=81)
    assert len(found.ids) == 60 - len([note for note in found.notes if "reach beyond" in note])


def test_windows_are_in_the_order_of_the_intervals(fasta, bed):
    intervals = read_all_intervals([bed])
    found = read_windows(intervals, str(fasta), width=10)
    assert [name.split(":")[0] for name in found.ids] == intervals.chromosome[found.rows].tolist()
    batches = list(read_batches(GenomeRegions(beds=(bed,), genome=str(fasta)), length=10, size=7))
    assert sum(len(batch.ids) for batch in batches) == len(found.ids)
    assert (np.concatenate([batch.codes for batch in batches]) == found.codes).all()


def test_what_is_left_out_is_heard(tmp_path, fasta):
    (tmp_path / "b.bed").write_text("chr1 5 65\nchr1 1 9\nchrUn 5 9\nchrN 100 200\nchr1 5 65\n")
    heard: list[str] = []
    regions = GenomeRegions(beds=(str(tmp_path / "b.bed"),), genome=str(fasta))
    (batch,) = read_batches(regions, length=60, notify=heard.append)
    assert batch.ids.tolist() == ["chr1:5-65(.)", "chr1:5-65(.)"]
    assert [note.split(" (")[0] for note in heard] == [
        "1 intervals lie on chromosomes that the genome does not have",
        "1 windows reach beyond their chromosome",
        "1 windows are mostly N",
    ]


def test_intervals_themselves_of_any_length(tmp_path, fasta, sequences):
    (tmp_path / "b.bed").write_text("chr3 5 65\nchr1 1 9\nchr1 10 30 x 0 -\nchr1 2990 3010\n")
    heard: list[str] = []
    found = read_interval_records(
        GenomeRegions(beds=(str(tmp_path / "b.bed"),), genome=str(fasta)), notify=heard.append
    )
    assert [record.id for record in found] == ["chr3:5-65(.)", "chr1:1-9(.)", "chr1:10-30(-)"]
    assert found[0].sequence == sequences["chr3"][5:65].upper()
    assert found[2].sequence == sequences["chr1"][10:30].upper().translate(COMPLEMENT)[::-1]
    assert len(heard) == 1


def test_points_get_the_default_width_with_a_note(tmp_path, fasta):
    (tmp_path / "s.bed").write_text("".join(f"chr3\t{s}\t{s + 1}\n" for s in range(500, 8500, 300)))
    data = read_peaks(str(tmp_path / "s.bed"), str(fasta), negatives="shuffled")
    assert data.length == 200
    assert data.ids[0] == "chr3:400-600(.)"
    assert data.notes[0].startswith("The intervals have 1 bp, as summits have: the windows are the 200 bp around them")
    assert read_peaks(str(tmp_path / "s.bed"), str(fasta), length=50).length == 50


def test_windows_that_do_not_fit_are_told_by_their_width(tmp_path, fasta):
    (tmp_path / "p.bed").write_text("chr1 10 40\nchr1 20 80\n")
    with pytest.raises(
        InputError, match=r"all windows of 3500 bp reach beyond their chromosome \(chr1 of 3,000 bp\); give a"
    ):
        read_peaks(str(tmp_path / "p.bed"), str(fasta), length=3500)
    (tmp_path / "n.bed").write_text("chrN 10 400\n")
    with pytest.raises(InputError, match="are mostly N; give other intervals"):
        read_peaks(str(tmp_path / "n.bed"), str(fasta))


def rows_of(path, starts, *, width: int = 50) -> str:
    path.write_text("".join(f"chr3\t{s}\t{s + width}\n" for s in starts))
    return str(path)


def test_classes_of_bed_files(tmp_path, fasta, sequences):
    files = [rows_of(tmp_path / f"{k}.bed", range(100 + 1000 * k, 900 + 1000 * k, 60)) for k in range(4)]
    data = read_regions([("bound", files[0]), ("free", files[1]), ("bound", files[2])], str(fasta))
    assert data.classes == ("free", "bound")
    assert np.bincount(data.labels).tolist() == [14, 28]
    place = {name: int(name.split(":")[1].split("-")[0]) for name in data.ids}
    for codes, name, label in zip(data.codes, data.ids, data.labels, strict=True):
        assert decode(codes) == sequences["chr3"][place[name] : place[name] + 50].upper()
        assert (1000 <= place[name] < 2000) == (label == 0)
    kept = window_files(data)["bound.fa"].splitlines()
    assert kept[1::2] == [sequences["chr3"][place[name[1:]] : place[name[1:]] + 50] for name in kept[::2]]
    three = read_regions([("a", files[0]), ("b", files[1]), ("c", files[2])], str(fasta))
    assert three.classes == ("a", "b", "c")


def test_replicates_are_one_class_without_repeats(tmp_path, fasta):
    one, two = rows_of(tmp_path / "a.bed", range(100, 2000, 60)), rows_of(tmp_path / "b.bed", range(100, 3000, 60))
    data = read_regions([("peak", one), ("peak", two)], str(fasta))
    assert np.bincount(data.labels)[1] == len(range(100, 3000, 60))
    assert any(note.startswith("32 intervals give the same window as an earlier one") for note in data.notes)


def test_classes_of_several_widths_are_told(tmp_path, fasta):
    one, two = rows_of(tmp_path / "a.bed", range(100, 2000, 60)), rows_of(tmp_path / "b.bed", [3000, 4000], width=70)
    with pytest.raises(
        InputError, match=r"windows of several lengths \(50 bp of a, 70 bp of b\); choose one with --length"
    ):
        read_regions([("a", one), ("b", two)], str(fasta))


def test_negatives_avoid_what_they_are_told_to(tmp_path, fasta):
    one, two = rows_of(tmp_path / "a.bed", range(100, 1000, 60)), rows_of(tmp_path / "b.bed", [2000], width=6900)
    data = read_regions([("peak", one)], str(fasta), avoid=[two], length=50)
    starts = [int(name.split(":")[1].split("-")[0]) for name in data.ids if name.startswith("chr3")]
    assert starts
    assert all(start + 50 <= 2000 or start >= 8900 for start in starts)


def test_a_genome_that_is_no_2bit(tmp_path, bed):
    (tmp_path / "g.2bit").write_bytes(b">chr1\nACGT\n")
    with pytest.raises(InputError, match=r"g\.2bit: is named \.2bit but is none"):
        read_peaks(bed, str(tmp_path / "g.2bit"))
    with pytest.raises(InputError, match=r"h\.2bit: no such file"):
        read_peaks(bed, str(tmp_path / "h.2bit"))
    (tmp_path / "g.2bit").write_bytes(b"\x43\x27\x41\x1a" + bytes(8))
    with pytest.raises(InputError, match=r"g\.2bit"):
        read_peaks(bed, str(tmp_path / "g.2bit"))
