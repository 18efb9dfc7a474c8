"""The simulator: the tutorial's task as described, and every knob against counts of what it planted."""

import csv
import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.errors import InputError
from motiflens.motifs.formats import write_motifs
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import decode
from motiflens.simulation.simulate import (
    TUTORIAL,
    Planting,
    Simulation,
    SimulationConfig,
    gc_background,
    motifs_named,
    simulate,
    write_simulation,
)

OTHER = str.maketrans("ACGTN", "TGCAN")


def text_of(simulation: Simulation) -> dict[str, str]:
    return dict(zip(simulation.dataset.ids.tolist(), map(decode, simulation.dataset.codes), strict=True))


def instances(simulation: Simulation) -> list[tuple[str, str]]:
    """(motif, letters as the motif reads them) of every planted site."""
    text = text_of(simulation)
    found = []
    for site in simulation.planted:
        letters = text[site.sequence_id][site.start : site.end]
        found.append((site.motif, letters if site.strand == "+" else letters[::-1].translate(OTHER)))
    return found


def positives(n: int, length: int, **planting) -> SimulationConfig:
    """A config with n positives."""
    return SimulationConfig(positives=Planting(**planting), n=2 * n, length=length)


def assert_share(count: int, n: int, share: float) -> None:
    assert abs(count - n * share) <= 4 * np.sqrt(n * share * (1 - share)) + 1e-9, (count, n, share)


@pytest.fixture(scope="module")
def tutorial() -> Simulation:
    return simulate(seed=3)


def test_the_tutorials_task(tutorial):
    data = tutorial.dataset
    assert data.codes.shape == (10_000, 200)
    assert data.codes.max() == 3
    assert data.classes == ("negative", "positive")
    assert data.labels.tolist() == [1] * 5000 + [0] * 5000
    assert len(set(data.ids)) == 10_000
    kinds = Counter((site.sequence_id.split("_")[0], site.motif) for site in tutorial.planted)
    for consensus in ("TATAAA", "CAAT", "GGGCGG", "TTGACA"):
        assert_share(kinds.pop(("positive", consensus)), 5000, 1 / 4)
    for base in "ACGT":
        assert_share(kinds.pop(("negative", 7 * base)), 5000, 0.3 / 4)
    assert not kinds
    per_sequence = Counter(site.sequence_id for site in tutorial.planted)
    assert set(per_sequence.values()) == {1}
    assert sum(name.startswith("positive") for name in per_sequence) == 5000
    assert all(motif == letters for motif, letters in instances(tutorial))
    starts = [site.start for site in tutorial.planted if site.motif == "CAAT"]
    assert (min(starts), max(starts)) == (0, 196)
    assert_share(sum(start < 50 for start in starts), len(starts), 50 / 197)


def test_the_background_is_uniform_where_nothing_is_planted(tutorial):
    data = tutorial.dataset
    untouched = ~np.isin(data.ids, [site.sequence_id for site in tutorial.planted])
    counts = np.bincount(data.codes[untouched].ravel(), minlength=4)
    for count in counts:
        assert_share(int(count), int(counts.sum()), 1 / 4)


def test_a_seed_fixes_everything():
    config = replace(TUTORIAL, n=50)
    one, same, other = (simulate(config, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.dataset.codes, same.dataset.codes)
    assert one.planted == same.planted
    assert (one.dataset.codes != other.dataset.codes).any()
    with pytest.raises(InputError, match="seed -1"):
        simulate(config, seed=-1)


def test_gc_content():
    config = replace(positives(500, 100), background=gc_background(0.7))
    codes = simulate(config).dataset.codes
    assert_share(int(np.isin(codes, (1, 2)).sum()), codes.size, 0.7)
    assert gc_background(0.5) == TUTORIAL.background


def test_a_consensus_draws_each_base_of_a_letter_equally():
    drawn = Counter(letters for _, letters in instances(simulate(positives(3000, 20, motifs=("ARNC",)))))
    expected = ["A" + r + n + "C" for r in "AG" for n in "ACGT"]
    assert sorted(drawn) == sorted(expected)
    for letters in expected:
        assert_share(drawn[letters], 3000, 1 / 8)


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_a_matrix_draws_from_its_columns_on_either_strand(strands):
    matrix = np.array([[0.7, 0.0, 0.25], [0.1, 0.0, 0.25], [0.2, 1.0, 0.25], [0.0, 0.0, 0.25]])
    motif = Motif(name="m", probabilities=matrix)
    simulation = simulate(positives(4000, 30, motifs=(motif,), strands=strands))
    for column, share in enumerate(matrix.T):
        letters = Counter(letters[column] for _, letters in instances(simulation))
        for base, p in zip("ACGT", share, strict=True):
            assert_share(letters[base], 4000, p)
    reverse = sum(site.strand == "-" for site in simulation.planted)
    assert_share(reverse, 4000, 0.5 if strands == "both" else 0.0)


def test_each_motif_has_the_density_by_itself():
    simulation = simulate(positives(4000, 40, motifs=("ACGT", "GGGG"), combine="each", density=0.3))
    carried = Counter(site.sequence_id for site in simulation.planted)
    kinds = Counter(site.motif for site in simulation.planted)
    assert_share(kinds["ACGT"], 4000, 0.3)
    assert_share(kinds["GGGG"], 4000, 0.3)
    assert_share(sum(n == 2 for n in carried.values()), 4000, 0.09)


def test_every_placement_without_overlap_is_equally_likely():
    widths = {"AC": 2, "G": 1}
    simulation = simulate(positives(6000, 9, motifs=("AC", "G"), combine="each", positions=(2, 7)))
    starts: dict[str, dict[str, int]] = {}
    for site in simulation.planted:
        starts.setdefault(site.sequence_id, {})[site.motif] = site.start
    seen = Counter((s["AC"], s["G"]) for s in starts.values())
    allowed = [
        (a, b)
        for a, b in itertools.product(range(2, 7 - 2 + 1), range(2, 7 - 1 + 1))
        if a + widths["AC"] <= b or b + widths["G"] <= a
    ]
    assert sorted(seen) == sorted(allowed)
    for placement in allowed:
        assert_share(seen[placement], 6000, 1 / len(allowed))


def test_a_row_keeps_its_order_and_spacing_on_both_strands():
    config = positives(
        4000, 40, motifs=("AAC", "GT", "CCCC"), combine="each", spacing=(2, 4), density=0.5, strands="both"
    )
    simulation = simulate(config)
    rows: dict[str, list] = {}
    for site in simulation.planted:
        rows.setdefault(site.sequence_id, []).append(site)
    assert_share(len(rows), 4000, 0.5)
    gaps: Counter = Counter()
    for row in rows.values():
        assert len({site.strand for site in row}) == 1
        order = [site.motif for site in sorted(row, key=lambda site: site.start)]
        assert order == (["AAC", "GT", "CCCC"] if row[0].strand == "+" else ["CCCC", "GT", "AAC"])
        row.sort(key=lambda site: site.start)
        gaps.update(right.start - left.end for left, right in itertools.pairwise(row))
    assert sorted(gaps) == [2, 3, 4]
    for count in gaps.values():
        assert_share(count, 2 * len(rows), 1 / 3)
    assert_share(sum(row[0].strand == "-" for row in rows.values()), len(rows), 0.5)
    assert all(motif == letters for motif, letters in instances(simulation))


def test_nothing_is_planted_in_negatives_unless_asked():
    assert all(site.sequence_id.startswith("positive") for site in simulate(positives(20, 20, motifs=("AC",))).planted)


letters = st.text("ACGTRYSWKMBDHVN", min_size=1, max_size=5)


@settings(deadline=None, max_examples=50)
@given(
    motifs=st.lists(letters, min_size=1, max_size=4).map(tuple),
    combine=st.sampled_from(["one", "each"]),
    density=st.floats(0, 1),
    strands=st.sampled_from(["forward", "both"]),
    spacing=st.none() | st.tuples(st.integers(0, 3), st.integers(3, 5)),
    start=st.integers(0, 10),
    spare=st.integers(0, 20),
    seed=st.integers(0, 2**32),
)
def test_sites_lie_where_allowed_never_overlap_and_fit_their_motif(
    motifs, combine, density, strands, spacing, start, spare, seed
):
    spacing = spacing if combine == "each" else None
    need = sum(map(len, motifs)) + 5 * (len(motifs) - 1)
    planting = Planting(
        motifs=motifs,
        combine=combine,
        density=density,
        strands=strands,
        spacing=spacing,
        positions=(start, start + need + spare),
    )
    config = SimulationConfig(positives=planting, n=20, length=start + need + spare + 3)
    simulation = simulate(config, seed=seed)
    for motif, text in instances(simulation):
        allowed = Motif.from_consensus(motif).probabilities
        assert all(allowed["ACGT".index(letter), i] > 0 for i, letter in enumerate(text))
    for _, group in itertools.groupby(simulation.planted, key=lambda site: site.sequence_id):
        spans = sorted((site.start, site.end) for site in group)
        assert spans[0][0] >= start
        assert spans[-1][1] <= start + need + spare
        assert all(left[1] <= right[0] for left, right in itertools.pairwise(spans))


@pytest.mark.parametrize(
    ("planting", "config", "word"),
    [
        ({"motifs": ("ACGZ",)}, {}, "'ACGZ' has 'Z'"),
        ({"motifs": ("ACGTACGTACG",)}, {"length": 10}, "positive sequences: the motifs take 11 bp .* room for 10"),
        ({"motifs": ("ACGTAC", "ACGTA"), "combine": "each"}, {"length": 10}, "11 bp"),
        ({"motifs": ("ACG", "AC"), "combine": "each", "spacing": (1, 6)}, {"length": 10}, "11 bp"),
        ({"motifs": ("ACG",), "positions": (5, 7)}, {}, "3 bp but there is room for 2"),
        ({"motifs": ("A",), "positions": (190, 201)}, {}, "190 to 201 .* 200 bp"),
        ({"motifs": ("A",), "positions": (5, 5)}, {}, "5 to 5"),
        ({"motifs": ("A",), "density": 1.2}, {}, "density 1.2"),
        ({"motifs": ("A",), "density": -0.1}, {}, "density -0.1"),
        ({"motifs": ("A",), "density": float("nan")}, {}, "density nan"),
        ({"motifs": ("A", "C"), "spacing": (1, 2)}, {}, "spacing needs"),
        ({"motifs": ("A", "C"), "combine": "each", "spacing": (3, 2)}, {}, "spacing 3 to 2"),
        ({"motifs": ("A",)}, {"n": 1}, "1 sequences"),
        ({"motifs": ("A",)}, {"length": 0}, "0 bp"),
        ({"motifs": ("A",)}, {"background": (0.5, 0.5, 0.5, -0.5)}, "background"),
        ({"motifs": ("A",)}, {"background": (0.5, 0.5, 0.5, 0.5)}, "sum to 1"),
    ],
)
def test_impossible_wishes(planting, config, word):
    with pytest.raises(InputError, match=word):
        SimulationConfig(positives=Planting(**planting), **config)


def test_negatives_are_checked_too():
    with pytest.raises(InputError, match="negative sequences: the motifs take 7 bp"):
        replace(TUTORIAL, length=6)
    with pytest.raises(InputError, match="GC content"):
        gc_background(1.5)


def test_motifs_by_name(tmp_path):
    path = tmp_path / "two.meme"
    gata = replace(Motif.from_consensus("WGATAR"), name="GATA1", accession="MA0035.5")
    write_motifs(path, [gata, Motif.from_consensus("CACGTG")])
    assert motifs_named("TATAWAW") == ("TATAWAW",)
    assert [motif.name for motif in motifs_named(str(path))] == ["GATA1", "CACGTG"]
    assert [motif.name for motif in motifs_named(f"{path}:MA0035.5")] == ["GATA1"]
    assert [motif.name for motif in motifs_named(f"{path}:GATA1")] == ["GATA1"]
    wrong = {f"{path}:SP1": "no motif is called 'SP1'", "missing.meme": "neither", "missing.meme:SP1": "cannot be read"}
    for text, word in wrong.items():
        with pytest.raises(InputError, match=word):
            motifs_named(text)


def test_written_files_tell_the_same(tmp_path):
    simulation = simulate(replace(TUTORIAL, n=60), seed=8)
    folder = write_simulation(simulation, tmp_path / "new" / "sim")
    assert folder == tmp_path / "new" / "sim"
    assert sorted(p.name for p in folder.iterdir()) == ["negative.fa", "planted.bed", "positive.fa", "sequences.csv"]
    text = text_of(simulation)
    for name in ("positive", "negative"):
        lines = (folder / f"{name}.fa").read_text().splitlines()
        records = dict(zip((line[1:] for line in lines[::2]), lines[1::2], strict=True))
        assert records == {key: value for key, value in text.items() if key.startswith(name)}
    with (folder / "sequences.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["id"]: row["sequence"] for row in rows} == text
    assert all(row["id"].startswith(row["label"]) for row in rows)
    bed = [line.split("\t") for line in (folder / "planted.bed").read_text().splitlines()]
    assert len(bed) == len(simulation.planted)
    for name, start, end, motif, _, strand in bed:
        assert text[name][int(start) : int(end)] == motif
        assert strand == "+"


def test_a_folder_with_content_is_never_touched(tmp_path):
    simulation = simulate(replace(TUTORIAL, n=4))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_text("data")
    (tmp_path / "file").write_text("data")
    for name in ("full", "file"):
        with pytest.raises(InputError, match=f"{name}: exists"):
            write_simulation(simulation, tmp_path / name)
    with pytest.raises(InputError, match="cannot be written"):
        write_simulation(simulation, tmp_path / "file" / "sim")
    assert (tmp_path / "full" / "precious").read_text() == "data"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full"]
    (tmp_path / "empty").mkdir()
    assert (write_simulation(simulation, tmp_path / "empty") / "planted.bed").is_file()


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    written = []

    def full_disk(path: Path, text: str, **_: object) -> None:
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        path.write_bytes(text.encode())

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(InputError, match="No space left"):
        write_simulation(simulate(replace(TUTORIAL, n=4)), tmp_path / "sim")
    assert len(written) == 3
    assert list(tmp_path.iterdir()) == []
