"""Genome tracks: overlaps, strands, and what other programs read in the files."""

import numpy as np
import pybigtools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.explain import genome_tracks as tracks
from motiflens.explain.genome_tracks import Regions, stretches, write_tracks
from motiflens.sequence.coordinates import Interval, parse_interval


def collect(regions):
    collected = Regions()
    for number, region in enumerate(regions):
        collected.add(region, number)
    return collected


PLACE = st.tuples(st.sampled_from(["chr1", "chr10", "chr2"]), st.integers(0, 60), st.booleans())


@settings(deadline=None, max_examples=50)
@given(places=st.lists(PLACE, max_size=12), length=st.integers(1, 9))
def test_overlaps_are_averaged_in_genome_order(places, length):
    regions = [Interval(chromosome=c, start=s, end=s + length, reverse=r) for c, s, r in places]
    values = np.random.default_rng(0).normal(size=(len(places), length))
    seen: dict[tuple[str, int], list[float]] = {}
    for region, row in zip(regions, values, strict=True):
        for i in range(length):
            value = row[length - 1 - i] if region.reverse else row[i]
            seen.setdefault((region.chromosome, region.start + i), []).append(value)
    found = {}
    for stretch in stretches(collect(regions), values):
        for i, value in enumerate(stretch.values):
            place = (stretch.chrom, stretch.start + i)
            assert not found or place > next(reversed(found))
            found[place] = value
    assert found == {place: pytest.approx(np.mean(each)) for place, each in seen.items()}


def test_files_hold_the_same_values(tmp_path):
    regions = [parse_interval(name).fitted_to(3) for name in ("chr2:5-8", "chr1:10-13(-)", "chr1:12-15")]
    values = np.array([[1, 2, 3], [4, 5, 6], [1, -1, 0.5]])
    write_tracks(tmp_path / "track", collect(regions), values)
    expected = [
        ("chr1", 10, 6.0), ("chr1", 11, 5.0), ("chr1", 12, 2.5), ("chr1", 13, -1.0), ("chr1", 14, 0.5),
        ("chr2", 5, 1.0), ("chr2", 6, 2.0), ("chr2", 7, 3.0),
    ]  # fmt: skip
    lines = (tmp_path / "track.bedGraph").read_text().splitlines()
    assert [line.split("\t") for line in lines] == [[c, str(p), str(p + 1), f"{v:.5g}"] for c, p, v in expected]
    with pybigtools.open(str(tmp_path / "track.bw")) as file:
        assert file.chroms() == {"chr1": 15, "chr2": 8}
        records = [(chrom, start, value) for chrom in ("chr1", "chr2") for start, _, value in file.records(chrom)]
    assert records == expected


def test_a_track_that_cannot_be_written(tmp_path):
    (tmp_path / "track.bw").mkdir()
    region = Interval(chromosome="chr1", start=0, end=2, reverse=False)
    with pytest.raises(OSError, match="bigWig"):
        write_tracks(tmp_path / "track", collect([region]), np.zeros((1, 2)))


def test_a_disk_without_room_for_the_bigwig(tmp_path, monkeypatch):
    monkeypatch.setattr(tracks.shutil, "disk_usage", lambda _: tracks.shutil._ntuple_diskusage(10, 9, 1))
    region = Interval(chromosome="chr1", start=0, end=2, reverse=False)
    with pytest.raises(OSError, match="No space left"):
        write_tracks(tmp_path / "track", collect([region]), np.zeros((1, 2)))
    assert not (tmp_path / "track.bw").exists()
