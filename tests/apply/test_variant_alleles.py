"""Every spelling of a change becomes one allele: against the longest common ends of both whole haplotypes."""

import shutil
import subprocess

import numpy as np
import pytest
from make_variant_run import vcf, write_genome

from motiflens.apply.variants.alleles import Allele, is_sequence, left_aligned, trimmed
from motiflens.apply.variants.contigs import Contigs, canonical


def naive(genome: str, start: int, ref: str, alt: str) -> Allele:
    """Cut the longest common ending off both whole haplotypes, then the longest common beginning."""
    old, new = genome, genome[:start] + alt + genome[start + len(ref) :]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    return Allele(first, old[first:], new[first:])


def random_change(rng: np.random.Generator, genome: str) -> tuple[int, str, str]:
    start, size = int(rng.integers(5, len(genome) - 20)), int(rng.integers(0, 5))
    alt = "".join(rng.choice(list("ACGT"), rng.integers(0, 5)))
    if rng.random() < 0.5:  # copies and losses of what is there, which can be shifted
        alt = genome[start : start + size] * int(rng.integers(0, 3))
    return start, genome[start : start + size], alt


def padded(rng: np.random.Generator, genome: str, start: int, ref: str, alt: str) -> tuple[int, str, str]:
    left, right = int(rng.integers(0, 5)), int(rng.integers(0, 5))
    before = genome[start - left : start]
    after = genome[start + len(ref) : start + len(ref) + right]
    return start - left, before + ref + after, before + alt + after


def test_spellings_of_a_change_are_one_allele(tmp_path):
    genome = write_genome(tmp_path / "g.fa", {"chr1": 400})["chr1"]
    rng = np.random.default_rng(1)
    shifted = 0
    for _ in range(2000):
        start, ref, alt = random_change(rng, genome)
        if ref == alt:
            continue
        expected = naive(genome, start, ref, alt)
        found = [
            left_aligned(trimmed(*padded(rng, genome, start, ref, alt)), genome.__getitem__),
            left_aligned(trimmed(start, ref, alt), genome.__getitem__),
        ]
        assert found == [expected] * 2
        shifted += expected.start < start
    assert shifted > 200


def test_an_allele_at_the_very_beginning():
    assert left_aligned(trimmed(2, "A", ""), "AAAC".__getitem__) == Allele(0, "A", "")


@pytest.mark.skipif(not shutil.which("bcftools"), reason="needs bcftools")
def test_bcftools_normalises_to_the_same_place(tmp_path):
    genome = write_genome(tmp_path / "g.fa", {"chr1": 400})["chr1"]
    rng = np.random.default_rng(2)
    lines, expected = [], []
    while len(lines) < 200:
        start, ref, alt = padded(rng, genome, *random_change(rng, genome))
        allele = left_aligned(trimmed(start, ref, alt), genome.__getitem__)
        if ref and alt and ref != alt and allele.start > 0:
            lines.append((start, f"chr1 {start + 1} x{len(lines)} {ref} {alt}"))
            expected.append(allele)
    (tmp_path / "v.vcf").write_text(vcf([line for _, line in lines]))
    command = ["bcftools", "norm", "-f", "g.fa", "v.vcf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    rows = [line.split("\t")[:5] for line in done.stdout.splitlines() if not line.startswith("#")]
    found = {name: trimmed(int(pos) - 1, ref, alt) for _, pos, name, ref, alt in rows}
    for i, allele in enumerate(expected):
        if bool(allele.ref) != bool(allele.alt):  # bcftools leaves other changes as they are
            assert found[f"x{i}"] == allele


@pytest.mark.parametrize(
    ("letters", "spelled"),
    [("ACGT", True), ("acgn", True), ("*", False), ("<DEL>", False), ("G]17:198982]", False), (".A", False)],
)
def test_what_is_spelled_out(letters, spelled):
    assert is_sequence(letters) == spelled


def test_names_of_contigs():
    contigs = Contigs(["chr1", "chrX", "chrM", "NC_000002.12", "scaffold_7"])
    named = {"1": "chr1", "chr1": "chr1", "NC_000001.11": "chr1", "MT": "chrM", "M": "chrM", "NC_012920.1": "chrM"}
    named |= {"chr2": "NC_000002.12", "X": "chrX", "NC_000023.10": "chrX", "scaffold_7": "scaffold_7"}
    assert {name: contigs.find(name) for name in named} == named
    assert contigs.find("3") is None
    assert "chr1" not in contigs.translated
    assert contigs.translated["1"] == "chr1"
    assert Contigs(["1", "chr1"]).find("NC_000001.1") is None  # either could be meant
    assert Contigs(["1", "chr1"]).find("chr1") == "chr1"
    assert canonical("NC_000024.9") == canonical("chrY")
