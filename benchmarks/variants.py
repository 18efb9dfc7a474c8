"""Variants: speed, spellings, the null, kills, and measured variants. Prints JSON.

    python benchmarks/variants.py tert        GABPA's model and every substitution of the TERT promoter (../shared)
    python benchmarks/variants.py cagi        a model of activities and the eQTL variants of CAGI 4 (../shared)
    python benchmarks/variants.py spelling    indels and MNVs rolled, padded, joined, doubled, and by bcftools norm
    python benchmarks/variants.py null        p-values of random changes in shuffled sequences
    python benchmarks/variants.py kills       a command that is killed again and again
    python benchmarks/variants.py snvs        a million substitutions, VCF to VCF
    python benchmarks/variants.py indels      100,000 insertions and deletions, VCF to VCF
    python benchmarks/variants.py tangermeme  against tangermeme's variant_effect in alternation

`--out-folder=FOLDER` keeps runs and files there, and uses a run that is there already. Seconds of the CPU are of all
threads, beside those of the wall: on a machine that others use too, the first say more.
"""

import argparse
import multiprocessing
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.stats
import torch
from results import Recorder, add_out
from variants_measured import cagi, gabpa_run, tert

from motiflens.apply.variants.alleles import left_aligned, trimmed
from motiflens.apply.variants.config import VariantConfig
from motiflens.apply.variants.fields import FalseDiscovery
from motiflens.apply.variants.null import Null, random_changes, with_kinds
from motiflens.apply.variants.scores import Scorer
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.ensemble import Model
from motiflens.model.output import output_for
from motiflens.model.predict import predict_logits
from motiflens.model.presets import build_network
from motiflens.model.store import load_model, save_model
from motiflens.run.folder import Run, RunWriter
from motiflens.run.schema.info import RunInfo
from motiflens.sequence.alphabet import encode, one_hot
from motiflens.sequence.shuffle import dinucleotide_shuffle
from motiflens.workflow.variant_job import VariantOptions, held_out_codes
from motiflens.workflow.variants import score_variants

LENGTH = 200


def untrained_run(folder: Path, *, strands: str = "both", seed: int = 0) -> Path:
    """Return a run of an additive model of 200 bp with random weights, which is as fast as a trained one."""
    path = folder / f"untrained-{strands}"
    if path.exists():
        return path
    torch.manual_seed(seed)
    network = build_network(AdditiveConfig(), length=LENGTH, n_outputs=1).eval()
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    network.get_parameter("mix").data = torch.tensor([[1.0], [0.3], [0.4]])
    output = output_for(("other", "bound"))
    model = Model(members=[network], config=AdditiveConfig(), output=output, strands=strands)  # type: ignore[arg-type]
    with RunWriter(path) as writer:
        save_model(writer.model_folder, model)
        facts = {"command": "", "task": "binary", "classes": ("other", "bound"), "positive": "bound", "seed": seed}
        writer.seal(RunInfo.model_validate(facts | {"explained": ("bound",), "length": LENGTH}))
    return path


def genome_of(path: Path, length: int, *, seed: int = 0, repeats: bool = False) -> str:
    """Write a random genome of one contig and return its letters; with `repeats` many alleles can be shifted."""
    rng = np.random.default_rng(seed)
    text = rng.choice(np.frombuffer(b"ACGT", np.uint8), length).tobytes().decode()
    if repeats:
        units = ["A", "CA", "AAT", "GATA", "G"]
        pieces = [text[i : i + 20] + str(rng.choice(units)) * int(rng.integers(1, 8)) for i in range(0, length, 20)]
        text = "".join(pieces)
    path.write_text(">chr1\n" + "\n".join(text[i : i + 60] for i in range(0, len(text), 60)) + "\n")
    return text


HEADER = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def write_vcf(path: Path, rows: list[tuple[int, str, str, str]]) -> None:
    """Write rows of 0-based position, ID, REF, ALT."""
    lines = (f"chr1\t{pos + 1}\t{name}\t{ref}\t{alt}\t.\t.\t.\n" for pos, name, ref, alt in rows)
    path.write_text(HEADER + "".join(lines))


def values_by_id(path: Path) -> dict[str, set[tuple[str, ...]]]:
    """Return the scores that lines of each ID have, as the file spells them."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            fields = line.split("\t")
            info = dict(part.split("=") for part in fields[7].split(";") if "=" in part)
            names = fields[2].split("+")
            for i, name in enumerate(names):
                keys = ("ML_REF", "ML_ALT", "ML_DELTA", "ML_SKIP")
                found.setdefault(name, set()).add(
                    tuple(info.get(key, "." * 1).split(",")[i] if info.get(key) else "." for key in keys)
                )
    return found


def spelling(record: Recorder, folder: Path, count: int) -> None:
    run = untrained_run(folder)
    genome = genome_of(folder / "repeats.fa", 400_000, repeats=True)
    rng = np.random.default_rng(1)
    rows: list[tuple[int, str, str, str]] = []
    edits = []
    for i in range(count):
        start, size = int(rng.integers(1000, len(genome) - 1000)), int(rng.integers(0, 6))
        ref = genome[start : start + size]
        alt = "".join(rng.choice(list("ACGT"), rng.integers(0, 6)))
        kind = rng.random()
        if kind < 0.4:
            alt = ref * int(rng.integers(0, 3)) if size else genome[start - 2 : start]
        elif kind < 0.7:  # a substitution of several letters
            alt = "".join(rng.choice(list("ACGT"), size))
        if ref == alt:
            alt = ref + "A"
        edits.append((start, f"v{i}", ref, alt))
        for _ in range(3):
            left, right = int(rng.integers(1, 9)), int(rng.integers(0, 9))
            before, after = genome[start - left : start], genome[start + size : start + size + right]
            rows.append((start - left, f"v{i}", before + ref + after, before + alt + after))
        allele = left_aligned(trimmed(start, ref, alt), genome.__getitem__)
        shifted = allele.start
        while not (allele.ref and allele.alt) and rng.random() < 0.8:  # rolled to the right as far as it means the same
            moving = allele.ref or allele.alt
            step = shifted - allele.start
            if genome[shifted + len(allele.ref)] != moving[step % len(moving)]:
                break
            shifted += 1
        step = shifted - allele.start
        moving = allele.ref or allele.alt
        turned = moving[step % len(moving) :] + moving[: step % len(moving)] if step else moving
        anchor = genome[shifted - 1]
        if not (allele.ref and allele.alt):
            pair = (anchor + turned, anchor) if allele.ref else (anchor, anchor + turned)
            rows.append((shifted - 1, f"v{i}", *pair))
    rows += rows  # every line twice
    joined = [(pos, f"{name}+{name}", ref, f"{alt},{alt}") for pos, name, ref, alt in rows[: count // 2]]
    write_vcf(folder / "spelled.vcf", sorted(rows + joined))
    options = VariantOptions(genome=str(folder / "repeats.fa"))
    score_variants(run, str(folder / "spelled.vcf"), folder / "spelled_out.vcf", options=options)
    found = values_by_id(folder / "spelled_out.vcf")
    one = sum(len(values) == 1 for values in found.values())
    row = {"part": "spelling", "variants": count, "spellings": len(rows) + len(joined), "same_to_the_bit": one}
    if shutil.which("bcftools"):
        for name, more in (("norm", []), ("split", ["-m", "-any"])):
            call = ["bcftools", "norm", "-f", str(folder / "repeats.fa"), *more, str(folder / "spelled.vcf")]
            done = subprocess.run(call, capture_output=True, text=True, check=True)
            text = done.stdout if name == "norm" else done.stdout.replace("+", "x")
            if name == "split":
                lines = [line.split("\t") for line in done.stdout.splitlines()]
                text = "".join(
                    "\t".join([*f[:2], f[2].split("+")[0], *f[3:]] if len(f) > 3 else f) + "\n" for f in lines
                )
            (folder / f"{name}.vcf").write_text(text)
            score_variants(run, str(folder / f"{name}.vcf"), folder / f"{name}_out.vcf", options=options)
            other = values_by_id(folder / f"{name}_out.vcf")
            row[f"same_after_bcftools_{name}"] = sum(other[key] == found[key] for key in found)
    record(row)
    record(brute_force(run, genome, edits[:1000], values_by_id(folder / "spelled_out.vcf")))


def brute_force(run: Path, genome: str, edits: list, found: dict[str, set[tuple[str, ...]]]) -> dict:
    """Return how far changes are from two plain predictions of windows cut out of the edited contig."""
    model = load_model(run / "model")
    pairs, deltas = [], []
    for start, name, ref, alt in edits:
        allele = left_aligned(trimmed(start, ref, alt), genome.__getitem__)
        r, a = len(allele.ref), len(allele.alt)
        edited = genome[: allele.start][-2 * LENGTH :] + allele.alt + genome[allele.start + r :][: 2 * LENGTH]
        first = allele.start - (LENGTH // 2 - r // 2)
        second = min(allele.start, 2 * LENGTH) - (LENGTH // 2 - a // 2)
        pairs.append((genome[first : first + LENGTH], edited[second : second + LENGTH]))
        deltas.append(float(next(iter(found[name]))[2]))
    logits = [predict_logits(model, encode([pair[i] for pair in pairs]))[:, 0] for i in range(2)]
    error = np.abs(np.array(deltas) - (logits[1].astype(float) - logits[0]))
    return {
        "part": "spelling",
        "against_two_predictions": len(pairs),
        "largest_difference": float(f"{error.max():.1e}"),
    }


def null(record: Recorder, folder: Path, count: int) -> None:
    """Random changes in shuffled sequences, by a null of the run's own sequences and by one of other shuffles."""
    run = Run.load(gabpa_run(folder))
    model = load_model(run.model_folder)
    scorer = Scorer(model)
    held_out = held_out_codes(run)
    shuffles = [dinucleotide_shuffle(held_out, copies=40, seed=seed).reshape(-1, held_out.shape[1]) for seed in (1, 2)]
    kinds = {
        "substitution_1": count,
        "insertion_1": count // 5,
        "deletion_3-4": count // 5,
        "replacement_5-8": count // 5,
    }
    config = VariantConfig(null_substitutions=count, null_changes=count // 5)
    nulls = {
        "held-out": with_kinds(Null(), kinds, scorer, held_out=held_out, seed=0, config=config),
        "shuffled": with_kinds(Null(), kinds, scorer, held_out=shuffles[0], seed=0, config=config),
    }
    for kind, n in kinds.items():
        windows = random_changes(kind, shuffles[1], np.random.default_rng(5), count=n)
        deltas = scorer.deltas(windows).delta
        for name, one in nulls.items():
            p = one.p_values(kind, deltas)
            size = one.effects[kind].shape[1]
            uniform = (np.arange(size) + 1) / (size + 1)
            discovery = FalseDiscovery()
            some = p[: min(20_000, n)]
            discovery.add(some)
            record(
                {
                    "part": "null", "kind": kind, "null": name, "changes": n,
                    "ks": round(float(scipy.stats.ks_2samp(p[:, 0], uniform).statistic), 4),
                    "ks_p": float(f"{scipy.stats.ks_2samp(p[:, 0], uniform).pvalue:.2g}"),
                    "p_below_.05": round(float((p <= 0.05).mean()), 4),
                    "p_below_.001": round(float((p <= 0.001).mean()), 5),
                    "q_below_.05": int((discovery.q_values(some) <= 0.05).sum()), "of": len(some),
                }
            )  # fmt: skip


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(call: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), cpu_seconds()
    call()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def speed(record: Recorder, folder: Path, kind: str, *, count: int, genome_length: int) -> None:
    """Time the whole command, in a process of its own, on sorted variants of a genome."""
    fasta, vcf, out = folder / "big.fa", folder / f"{kind}.vcf", folder / f"{kind}_out.vcf"
    genome = genome_of(fasta, genome_length)
    rng = np.random.default_rng(2)
    places = np.unique(rng.integers(1000, genome_length - 1000, count + count // 10))
    places = np.sort(rng.choice(places, count, replace=False))
    rows = []
    for i, at in enumerate(places.tolist()):
        ref = genome[at]
        others = [base for base in "ACGT" if base != ref]
        if kind == "snvs":
            rows.append((at, f"s{i}", ref, others[i % 3]))
        elif i % 2:
            rows.append((at, f"s{i}", ref, ref + "".join(others[: 1 + i % 3])))
        else:
            rows.append((at, f"s{i}", genome[at : at + 2 + i % 5], ref))
    write_vcf(vcf, rows)
    del genome, rows
    for strands in ("forward", "both"):
        run = untrained_run(folder, strands=strands)
        call = [sys.executable, "-m", "motiflens", "variants", str(run), str(vcf), "--genome", str(fasta)]
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([*call, "--out", str(out), "--device", "cpu"], check=True, capture_output=True)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        record(
            {
                "part": kind, "count": count, "genome": genome_length, "strands": strands,
                "threads": torch.get_num_threads(), "wall_seconds": round(wall, 1), "cpu_seconds": round(cpu, 1),
                "cpu_microseconds_each": round(1e6 * cpu / count, 1), "peak_mb": round(after.ru_maxrss / 1024),
            }
        )  # fmt: skip


def kills(record: Recorder, folder: Path, count: int) -> None:
    """Kill a command at random moments; the same command goes on, and its output is that of one that was not killed."""
    run = untrained_run(folder)
    genome = genome_of(folder / "small.fa", 300_000)
    rng = np.random.default_rng(3)
    rows = [(at, f"s{at}", genome[at], "ACGT".replace(genome[at], "")[0]) for at in range(1000, 299_000, 15)]
    write_vcf(folder / "kills.vcf", rows)
    options = VariantOptions(genome=str(folder / "small.fa"), config=VariantConfig(block=500), device="cpu")
    parts = ("whole.vcf.gz", "whole.vcf.gz.tbi", "whole.html")

    def call(name: str) -> None:
        score_variants(run, str(folder / "kills.vcf"), folder / name, options=options)

    torch.set_num_threads(1)
    call("whole.vcf.gz")  # also compiles, so that the processes below are alike
    started = time.perf_counter()
    call("whole.vcf.gz")
    seconds = time.perf_counter() - started
    whole = {part: (folder / part).read_bytes() for part in parts}
    killed, finished, half, resumed, equal, ended = 0, 0, 0, 0, 0, False
    while killed < count or not ended:
        done = blocks_in(folder / ".killed.vcf.gz.partial")
        process = multiprocessing.get_context("fork").Process(target=call, args=("killed.vcf.gz",))
        process.start()
        process.join(float(rng.uniform(0.05, 0.6)) * seconds if killed < count else None)
        ended = not process.is_alive()
        if not ended:
            process.kill()
            process.join()
            killed += 1
            made = [folder / part.replace("whole", "killed") for part in parts]
            half += sum(file.exists() and file.read_bytes() != whole[f"whole{file.name[6:]}"] for file in made)
            resumed += done > 0
            continue
        assert process.exitcode == 0
        finished += 1
        resumed += done > 0
        same = [(folder / part.replace("whole", "killed")).read_bytes() == whole[part] for part in parts[:2]]
        equal += all(same)
        for part in parts:
            (folder / part.replace("whole", "killed")).unlink()
    left = [file.name for file in folder.iterdir() if file.name.startswith(".killed")]
    record(
        {
            "part": "kills", "variants": len(rows), "kills": killed, "half_written": half, "began_with_blocks": resumed,
            "finished": finished, "equal_to_the_byte": equal, "left_over": left,
        }
    )  # fmt: skip


def blocks_in(folder: Path) -> int:
    """Return how many blocks a killed call has left."""
    return len(list(folder.glob("block_*"))) if folder.is_dir() else 0


def against_tangermeme(record: Recorder, folder: Path, count: int, repeats: int) -> None:
    """The same weights and the same windows, in memory, in alternation."""
    from tangermeme.variant_effect import substitution_effect

    model = replace(load_model(untrained_run(folder, strands="forward") / "model"))
    module = model.module()
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (count, LENGTH)).astype(np.uint8)
    edited = codes.copy()
    edited[:, LENGTH // 2] = (edited[:, LENGTH // 2] + 1) % 4
    x = torch.from_numpy(one_hot(codes))
    edits = torch.stack(
        (
            torch.arange(count),
            torch.full((count,), LENGTH // 2),
            torch.from_numpy(edited[:, LENGTH // 2].astype(np.int64)),
        ),
        1,
    )
    scorer = Scorer(model)
    results: dict[str, np.ndarray] = {}

    def ours() -> None:
        logits = scorer.predictor.logits(codes, edited)[:, 0]
        results["ours"] = logits[1] - logits[0]

    def theirs() -> None:
        before, after = substitution_effect(module, x, edits, device="cpu")
        results["theirs"] = (after - before).numpy()

    ours()
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(repeats):
        seconds["ours"].append(timed(ours)[1])
        seconds["theirs"].append(timed(theirs)[1])
    ratio = np.median(np.array(seconds["theirs"]) / np.array(seconds["ours"]))
    record(
        {
            "part": "tangermeme", "against": "tangermeme substitution_effect", "variants": count, "repeats": repeats,
            "cpu_microseconds_ours": round(1e6 * float(np.median(seconds["ours"])) / count, 1),
            "cpu_microseconds_tangermeme": round(1e6 * float(np.median(seconds["theirs"])) / count, 1),
            "times_faster": round(float(ratio), 1),
            "largest_difference": float(f"{np.abs(results['ours'] - results['theirs']).max():.1e}"),
        }
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("tert", "cagi", "spelling", "null", "kills", "snvs", "indels", "tangermeme")
    parser.add_argument("part", choices=parts)
    parser.add_argument("--count", type=int, help="variants, changes or kills; of tert, peaks")
    parser.add_argument("--genome", type=int, default=100_000_000, help="letters of the genome of snvs and indels")
    parser.add_argument("--out-folder", type=Path, help="where runs and files are kept")
    add_out(parser)
    args = parser.parse_args()
    record, count = Recorder(args.out), args.count
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.out_folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if args.part == "tert":
            tert(record, folder, count)
        elif args.part == "cagi":
            cagi(record)
        elif args.part == "spelling":
            spelling(record, folder, count or 10_000)
        elif args.part == "null":
            null(record, folder, count or 100_000)
        elif args.part == "kills":
            kills(record, folder, count or 50)
        elif args.part == "tangermeme":
            against_tangermeme(record, folder, count or 2000, 5)
        else:
            many = {"snvs": 1_000_000, "indels": 100_000}[args.part]
            speed(record, folder, args.part, count=count or many, genome_length=args.genome)


if __name__ == "__main__":
    main()
