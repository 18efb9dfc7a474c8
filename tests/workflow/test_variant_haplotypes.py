"""Variants of one haplotype: together they are the haplotype, against two predictions of naive strings."""

from html import unescape
from pathlib import Path

import numpy as np
import pytest
from make_variant_run import make_variant_run, random_model, write_genome

import motiflens
from motiflens.apply.variants.config import VariantConfig
from motiflens.errors import InputError
from motiflens.model.predict import predict_logits
from motiflens.sequence.alphabet import encode
from motiflens.workflow.variant_job import VariantOptions
from motiflens.workflow.variants import score_variants

LENGTH = 60
HEADER = "##fileformat=VCFv4.3\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tother\tme\n"


def vcf(rows: list[tuple[int, str, str, str]]) -> str:
    """A VCF of rows of 0-based position, REF, ALT, and the genotype of the second sample."""
    form = {row: "GT:DP:PS" if ":" in row[3] else "GT" for row in rows}
    return HEADER + "".join(
        f"chr1\t{row[0] + 1}\t.\t{row[1]}\t{row[2]}\t.\t.\t.\t{form[row]}\t1|1\t{row[3]}\n" for row in rows
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("haplotypes")
    make_variant_run(folder / "run", random_model())
    folder.joinpath("letters").write_text(write_genome(folder / "g.fa", {"chr1": 3000})["chr1"])
    return folder


def score(place: Path, rows, *, block: int = 8192, sample: str = "me", name: str = "v") -> list[dict[str, str]]:
    """Return the INFO of each record."""
    (place / f"{name}.vcf").write_text(vcf(rows) if not isinstance(rows, str) else rows)
    config = VariantConfig(null_changes=20, null_substitutions=20, block=block, haplotypes=sample)
    options = VariantOptions(genome=str(place / "g.fa"), config=config)
    said = score_variants(place / "run", str(place / f"{name}.vcf"), place / f"{name}_out.vcf", options=options)
    (place / "said").write_text("\n".join(said))
    lines = [line for line in (place / f"{name}_out.vcf").read_text().splitlines() if line[0] != "#"]
    return [dict(part.split("=") for part in line.split("\t")[7].split(";") if "=" in part) for line in lines]


def random_rows(letters: str, seed: int) -> list[tuple[int, str, str, str]]:
    """Variants without overlaps, some of them indels in repeats, on either haplotype or both."""
    rng, rows, at = np.random.default_rng(seed), [], 200
    while at < 2700:
        size = int(rng.integers(1, 4))
        ref = letters[at : at + size]
        alt = letters[at] + "".join(rng.choice(list("ACGT"), rng.integers(0, 4)))
        genotype = str(rng.choice(["0|1", "1|0", "1|1", "1/1", "0|0"]))
        if ref != alt:
            rows.append((at, ref, alt, genotype))
        at += size + int(rng.integers(3, 40))
    return rows


def applied(letters: str, rows, focal: int, *, with_focal: bool) -> str:
    """The window around one of some rows, which are all applied to the contig, by what differs from the contig."""
    pos, ref, alt, _ = rows[focal]
    alone = letters[:pos] + alt + letters[pos + len(ref) :]
    first, old, new = 0, letters, alone  # where the allele lies once it is shifted to the left
    while old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    middle = len(new) - first if with_focal else len(old) - first
    text, shift = letters, 0
    for number, (at, before, after, _) in reversed(list(enumerate(rows))):
        if number == focal and not with_focal:
            continue
        text = text[:at] + after + text[at + len(before) :]
        if number < focal:
            shift += len(after) - len(before)
    start = first + shift - (LENGTH // 2 - middle // 2)
    return text[start : start + LENGTH]


def test_together_is_the_haplotype_against_the_reference(place):
    letters = (place / "letters").read_text()
    model = motiflens.load_model(place / "run")
    checked, strong = 0, 0
    for seed in range(3):
        rows = random_rows(letters, seed)
        found = score(place, rows)
        for haplotype in (1, 2):
            side = slice(0, 1) if haplotype == 1 else slice(2, 3)
            on = [row for row in rows if row[3][side] == "1"]
            for number, row in enumerate(on):
                info = found[rows.index(row)]
                near = [other for other in on if abs(other[0] - row[0]) < LENGTH // 2 - 8 and other is not row]
                key = f"ML_HAP{haplotype}_DELTA"
                if not near:
                    continue
                windows = [applied(letters, [row], 0, with_focal=False), applied(letters, on, number, with_focal=True)]
                windows.append(applied(letters, [row], 0, with_focal=True))
                named = info[f"ML_HAP{haplotype}_WITH"].split("&")
                for other in on:
                    if f"{other[0] + 1}:{other[1]}>{other[2]}" in named:
                        two = sorted([row, other])
                        windows.append(applied(letters, two, two.index(row), with_focal=False))
                logits = predict_logits(model, encode(windows))[:, 0].astype(float)
                delta, alone = logits[1] - logits[0], (logits[2:] - logits[0]).sum()
                assert float(info[key]) == pytest.approx(delta, abs=2e-5)
                assert float(info[f"ML_HAP{haplotype}_INTERACTION"]) == pytest.approx(delta - alone, abs=5e-5)
                assert {f"{other[0] + 1}:{other[1]}>{other[2]}" for other in near} <= set(named)
                checked, strong = checked + 1, strong + (abs(delta - alone) > 0.01)
    assert checked > 100
    assert strong > 20


def test_blocks_do_not_matter(place):
    rows = random_rows((place / "letters").read_text(), 5)
    whole = score(place, rows)
    assert score(place, rows, block=1) == whole
    assert score(place, rows, block=7) == whole


def test_phases(place):
    letters = (place / "letters").read_text()

    def snv(at: int, genotype: str) -> tuple[int, str, str, str]:
        return at, letters[at], "ACGT".replace(letters[at], "")[0], genotype

    def partners(*genotypes: str) -> list[list[int]]:
        rows = [snv(1000 + 4 * i, genotype) for i, genotype in enumerate(genotypes)]
        found = []
        for info in score(place, rows):
            names = {name for h in (1, 2) for name in info.get(f"ML_HAP{h}_WITH", "").split("&") if name}
            found.append(sorted((int(name.partition(":")[0]) - 1001) // 4 for name in names))
        return found

    assert partners("0|1", "0|1") == [[1], [0]]
    assert partners("0|1", "1|0") == [[], []]
    assert partners("0|1", "0/1") == [[], []]
    assert (
        "heterozygous alleles of the sample that are not phased (0/1, not 0|1) and stand alone: 1"
        in (place / "said").read_text()
    )
    assert partners("0|1", "1/1", "1|0") == [[1], [0, 2], [1]]
    assert partners("0|1:1:7", "0|1:1:9", "0|1:1:7") == [[2], [], [0]]
    assert partners("1", "1") == [[1], [0]]
    assert partners("1/1:1:.", "0|1:1:7", "0|1:1:9") == [[1], [0], [0]]


def test_alleles_that_exclude_each_other_are_named_and_not_scored(place):
    letters = (place / "letters").read_text()
    at = 1500
    other = "ACGT".replace(letters[at + 2], "")[0]
    rows = [(at, letters[at : at + 5], letters[at], "0|1"), (at + 2, letters[at + 2], other, "0|1")]
    first, second = score(place, rows)
    assert first["ML_HAP2_WITH"] == f"{at + 3}:{letters[at + 2]}>{other}"
    assert "ML_HAP2_DELTA" not in first
    assert "ML_HAP2_WITH" in second
    assert f"haplotype 2, with {first['ML_HAP2_WITH']}: no score" in unescape((place / "v_out.html").read_text())
    assert (
        "alleles that overlap others of their haplotype, or whose common window is not known: 2"
        in (place / "said").read_text()
    )


def test_two_alternatives_and_a_line_that_stands_there_twice(place):
    letters = (place / "letters").read_text()
    a, b = ("ACGT".replace(letters[1200], "")[i] for i in (0, 1))
    c = "ACGT".replace(letters[1205], "")[0]
    rows = [(1200, letters[1200], f"{a},{b}", "1|2"), (1205, letters[1205], c, "0|1")]
    info = score(place, rows)[0]
    assert info["ML_HAP2_DELTA"].startswith(".,")
    assert "ML_HAP1_DELTA" not in info
    values = [float(info[f"ML_HAP2_{name}"].partition(",")[2]) for name in ("DELTA", "INTERACTION")]
    line = f"haplotype 2, with {info['ML_HAP2_WITH'].partition(',')[2]}: {values[0]:+.3f}, interaction {values[1]:+.3f}"
    assert line in unescape((place / "v_out.html").read_text())
    twice = score(place, [rows[0], rows[0], rows[1]])
    for own in (info, *twice[:2]):
        del own["ML_Q"]  # there are more variants now
    assert twice[0] == twice[1] == info


@pytest.mark.parametrize(
    ("content", "sample", "message"),
    [
        (vcf([]), "you", r"--haplotypes you: .*bad\.vcf has no such sample; it has other, me"),
        (vcf([]).replace("\tFORMAT\tother\tme", ""), "me", "it has no genotypes"),
        ("chrom\tpos\tref\talt\n", "me", "has no genotypes; give a VCF"),
        (vcf([(500, "A", "T", "0|1"), (400, "A", "T", "0|1")]), "me", "chr1:401 stands behind later places"),
        (vcf([(500, "A", "T", "0|1|1")]), "me", r"chr1:501 has the genotype 0\|1\|1, of 3"),
    ],
)
def test_what_is_refused(place, content, sample, message):
    with pytest.raises(InputError, match=message):
        score(place, content, sample=sample, name="bad")
    assert not (place / "bad_out.vcf").exists()
