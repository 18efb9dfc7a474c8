"""The audit on public sets, with known defects and clean ones; the cost of audit, split and matched negatives.

    python benchmarks/audit.py [--shared ../shared] [--only defects|clean|speed] [--scale 1.0]

Prints a JSON line a set: errors and warnings with their counts; `expected` is what the set's documentation counts, and
`as_expected` whether the audit counts the same (of clean sets: no shuffles, and as many leaks as comparing text finds).
CPU seconds include reading; compilation is done before.
"""

import argparse
import gzip
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from results import Recorder, add_out

from motiflens.data.audit.audit import audit_dataset
from motiflens.data.dataset import Dataset
from motiflens.data.examples import load_promoter, load_splice
from motiflens.data.peaks import read_peaks
from motiflens.data.read import dataset_from_sequences, read_dataset
from motiflens.data.splits import remaining_similarity, split_dataset
from motiflens.sequence.alphabet import decode, reverse_complement

Case = tuple[str, Callable[[], Dataset], dict[str, int]]


def with_defects(data: Path) -> Iterator[Case]:
    """Sets with defects that their documentation counts."""
    enhancers, gue = data / "enhancer-ienhancer", data / "promoter-gue-human-tata"
    parts = {
        p: [f"{c}={enhancers}/{p}_{c}_enhancers.fa.gz" for c in ("strong", "weak", "non")] for p in ("train", "test")
    }
    yield "UCI splice", load_splice, {"copies": 185}
    yield (
        "iEnhancer",
        lambda: read_dataset(parts["train"], test=parts["test"], allow_conflicts=True),
        {"copies_across_test": 100},
    )
    yield "GUE tf4, train and dev", lambda: _gue(data / "tf-gue-human/tf4", "dev"), {"copies_across_test": 358}
    yield "GUE tf4, train alone", lambda: _gue(data / "tf-gue-human/tf4", None), {"copies": 3789}
    yield "GUE prom_300_tata", lambda: _gue(gue / "prom_300_tata", "test"), {"copies_across_test": 6}
    yield "GUE prom_core_tata", lambda: _gue(gue / "prom_core_tata", "test"), {"copies_across_test": 16}
    for file in sorted((data / "tf-deepbind-encode").glob("*_B.seq.gz")):
        yield f"DeepBind {file.name.split('_')[0]} _B", partial(_deepbind, file), {"shuffled_sequences": 500}


def clean(data: Path) -> Iterator[Case]:
    """Sets without known defects of this kind: neither leaks nor shuffles may be found."""
    for number in range(4):
        yield f"GUE tf{number}", partial(_gue, data / f"tf-gue-human/tf{number}", "test"), {}
    peaks, promoters, sigma = (
        data / "tf-oct4-vs-mafk",
        data / "promoter-arabidopsis-nontata",
        data / "promoter-ecoli-sigma70",
    )
    train, test = ([f"{c}={peaks}/{c}.{part}.fa.gz" for c in ("oct4", "mafk")] for part in ("train", "test"))
    yield "OCT4 against MAFK", lambda: read_dataset(train, test=test), {}
    yield "UCI promoters", load_promoter, {}
    sequences = [f"promoter={promoters}/Arabidopsis_non_tata.fa.gz", f"gene={promoters}/Arabidopsis_non_prom_big.fa.gz"]
    yield "Arabidopsis promoters", lambda: _fasta(sequences), {}
    yield (
        "sigma 70 promoters",
        lambda: _fasta([f"promoter={sigma}/Ecoli_prom.fa.gz", f"other={sigma}/Ecoli_non_prom.fa.gz"]),
        {},
    )
    table = data / "enhancer-human-cohn-test/human_enhancers_cohn.test.csv.gz"
    yield "Cohn enhancers", lambda: _frame(pd.read_csv(table), "sequence", "target"), {}
    yield "random letters, 20,000 x 200", lambda: _random(20_000), {}


def _gue(stem: Path, held_out: str | None) -> Dataset:
    test = [f"{stem}.{held_out}.csv.gz"] if held_out else []
    return read_dataset([f"{stem}.train.csv.gz"], test=test, allow_conflicts=True)


def _fasta(pairs: list[str]) -> Dataset:
    """Files whose ids repeat: read as text, numbered."""
    sequences, labels = [], []
    for pair in pairs:
        label, _, path = pair.partition("=")
        with gzip.open(path, "rt") as file:
            found = ["".join(record.split("\n")[1:]).strip() for record in file.read().split(">")[1:]]
        found = [text for text in found if text]  # one record of the Arabidopsis set is empty
        sequences += found
        labels += [label] * len(found)
    return _frame(pd.DataFrame({"sequence": sequences, "label": labels}), "sequence", "label")


def _deepbind(file: Path) -> Dataset:
    return _frame(pd.read_csv(file, sep="\t"), "seq", "Bound")


def _frame(table: pd.DataFrame, sequence: str, label: str) -> Dataset:
    table = table[table.groupby(sequence)[label].transform("nunique") == 1]
    return dataset_from_sequences(table[sequence].tolist(), table[label].tolist())


def _random(n: int, *, length: int = 200) -> Dataset:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (n, length)).astype(np.uint8)
    ids = np.char.add("s", np.arange(n).astype(str))
    return Dataset(codes=codes, labels=np.arange(n) % 2, classes=("no", "yes"), ids=ids)


def copies_across_test(dataset: Dataset) -> int:
    """Test records that are in training on either strand, by comparing text."""
    if dataset.split is None:
        return 0
    texts = [min(decode(row), decode(reverse_complement(row))) for row in dataset.codes]
    known = {text for text, part in zip(texts, dataset.split, strict=True) if part != "test"}
    return sum(text in known for text, part in zip(texts, dataset.split, strict=True) if part == "test")


def verdict(case: Case) -> dict[str, object]:
    """What the audit says of one set."""
    name, read, expected = case
    start = time.process_time()
    dataset = read()
    audit = audit_dataset(dataset)
    counts = {finding.name: finding.count for finding in audit.findings}
    leaked = counts.get("copies_across_test", 0)
    invented = "shuffled_sequences" in counts or leaked != copies_across_test(dataset)
    known = {key: counts.get(key, 0) for key in expected}
    ok = all(known[key] >= 0.9 * n if key == "shuffled_sequences" else known[key] == n for key, n in expected.items())
    return {
        "set": name,
        "records": len(dataset),
        "expected": expected,
        "as_expected": ok and (bool(expected) or not invented),
        **{severity: {f.name: f.count for f in audit.of(severity)} for severity in ("error", "warning", "note")},
        "cpu_seconds": round(time.process_time() - start, 1),
    }


def speed(data: Path, scale: float) -> Iterator[dict[str, object]]:
    """Audit and split of 100,000 x 200 bp, and matched negatives for 10,000 peaks."""
    dataset = _random(int(100_000 * scale))
    start = time.perf_counter(), time.process_time()
    audit_dataset(dataset)
    yield _cost("audit of 100,000 x 200 bp", start, scale)
    start = time.perf_counter(), time.process_time()
    split = split_dataset(dataset)
    yield _cost("similarity split of 100,000 x 200 bp", start, scale)
    left = remaining_similarity(dataset, split)
    yield {"what": "test records with a near duplicate in training", "count": len(left.test)}
    genome = data / "genome-ecoli-k12/MG1655-K12.fasta.gz"
    starts = np.random.default_rng(0).integers(200, 4_639_000, int(10_000 * scale))
    with tempfile.NamedTemporaryFile("w", suffix=".bed") as bed:
        bed.writelines(f"K-12-MG1655\t{s}\t{s + 200}\n" for s in starts)
        bed.flush()
        start = time.perf_counter(), time.process_time()
        peaks = read_peaks(bed.name, str(genome))
    gc = np.isin(peaks.codes, (1, 2)).mean(axis=1)
    difference = abs(gc[peaks.labels == 0].mean() - gc[peaks.labels == 1].mean())
    cost = _cost("matched negatives for 10,000 peaks", start, scale)
    yield cost | {"negatives": int((peaks.labels == 0).sum()), "gc_difference": round(float(difference), 4)}


def _cost(what: str, start: tuple[float, float], scale: float) -> dict[str, object]:
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    return {"what": what, "scale": scale, "seconds": round(wall, 1), "cpu_seconds": round(cpu, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--only", choices=("defects", "clean", "speed"))
    parser.add_argument("--scale", type=float, default=1.0)
    add_out(parser)
    options = parser.parse_args()
    record = Recorder(options.out)
    data = options.shared / "data"
    audit_dataset(_random(500))  # compiles
    for part, cases in (("defects", with_defects), ("clean", clean)):
        if options.only in (None, part):
            for case in cases(data):
                record(verdict(case))
    if options.only in (None, "speed"):
        for row in speed(data, options.scale):
            record(row)


if __name__ == "__main__":
    main()
