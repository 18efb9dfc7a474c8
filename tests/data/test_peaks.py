import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.data.files.genome import open_genome
from motiflens.data.files.intervals import read_intervals
from motiflens.data.peaks import read_peaks
from motiflens.errors import InputError
from motiflens.sequence.alphabet import decode

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


@pytest.fixture(scope="module")
def chromosomes() -> dict[str, str]:
    """Two chromosomes whose GC content drifts from 30 to 70 %, with soft-masked stretches."""
    rng = np.random.default_rng(0)
    result = {}
    for name, length in (("chr1", 60_000), ("chr2", 30_000)):
        gc = np.linspace(0.3, 0.7, length)
        strong = rng.random(length) < gc
        letters = np.where(strong, rng.choice(list("CG"), length), rng.choice(list("AT"), length))
        masked = np.repeat(rng.random(length // 500) < 0.4, 500)
        result[name] = "".join(np.where(masked, np.char.lower(letters), letters))
    return result


@pytest.fixture(scope="module")
def genome(chromosomes, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text(
        "".join(
            f">{name} some words\n" + "\n".join(text[i : i + 70] for i in range(0, len(text), 70)) + "\n"
            for name, text in chromosomes.items()
        )
    )
    return str(path)


def bed(tmp_path, lines) -> str:
    path = tmp_path / "peaks.bed"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def some_peaks(tmp_path, n: int = 120, *, width: int = 150) -> str:
    rng = np.random.default_rng(1)
    starts = np.sort(rng.choice(np.arange(300, 59_000, 200), n, replace=False))
    return bed(tmp_path, [f"chr1\t{s}\t{s + width}\tp{i}\t9\t{'+-'[i % 2]}" for i, s in enumerate(starts)])


def place(identifier: str) -> tuple[str, int, int, str]:
    chromosome, rest = identifier.split(":")
    span, strand = rest.rstrip(")").split("(")
    start, end = map(int, span.split("-"))
    return chromosome, start, end, strand


@pytest.mark.parametrize("negatives", ["matched", "flanking"])
def test_every_record_is_the_genome_at_its_id(tmp_path, genome, chromosomes, negatives):
    peaks = some_peaks(tmp_path)
    data = read_peaks(peaks, genome, negatives=negatives, length=100)
    assert data.classes == ("background", "peak")
    assert np.bincount(data.labels)[1] == 120
    assert len(set(data.ids)) == len(data)
    intervals = [line.split()[:3] for line in Path(peaks).read_text().splitlines()]
    for codes, identifier, label in zip(data.codes, data.ids, data.labels, strict=True):
        chromosome, start, end, strand = place(identifier)
        letters = chromosomes[chromosome][start:end].upper()
        assert decode(codes) == (letters.translate(COMPLEMENT)[::-1] if strand == "-" else letters)
        touching = [c for c, s, e in intervals if c == chromosome and int(s) < end and start < int(e)]
        assert bool(touching) == bool(label)


def test_matched_negatives_have_the_peaks_composition(tmp_path, genome, chromosomes):
    data = read_peaks(some_peaks(tmp_path), genome, seed=3)
    assert np.bincount(data.labels).tolist() == [120, 120]
    gc = np.isin(data.codes, (1, 2)).mean(axis=1)
    assert abs(gc[data.labels == 0].mean() - gc[data.labels == 1].mean()) < 0.01
    assert abs(np.quantile(gc[data.labels == 0], 0.9) - np.quantile(gc[data.labels == 1], 0.9)) < 0.02
    masked = np.array([np.mean([c.islower() for c in chromosomes[c_][s:e]]) for c_, s, e, _ in map(place, data.ids)])
    assert abs(masked[data.labels == 0].mean() - masked[data.labels == 1].mean()) < 0.05
    starts = np.sort([place(name)[1] for name in data.ids[data.labels == 0] if name.startswith("chr1:")])
    assert np.diff(starts).min() >= 75
    again = read_peaks(some_peaks(tmp_path), genome, seed=3)
    assert (again.ids == data.ids).all()
    assert (read_peaks(some_peaks(tmp_path), genome, seed=4).ids != data.ids).any()


def test_shuffles_of_the_peaks(tmp_path, genome):
    data = read_peaks(some_peaks(tmp_path), genome, negatives="shuffled")
    assert data.classes == ("shuffled", "peak")
    assert "dinucleotide shuffles" in data.notes[-1]


def test_summits_are_centred(tmp_path, genome):
    lines = [f"chr1\t{s}\t{s + 400}\t.\t0\t.\t1\t1\t1\t{30 + i}" for i, s in enumerate(range(1000, 9000, 500))]
    data = read_peaks(bed(tmp_path, lines), genome, length=61)
    assert data.ids[0] == "chr1:1000-1061(.)"
    assert data.ids[1] == "chr1:1501-1562(.)"


def test_what_is_left_out_is_counted_and_named(tmp_path, genome):
    lines = [f"chr1 {s} {s + 100}" for s in range(1000, 8000, 400)]
    lines += ["chrUn 5 105", "chr2 29950 30050", "chr1 0 100", "chr1 1000 1100"]
    data = read_peaks(bed(tmp_path, lines), genome, length=200)
    assert data.notes == (
        "1 intervals lie on chromosomes that the genome does not have (chrUn); they were left out.",
        "2 windows reach beyond their chromosome (chr1:-50-150(.), chr2:29900-30100(.)); they were left out.",
        "1 intervals give the same window as an earlier one; they were left out.",
    )
    assert [(source.records) for source in data.sources] == [22, 2]
    with pytest.raises(
        InputError, match=r"no interval lies on .* which has chr1, chr2 where the intervals have 1, 2; use"
    ):
        read_peaks(bed(tmp_path, ["1 5 100", "2 5 100"]), genome)


def test_all_compressions_are_one_genome(tmp_path, genome):
    text = Path(genome).read_bytes()
    plain = read_peaks(some_peaks(tmp_path), genome)
    whole, blocks = tmp_path / "a.fa.gz", tmp_path / "b.fa.gz"
    whole.write_bytes(gzip.compress(text))
    blocks.write_bytes(b"".join(gzip.compress(text[i : i + 20_000]) for i in range(0, len(text), 20_000)))  # as bgzip
    for path in (whole, blocks):
        data = read_peaks(some_peaks(tmp_path), str(path))
        assert (data.codes == plain.codes).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.fa.gz", "b.fa.gz", "peaks.bed"]  # no index is left


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.text("abc1", min_size=1, max_size=5), st.text("ACGTacgtN", max_size=40)), min_size=1, max_size=4
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 12),
    st.integers(1, 30),
)
def test_chromosomes_are_read_whatever_the_lines_and_blocks(records, line_end, width, block):
    records = list(dict(records).items())
    lines = []
    for name, text in records:
        lines += [f">{name} >words", *(text[i : i + width] for i in range(0, len(text), width))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("motiflens.data.files.genome._BLOCK", block)
        import tempfile

        with tempfile.NamedTemporaryFile(suffix=".fa") as file:
            file.write(line_end.join([*lines, ""]).encode())
            file.flush()
            with open_genome(file.name) as opened:
                found = [(c.name, bytes(c.letters).decode()) for c in opened.chromosomes]
    assert found == records


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1 5", "line 1 has 2 columns where BED has at least 3"),
        ("chr1 five 10", "line 1 has 'five' where a number is expected"),
        ("chr1 -5 10", "line 1 has '-5' where a number is expected"),
        ("chr1 9" + "0" * 30 + " 10", "where a number is expected"),
        ("chr1 10 10", "line 1 ends at 10, not after its start 10"),
        ("chr1 1 10 x 0 ?\nchr1 1 10 x 0 +", "line 1 has '\\?' in column 6 where the strand is expected"),
        (">chr1\nACGT", "line 1 begins a FASTA record where a BED file is expected"),
        ("chr1,1,10", "line 1 has commas between its columns; BED has tabs"),
        ("chr1\tHAVANA\tgene\t11869\t14409\t.\t+\t.\tx", "line 1 looks like GFF or GTF, which count from 1"),
        ("seqnames\tstart\tend\twidth\tstrand", "is R's GRanges as a table, which counts from 1"),
        ("chr\tstart\tend\tlength\tabs_summit\tpileup", "is the .xls of MACS, which counts from 1"),
        ("# nothing", "has no intervals; give a BED"),
    ],
)
def test_bad_intervals_name_the_line(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        read_intervals(bed(tmp_path, [line]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACGT\n>x\nA\n", "is not FASTA: it begins with 'ACGT'"),
        (">\nACGT\n", "the name '' is empty or comes twice"),
        (">x\nA\n>x\nC\n", "the name 'x' is empty or comes twice"),
        (">chr1\n" + "ACGU*T" * 20, "chr1 has '\\*' at position 11, which is not a DNA letter"),
        ("\n \n", "is empty; give a genome"),
    ],
)
def test_bad_genomes_are_named(tmp_path, text, message):
    (tmp_path / "g.fa").write_text(text)
    with pytest.raises(InputError, match=message):
        read_peaks(bed(tmp_path, ["chr1 10 40"]), str(tmp_path / "g.fa"))


def test_real_genome(shared, tmp_path):
    genome = next((shared / "data" / "genome-celegans-1pct").glob("*.fa.gz"))
    with open_genome(str(genome)) as opened:
        sizes = {c.name: len(c) for c in opened.chromosomes}
    assert sum(sizes.values()) == 1_002_861
    lines = [f"{name} {s} {s + 200}" for name, size in sizes.items() for s in range(1000, size - 500, 5000)]
    data = read_peaks(bed(tmp_path, lines), str(genome))
    gc = np.isin(data.codes, (1, 2)).mean(axis=1)
    assert np.ptp(np.bincount(data.labels)) == 0
    assert abs(gc[data.labels == 0].mean() - gc[data.labels == 1].mean()) < 0.01
