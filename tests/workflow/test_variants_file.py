"""A file of variants in, the same out, scored: formats, what is kept, what is refused, going on after a kill."""

import gzip
import io
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
from commandline import run as command
from make_variant_run import make_variant_run, random_model, vcf, write_genome

import motiflens
from motiflens.apply.variants.all_snvs import AllSubstitutions
from motiflens.apply.variants.config import VariantConfig
from motiflens.apply.variants.scoring import BlockScorer
from motiflens.errors import InputError
from motiflens.model.predict import predict_logits
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import encode
from motiflens.workflow.variant_job import VariantOptions, held_out_codes
from motiflens.workflow.variants import score_variants

LENGTH = 60
QUICK = VariantConfig(null_changes=60, null_substitutions=100, block=8)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A run, a genome, and a VCF with a bit of everything."""
    folder = tmp_path_factory.mktemp("variants")
    make_variant_run(folder / "run", random_model())
    contigs = write_genome(folder / "g.fa", {"chr1": 3000, "chr2": 500, "chrM": 300})
    (folder / "v.vcf").write_text(vcf(lines_of(contigs), contigs=("1", "2", "M", "7")))
    return folder


def lines_of(contigs, n=30):
    rng, lines = np.random.default_rng(5), []
    for i in range(n):
        start, size = int(rng.integers(100, 2800)), int(rng.integers(1, 4))
        ref = contigs["chr1"][start : start + size]
        alt = "".join(rng.choice(list("ACGT"), rng.integers(1, 4)))
        if alt != ref:
            lines.append((start, f"1 {start + 1} v{i} {ref} {alt},{alt}TT"))
    a = contigs["chr1"]
    lines += [
        (900, f"1 901 snv {a[900]} {'ACGT'.replace(a[900], '')[0]}"),
        (900, f"1 901 del {a[900]} <DEL>,*"),
        (5, f"1 6 edge {a[5]} {'ACGT'.replace(a[5], '')[0]}"),
        (950, f"1 951 none {a[950]} ."),
    ]
    rows = [line for _, line in sorted(lines, key=lambda item: item[0])]
    return [*rows, f"M 150 mt {contigs['chrM'][149]} G{contigs['chrM'][149]}", "7 100 away A T"]


def score(place: Path, out: str, *, variants="v.vcf", **changes):
    config = changes.pop("config", QUICK)
    options = VariantOptions(**{"genome": str(place / "g.fa"), "config": config} | changes)
    return score_variants(place / "run", str(place / variants), place / out, options=options)


def test_everything_comes_back_in_order(place):
    summary = score(place, "o.vcf")
    before = [line for line in (place / "v.vcf").read_text().splitlines() if line[0] != "#"]
    after = [line for line in (place / "o.vcf").read_text().splitlines() if line[0] != "#"]
    for old, new in zip(before, after, strict=True):
        fields = new.split("\t")
        fields[7] = ";".join(part for part in fields[7].split(";") if not part.startswith("ML_"))
        assert "\t".join(fields) == old
    assert "names of contigs differ" in " ".join(summary)
    assert any(line.startswith("SYMBOLIC: 2") for line in summary)
    assert not list(place.glob(".o.vcf*"))
    page = (place / "o.html").read_text()
    assert page.count("<tr data-words=") == int(summary[0].split(" records, ")[1].split()[0])
    assert page.count('class="allele"') == 2 * 30
    assert '<th scope="row">SYMBOLIC</th>' in page


def test_scores_are_two_plain_predictions(place):
    score(place, "o.vcf")
    run = Run.load(place / "run")
    model = motiflens.load_model(run.path)
    genome = pysam.FastaFile(str(place / "g.fa"))
    checked = 0
    with pysam.VariantFile(str(place / "o.vcf")) as file:
        for record in file:
            skips = record.info.get("ML_SKIP", (None,) * len(record.alts or ()))
            for i, alt in enumerate(record.alts or ()):
                if skips[i] not in (None, "."):
                    assert record.info["ML_DELTA"][i] is None if "ML_DELTA" in record.info else True
                    continue
                ref, alternative = windows(genome.fetch(f"chr{record.chrom}"), record.pos - 1, record.ref, alt)
                logits = predict_logits(model, encode([ref, alternative]))[:, 0]
                assert record.info["ML_REF"][i] == pytest.approx(logits[0], abs=1e-5)
                assert record.info["ML_ALT"][i] == pytest.approx(logits[1], abs=1e-5)
                assert record.info["ML_DELTA"][i] == pytest.approx(logits[1] - logits[0], abs=1e-5)
                checked += 1
    genome.close()
    assert checked > 40


def windows(contig: str, start: int, ref: str, alt: str) -> tuple[str, str]:
    """Both windows, by the longest ends that the whole haplotypes share."""
    other = contig[:start] + alt + contig[start + len(ref) :]
    old, new = contig, other
    while old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    left, right = (first - (LENGTH // 2 - (len(text) - first) // 2) for text in (old, new))
    return contig[left : left + LENGTH], other[right : right + LENGTH]


def test_p_q_and_a_table_of_the_same(place):
    score(place, "o.vcf")
    score(place, "o.tsv")
    table = pd.read_csv(place / "o.tsv", sep="\t", dtype={"chrom": str})
    scored = table[table["skip"].isna()]
    assert scored["p"].between(0, 1).all()
    assert (scored["q"] >= scored["p"] - 1e-6).all()
    np.testing.assert_allclose(scored["delta"], scored["score_alt"] - scored["score_ref"], atol=2e-5)
    assert set(table["skip"].dropna()) == {"SYMBOLIC", "EDGE", "NO_ALT", "UNKNOWN_CONTIG"}
    frame = pd.read_csv(place / "v.vcf", sep="\t", comment="#", header=None, dtype=str)[[0, 1, 3, 4]]
    frame.columns = ["chrom", "pos", "ref", "alt"]
    frame = frame.assign(alt=frame["alt"].str.split(",")).explode("alt", ignore_index=True)
    found = motiflens.Run.load(place / "run").variants(frame, genome=place / "g.fa", config=QUICK)
    for name in ("score_ref", "score_alt", "delta", "p", "q"):
        np.testing.assert_allclose(found[name], table[name], rtol=1e-4, atol=1e-5)
    assert found["motif"].fillna("").tolist() == table["motif"].fillna("").tolist()
    assert found["skip"].tolist() == table["skip"].fillna("").tolist()


def test_the_null_is_kept_in_the_run(place):
    score(place, "o.vcf")
    run = Run.load(place / "run")
    assert run.variant_null()["substitution_1"].shape == (1, 100)
    before = (run.path / "variant_null.npz").stat().st_mtime_ns
    score(place, "o.vcf")
    assert (run.path / "variant_null.npz").stat().st_mtime_ns == before


def test_bgzip_has_an_index_and_all_inputs_agree(place):
    ordered = (place / "v.vcf").read_text()
    score(place, "o.vcf.gz")
    with pysam.VariantFile(str(place / "o.vcf.gz")) as file:
        assert [record.id for record in file.fetch("M")] == ["mt"]
    whole = gzip.decompress((place / "o.vcf.gz").read_bytes())
    (place / "plain.vcf.gz").write_bytes(gzip.compress(ordered.encode()))
    pysam.tabix_compress(str(place / "v.vcf"), str(place / "b.vcf.gz"), force=True)
    with (
        pysam.VariantFile(str(place / "v.vcf")) as file,
        pysam.VariantFile(str(place / "v.bcf"), "wb", header=file.header) as out,
    ):
        for record in file:
            out.write(record)
    for name in ("plain.vcf.gz", "b.vcf.gz"):
        score(place, "other.vcf", variants=name)
        assert (place / "other.vcf").read_bytes() == whole
    score(place, "o.tsv")
    score(place, "other.tsv", variants="v.bcf")
    assert scores(place / "other.tsv") == scores(place / "o.tsv")


def scores(path: Path) -> list[str]:
    return pd.read_csv(path, sep="\t", dtype=str).fillna("").drop(columns="id").to_csv().splitlines()


def test_rescoring_replaces(place):
    score(place, "o.vcf")
    score(place, "again.vcf", variants="o.vcf")
    assert (place / "again.vcf").read_bytes() == (place / "o.vcf").read_bytes()
    score(place, "o.tsv")
    score(place, "again.tsv", variants="o.tsv")
    assert (place / "again.tsv").read_bytes() == (place / "o.tsv").read_bytes()
    score(place, "back.vcf", variants="o.tsv")
    with pysam.VariantFile(str(place / "back.vcf")) as file:
        assert sum(1 for _ in file) == len((place / "o.tsv").read_text().splitlines()) - 1


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(place, monkeypatch, packed):
    score(place, "o.vcf")
    raw = (place / "v.vcf").read_bytes()
    pipe = io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(raw) if packed else raw)))
    monkeypatch.setattr(sys, "stdin", pipe)
    options = VariantOptions(genome=str(place / "g.fa"), config=QUICK)
    score_variants(place / "run", "-", place / "piped.vcf", options=options)
    assert (place / "piped.vcf").read_bytes() == (place / "o.vcf").read_bytes()


def test_an_empty_file_and_one_out_of_order(place):
    (place / "empty.vcf").write_text(vcf([]))
    summary = score(place, "e.vcf.gz", variants="empty.vcf")
    assert summary[0].startswith("0 records")
    with pysam.VariantFile(str(place / "e.vcf.gz")) as file:
        assert list(file) == []
    rows = lines_of(write_genome(place / "g2.fa", {"chr1": 3000, "chr2": 500, "chrM": 300}))[:40]
    (place / "ordered.vcf").write_text(vcf(rows + rows))
    (place / "mixed.vcf").write_text(vcf((rows + rows)[::-1]))
    score(place, "ordered_out.vcf", variants="ordered.vcf")
    score(place, "mixed_out.vcf.gz", variants="mixed.vcf")
    assert not (place / "mixed_out.vcf.gz.tbi").exists()
    lines = records(place / "ordered_out.vcf")
    assert len(lines) > 60
    assert records(place / "mixed_out.vcf.gz") == lines[::-1]


def records(path: Path) -> list[str]:
    raw = path.read_bytes()
    text = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    return [line for line in text.decode().splitlines() if line[0] != "#"]


def test_several_classes_an_ensemble_and_places(tmp_path):
    make_variant_run(tmp_path / "run", random_model(classes=("a", "b", "c d"), members=3))
    contigs = write_genome(tmp_path / "g.fa", {"chr1": 3000, "chr2": 500, "chrM": 300})
    (tmp_path / "v.vcf").write_text(vcf(lines_of(contigs, n=20), contigs=("1", "2", "M")))
    config = VariantConfig(null_changes=40, null_substitutions=40, offsets=3)
    score(tmp_path, "o.vcf", config=config)
    one = {}
    for offsets in (1, 3):
        config = VariantConfig(null_changes=40, null_substitutions=40, offsets=offsets)
        score(tmp_path, "o.tsv", config=config)
        one[offsets] = pd.read_csv(tmp_path / "o.tsv", sep="\t")
    names = [f"{kind}_{name}" for name in ("a", "b", "c_d") for kind in ("delta", "low", "high", "p", "q")]
    assert set(names) <= set(one[1].columns)
    scored = one[3]["skip"].isna() & one[1]["skip"].isna()
    largest = [frame.loc[scored, ["delta_a", "delta_b", "delta_c_d"]].abs().max(axis=1) for frame in one.values()]
    assert (largest[1] >= largest[0] - 1e-6).all()
    assert set(one[3].loc[scored, "offset"]) == {10, 30, 50}
    assert (one[1]["low_a"] <= one[1]["delta_a"])[scored].all()
    deltas = one[1].loc[scored, ["delta_a", "delta_b", "delta_c_d"]].sum(axis=1)
    np.testing.assert_allclose(deltas, 0, atol=1e-4)  # logits count from the classes' mean


def test_pairs_of_sequences(place):
    rng = np.random.default_rng(0)
    refs = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(5)]
    alts = [text[:30] + "ACGT".replace(text[30], "")[0] + text[31:] for text in refs]
    (place / "pairs.csv").write_text(
        "name,ref,alt\n" + "".join(f"x,{a},{b}\n" for a, b in zip(refs, alts, strict=True))
    )
    options = VariantOptions(config=QUICK)
    score_variants(place / "run", str(place / "pairs.csv"), place / "pairs.tsv", options=options)
    table = pd.read_csv(place / "pairs.tsv", sep="\t")
    model = motiflens.load_model(place / "run")
    expected = predict_logits(model, encode(alts))[:, 0] - predict_logits(model, encode(refs))[:, 0]
    np.testing.assert_allclose(table["delta"], expected, atol=2e-5)
    assert table["p"].between(0, 1).all()


def test_a_run_without_held_out_sequences_has_no_p(tmp_path):
    make_variant_run(tmp_path / "run", random_model(), held_out=False)
    contigs = write_genome(tmp_path / "g.fa", {"chr1": 3000, "chr2": 500, "chrM": 300})
    (tmp_path / "v.vcf").write_text(vcf(lines_of(contigs, n=5), contigs=("1", "2", "M")))
    assert len(held_out_codes(Run.load(tmp_path / "run"))) == 0
    score(tmp_path, "o.vcf")
    text = (tmp_path / "o.vcf").read_text()
    assert "ML_DELTA=" in text
    assert "ML_P" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("chr1\t100\t.\tA\tT\t.\t.\t.\n", "has no header: a VCF has a line that begins with #CHROM"),
        ("##fileformat=VCFv4.2\n", "has no header"),
        (vcf(["chr1 100 x A T"]).replace("\t100\t", "\tten\t"), r"line 8 has the position 'ten'"),
        (vcf([]) + "chr1\t100\tx\n", "line 8 has 3 columns where VCF has at least 8"),
        ("chrom\tpos\tref\nchr1\t5\tA\n", "has no header"),
        ("chrom\tpos\tref\talt\nchr1\t5\tA\n", "line 2 has 3 columns where the header has 4"),
        (vcf([f"chrZ {i} x A T" for i in range(100, 110)]), r"has none of the contigs .* chrZ there and chr1"),
        ("ref,alt\nACGT,ACGA\n", "pairs of sequences, which need no --genome"),
    ],
)
def test_bad_files(place, content, message):
    (place / "bad.vcf").write_text(content)
    with pytest.raises(InputError, match=message):
        score(place, "bad_out.vcf" if "ref,alt" not in content else "bad_out.tsv", variants="bad.vcf")
    assert not (place / "bad_out.vcf").exists()
    assert not list(place.glob(".bad_out*"))


def test_a_genome_of_another_assembly(place):
    contigs = write_genome(place / "other.fa", {"chr1": 3000, "chr2": 500, "chrM": 300}, seed=9)
    assert contigs
    options = {"genome": str(place / "other.fa")}
    with pytest.raises(InputError, match=r"it is another assembly; .* or add --allow-mismatches"):
        score(place, "wrong.vcf", **options)
    assert not (place / "wrong.vcf").exists()
    allowed = VariantConfig(null_changes=60, null_substitutions=100, allow_mismatches=True)
    summary = score(place, "wrong.vcf", config=allowed, **options)
    assert any(line.startswith("REF_MISMATCH") for line in summary)


def test_a_file_that_is_cut_off(place):
    pysam.tabix_compress(str(place / "v.vcf"), str(place / "cut.vcf.gz"), force=True)
    raw = (place / "cut.vcf.gz").read_bytes()
    (place / "cut.vcf.gz").write_bytes(raw[:-28])
    with pytest.raises(InputError, match=r"cut\.vcf\.gz: the bgzip file is cut off"):
        score(place, "x.vcf", variants="cut.vcf.gz")

    (place / "cut.vcf.gz").write_bytes(gzip.compress((place / "v.vcf").read_bytes())[:-40])
    with pytest.raises(InputError, match=r"cut\.vcf\.gz: "):
        score(place, "x.vcf", variants="cut.vcf.gz")
    assert not (place / "x.vcf").exists()


def test_a_contig_shorter_than_the_window(place):
    (place / "tiny.fa").write_text(">chr1\n" + "ACGT" * 10 + "\n")
    (place / "tiny.vcf").write_text(vcf(["chr1 21 x A C"]))
    summary = score(place, "tiny_out.vcf", variants="tiny.vcf", genome=str(place / "tiny.fa"))
    assert summary[1] == "EDGE: 1: the window would leave the contig (first: chr1:21 A>C)"
    assert "ML_SKIP=EDGE" in (place / "tiny_out.vcf").read_text()


def test_outputs_that_are_refused(place):
    with pytest.raises(InputError, match=r"name it \.vcf"):
        score(place, "o.txt")
    for taken in ("v.vcf", "g.fa"):
        with pytest.raises(InputError, match="is read by this command"):
            score(place, taken)
    (place / "p.csv").write_text("ref,alt\n")
    with pytest.raises(InputError, match="have no place on a genome"):
        score(place, "p.vcf", variants="p.csv", genome=None)
    with pytest.raises(InputError, match="need the genome"):
        score(place, "p.vcf", genome=None)


def test_a_killed_scoring_goes_on(place, monkeypatch):
    score(place, "whole.vcf")
    real, calls = BlockScorer.score, []

    def dies(self, batch):
        calls.append(len(batch.records))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, batch)

    monkeypatch.setattr(BlockScorer, "score", dies)
    with pytest.raises(KeyboardInterrupt):
        score(place, "killed.vcf")
    assert not (place / "killed.vcf").exists()
    n_blocks = len(list((place / ".killed.vcf.partial").glob("block*")))
    assert n_blocks == 2
    score(place, "killed.vcf")
    assert (place / "killed.vcf").read_bytes() == (place / "whole.vcf").read_bytes()
    total = -(-len(records(place / "v.vcf")) // 8)
    assert len(calls) == 3 + total - n_blocks
    assert not list(place.glob(".killed*"))


def test_the_command(place, capsys, monkeypatch):
    quick = partial(VariantConfig, null_changes=60, null_substitutions=100)
    monkeypatch.setattr("motiflens.cli.commands.variants.VariantConfig", quick)
    args = ["variants", str(place / "run"), str(place / "v.vcf"), "--genome", str(place / "g.fa")]
    with pytest.raises(SystemExit) as stop:
        command([*args, "--out", str(place / "cli.vcf")])
    assert not stop.value.code
    said = capsys.readouterr()
    assert said.out.strip() == str(place / "cli.vcf")
    assert "UNKNOWN_CONTIG: 1: a contig that the genome has not (first: 7:100 A>T)" in said.err
    with pytest.raises(SystemExit) as stop:
        command([*args[:3], "--out", str(place / "cli.vcf")])
    assert stop.value.code == 2


def test_every_substitution_of_regions(place):
    import pybigtools

    contigs = write_genome(place / "same.fa", {"chr1": 3000, "chr2": 500, "chrM": 300})
    (place / "r.bed").write_text("chr1\t100\t112\n1\t108\t120\nchr2\t60\t70\n")
    options = VariantOptions(genome=str(place / "g.fa"), config=QUICK)
    score_variants(place / "run", AllSubstitutions(beds=(str(place / "r.bed"),)), place / "all.tsv", options=options)
    table = pd.read_csv(place / "all.tsv", sep="\t")
    assert len(table) == 3 * 30
    assert table[table["chrom"] == "chr1"]["pos"].unique().tolist() == list(range(101, 121))
    row = table.iloc[10]
    text = contigs["chr1"][row["pos"] - 1 - 30 : row["pos"] + 29]
    pair = encode([text, text[:30] + row["alt"] + text[31:]])
    logits = predict_logits(motiflens.load_model(place / "run"), pair)[:, 0]
    assert row["delta"] == pytest.approx(logits[1] - logits[0], abs=1e-5)
    track = pybigtools.open(str(place / f"all.{row['alt']}.bw"))
    value = track.values("chr1", int(row["pos"]) - 1, int(row["pos"]), fillna=None)[0]
    assert value == pytest.approx(row["delta"], abs=1e-5)
    own = pybigtools.open(str(place / f"all.{row['ref']}.bw"))
    assert own.values("chr1", int(row["pos"]) - 1, int(row["pos"]), fillna=None)[0] == 0
    (place / "r.bed").write_text("chr1\t100\t4000\n")
    with pytest.raises(InputError, match=r"interval 1 \(chr1:100-4000\) does not lie on the genome"):
        score_variants(
            place / "run", AllSubstitutions(beds=(str(place / "r.bed"),)), place / "all.tsv", options=options
        )
