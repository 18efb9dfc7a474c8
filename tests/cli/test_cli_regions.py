"""BED wherever sequences go, and standard input."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import planted
import pytest

from motiflens.run.folder import Run
from motiflens.sequence.alphabet import decode


@pytest.fixture(scope="module")
def genome(tmp_path_factory) -> Path:
    """A genome with a motif in every second window of 40 bases, and BED files of either kind of window."""
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGT"), 40_000)
    starts = range(100, 24_100, 200)
    for start in starts[::2]:
        letters[start + 10 : start + 17] = list(planted.MOTIFS[0])
    (folder / "g.fa").write_text(f">chr1\n{''.join(letters)}\n")
    for name, rows in (("bound", starts[::2]), ("free", starts[1::2])):
        (folder / f"{name}.bed").write_text(
            "".join(f"chr1\t{s}\t{s + 40}\tx\t0\t{'+-'[s % 400 > 100]}\n" for s in rows)
        )
    return folder


@pytest.fixture(scope="module")
def run(genome, quick) -> Path:
    from commandline import run as command

    out = genome / "run"
    words = ["fit", f"AP1={genome / 'bound.bed'}", f"background={genome / 'free.bed'}", "--genome", genome / "g.fa"]
    with pytest.raises(SystemExit) as end:
        command([str(word) for word in [*words, "--out", out, "--config", quick]])
    assert not end.value.code
    return out


def test_a_run_keeps_its_windows_and_where_its_hits_lie(run, genome):
    found = Run.load(run)
    assert found.classes == ("background", "AP1")
    assert {f.name for f in (run / "windows").iterdir()} == {"AP1.fa", "AP1.bed", "background.fa", "background.bed"}
    kept = [line.split("\t") for line in (run / "windows" / "AP1.bed").read_text().splitlines()]
    given = [line.split("\t") for line in (genome / "bound.bed").read_text().splitlines()]
    assert [(row[1], row[2], row[5]) for row in kept] == [(row[1], row[2], row[5]) for row in given]
    table = found.predictions()
    assert list(table)[:5] == ["id", "chrom", "start", "end", "strand"]
    own = table[table["label"] == "AP1"][["chrom", "start", "end", "strand"]].astype(str).to_numpy().tolist()
    assert own == [[*row[:3], row[5]] for row in kept]
    text = (genome / "g.fa").read_text().split("\n")[1]
    for _, hit in found.hits().iterrows():
        place = text[int(hit["chrom_start"]) : int(hit["chrom_end"])]
        start, end = hit["sequence_id"].split(":")[1].split("(")[0].split("-")
        strand = hit["sequence_id"][-2]
        inside = text[int(start) : int(end)]
        if strand == "-":
            inside = inside.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        own = inside[hit["start"] : hit["end"]]
        assert place == (own.translate(str.maketrans("ACGT", "TGCA"))[::-1] if strand == "-" else own)
        assert hit["chrom_strand"] == (hit["strand"] if strand == "+" else "+-"[hit["strand"] == "+"])


def test_predict_and_evaluate_and_explain_take_regions(motiflens, run, genome, tmp_path):
    options = ["--bed", genome / "bound.bed", "--genome", genome / "g.fa"]
    answer = motiflens("predict", run, *options)
    assert answer.code == 0, answer.err
    rows = list(csv.DictReader(answer.out.splitlines(), delimiter="\t"))
    assert list(rows[0])[:5] == ["id", "chrom", "start", "end", "strand"]
    beds = [line.split("\t") for line in (genome / "bound.bed").read_text().splitlines()]
    assert [[row[name] for name in ("chrom", "start", "end", "strand")] for row in rows] == [
        [*bed[:3], bed[5]] for bed in beds
    ]
    same = motiflens("predict", run, run / "windows" / "AP1.fa")
    assert [row["p_AP1"] for row in csv.DictReader(same.out.splitlines(), delimiter="\t")] == [r["p_AP1"] for r in rows]
    pairs = [f"AP1={genome / 'bound.bed'}", f"background={genome / 'free.bed'}", "--genome", genome / "g.fa"]
    assert motiflens("evaluate", run, *pairs, "--out", tmp_path / "m.json").code == 0
    assert json.loads((tmp_path / "m.json").read_text())["test"]["n"] == 120
    assert motiflens("explain", run, *options, "--out", tmp_path / "x", "--pictures", 0).code == 0
    assert json.loads((tmp_path / "x" / "explained.json").read_text())["located"] == 60
    assert motiflens("predict", run, *options, run / "windows" / "AP1.fa").code == 2
    answer = motiflens("predict", run, "--bed", genome / "bound.bed")
    assert (answer.code, answer.err.count("add --genome FILE")) == (2, 1)
    answer = motiflens("predict", run, genome / "bound.bed", "--genome", genome / "g.fa")
    assert (answer.code, answer.err.count(f"give them as --bed {genome / 'bound.bed'}")) == (2, 1)


@pytest.mark.parametrize(
    ("options", "n"),
    [
        (["--negatives", "free.bed"], {"peak": 60, "background": 60}),
        (["--bed", "free.bed"], {"peak": 120, "background": 120}),
        (["--negatives", "free.bed", "--test", "peak=bound.bed", "--test", "background=free.bed"], None),
        (["--negatives", "nonsense"], "--negatives nonsense: give matched, flanking, shuffled, or a BED file"),
    ],
)
def test_own_negatives_replicates_and_test_regions(motiflens, genome, monkeypatch, tmp_path, options, n):
    monkeypatch.chdir(genome)
    answer = motiflens("audit", "--bed", "bound.bed", *options, "--genome", "g.fa", "--out", tmp_path / "a.json")
    if isinstance(n, str):
        assert answer.code == 2
        assert n in answer.err
    elif n is None:
        assert "error: 120 of 120 test records" in answer.out
    else:
        assert answer.code == 0, answer.err
        assert f"{sum(n.values())} records" in answer.out


def test_standard_input(motiflens, run, monkeypatch):
    fasta = (run / "windows" / "AP1.fa").read_bytes()
    table = b"id\tsequence\tlabel\n" + b"".join(
        f"s{i}\t{decode(codes)}\t{label}\n".encode()
        for i, (codes, label) in enumerate(zip(planted.planted(40, 40).codes, [0, 1] * 20, strict=True))
    )
    expected = motiflens("predict", run, run / "windows" / "AP1.fa").out

    def given(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    given(fasta)
    assert motiflens("predict", run, "-").out == expected
    given(table)
    assert len(motiflens("predict", run, "-").out.splitlines()) == 41
    given(table)
    assert "40 records" in motiflens("audit", "-").out
    given(fasta)
    answer = motiflens("scan", run / "motifs.meme", "-", "--p-value", "1e-3")
    assert (answer.code, answer.err) == (0, "")
    given((run / "motifs.meme").read_bytes())
    assert motiflens("scan", "-", run / "windows" / "AP1.fa", "--p-value", "1e-3").out == answer.out
    given(b"")
    assert "-: is empty" in motiflens("predict", run, "-").err
