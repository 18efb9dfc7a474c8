"""A synthetic but realistic run, written through the run API: the model is a position-wise log-odds table."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter1d
from scipy.stats import fisher_exact
from sklearn.linear_model import LogisticRegression

from motiflens.data.audit.finding import Audit, Finding
from motiflens.evaluation.assessment import assess
from motiflens.evaluation.verdict import verdict
from motiflens.model.output import output_for
from motiflens.motifs.motif import Motif
from motiflens.run.folder import Attributions, Run, RunWriter
from motiflens.run.schema.checks import AuditRecord
from motiflens.run.schema.info import NetworkInfo, RunInfo, Source, Stage
from motiflens.run.schema.metrics import Metrics
from motiflens.run.schema.motifs import (
    ClassGrammar,
    DiscoveryCounts,
    Effect,
    Enrichment,
    KnownMatch,
    MotifEffects,
    MotifEntry,
    MotifPair,
    MotifRecord,
    PairInteraction,
    PositionCounts,
    Spacing,
)
from motiflens.sequence.alphabet import encode, one_hot

SCALES = (3, 7, 15, 25)


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A motif in every sequence of class `target`, around position `start`."""

    target: int
    start: int
    consensus: str  # lower case: half conserved; N: free


@dataclass(frozen=True, kw_only=True)
class Example:
    """Labelled sequences and where their motifs lie."""

    codes: np.ndarray
    labels: np.ndarray
    ids: np.ndarray
    classes: tuple[str, ...]
    planted: tuple[Planted, ...]


KNOWN = {0: ("SD0001", "SD0003"), 1: ("SA0001",)}  # by class: names of motifs said to be similar
SPLICE = (
    Planted(target=0, start=27, consensus="aGGTaAGt"),
    Planted(target=1, start=14, consensus="ttttttcttttNcAGg"),
)
PROMOTER = (Planted(target=1, start=20, consensus="TATAaAa"), Planted(target=1, start=44, consensus="cCAATc"))


def simulate(
    classes: tuple[str, ...], planted: tuple[Planted, ...], *, n: int, length: int = 60, seed: int = 0
) -> Example:
    """n random sequences with the motifs of their class; about one sequence in eight lacks them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(classes), n)
    codes = rng.integers(0, 4, (n, length)).astype(np.uint8)
    for motif in planted:
        strength = np.array([0.0 if b == "N" else 0.9 if b.isupper() else 0.5 for b in motif.consensus])
        bases = encode([motif.consensus.replace("N", "A")])[0]
        window = slice(motif.start, motif.start + len(bases))
        present = (labels == motif.target) & (rng.random(n) < 0.88)
        planted_here = rng.random((n, len(bases))) < strength
        codes[:, window] = np.where(planted_here & present[:, None], bases, codes[:, window])
    codes[0, 5] = 4
    ids = np.array([f"{classes[label]}-{i:04d}" for i, label in enumerate(labels)])
    return Example(codes=codes, labels=labels, ids=ids, classes=classes, planted=planted)


def splice(n: int = 600) -> Example:
    return simulate(("EI", "IE", "N"), SPLICE, n=n)


def binary(n: int = 400) -> Example:
    return simulate(("background", "promoter"), PROMOTER, n=n)


def tiny() -> Example:
    return simulate(("no", "yes"), (Planted(target=1, start=4, consensus="TATa"),), n=60, length=14)


def make_run(path: Path, example: Example, *, with_motifs: bool = True, force: bool = False) -> Run:
    """Write the run of a position-wise model of the example."""
    split = np.random.default_rng(1).choice(["train", "val", "test"], len(example.labels), p=[0.6, 0.2, 0.2])
    weights, bias = position_weights(example, split == "train")
    logits = bias + (weights[None] * one_hot(example.codes)[:, None]).sum((2, 3))
    probabilities = np.exp(logits - logits.max(1, keepdims=True))
    probabilities /= probabilities.sum(1, keepdims=True)
    test = split == "test"
    found = motifs_of(example, weights, test) if with_motifs else ([], [])
    with RunWriter(path, force=force, resume_key="fixture") as writer:
        (writer.model_folder / "config.json").write_text("{}")
        writer.write(
            metrics=metrics_of(example, probabilities, split),
            history=history(),
            predictions=predictions_of(example, probabilities, split),
            motifs=motif_record(example, *found),
            meme="MEME version 4\n",
            hits=hits_of(example, found[0], test),
            attributions=attributions_of(example, weights, probabilities, test),
            audit=audit_of(example),
        )
        return writer.seal(info_of(example, split))


def audit_of(example: Example) -> AuditRecord:
    """Two findings; the first names the first record."""
    copies = Finding(
        name="copies",
        severity="warning",
        text="1 records repeat another one",
        remedy="keep one of each",
        count=1,
        records=(str(example.ids[0]),),
    )
    gc = Finding(name="gc_content", severity="note", text="GC content alone tells the classes apart with AUROC 0.62")
    audit = Audit(findings=(copies, gc), records=len(example.labels), similarity="80 % identical letters")
    return AuditRecord.model_validate(audit)


def position_weights(example: Example, train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression by position: contributions (classes, 4, length) centred over the bases, and the biases."""
    x = one_hot(example.codes).reshape(len(example.codes), -1)
    fitted = LogisticRegression(C=0.05, max_iter=300).fit(x[train], example.labels[train])
    flat, bias = fitted.coef_, fitted.intercept_
    if len(flat) == 1:
        flat, bias = np.stack([-flat[0], flat[0]]) / 2, np.stack([-bias[0], bias[0]]) / 2
    weights = flat.reshape(len(flat), 4, -1)
    means = weights.mean(1, keepdims=True)
    return weights - means, bias + means.sum((1, 2))


def predictions_of(example: Example, probabilities: np.ndarray, split: np.ndarray) -> pd.DataFrame:
    names = np.array(example.classes)[example.labels]
    columns = {f"p_{name}": probabilities[:, c].round(6) for c, name in enumerate(example.classes)}
    return pd.DataFrame({"id": example.ids, "split": split, "label": names, **columns})


def attributions_of(example: Example, weights: np.ndarray, probabilities: np.ndarray, rows: np.ndarray) -> Attributions:
    """A row for each sequence and target: every class is a target, of two classes the second."""
    rng = np.random.default_rng(2)
    targets = np.array([1] if len(example.classes) == 2 else range(len(example.classes)))
    which = np.flatnonzero(rows)
    index, target = np.repeat(which, len(targets)), np.tile(targets, len(which))
    noise = 0.02 * rng.standard_normal((len(index), 4, example.codes.shape[1]))
    seen = weights[target] * (0.8 + 0.4 * rng.random((len(index), 1, 1))) + noise
    importance = np.abs(weights).max((0, 1))
    smooth = np.stack([uniform_filter1d(importance, w) for w in (3, 7, 15, 25)])
    attention = (smooth * (0.6 + 0.8 * rng.random((len(which), *smooth.shape)))).repeat(len(targets), axis=0)
    names = np.array(example.classes)
    return Attributions(
        hypothetical=(seen - seen.mean(1, keepdims=True)).astype(np.float32),
        codes=example.codes[index],
        ids=example.ids[index],
        target=names[target],
        label=names[example.labels[index]],
        probability=probabilities[index, target].astype(np.float32),
        method="in-silico mutagenesis",
        attention_widths=SCALES,
        attention=(attention / attention.sum(2, keepdims=True)).astype(np.float32),
    )


def motifs_of(example: Example, weights: np.ndarray, test: np.ndarray) -> tuple[list[MotifEntry], list[MotifEntry]]:
    """The planted motifs, and two windows without evidence."""
    supported = [
        motif_entry(example, weights, test, f"motif_{i + 1}", p.target, p.start, len(p.consensus))
        for i, p in enumerate(example.planted)
    ]
    doubtful = [
        motif_entry(example, weights, test, f"motif_{len(supported) + i + 1}", 0, start, 6).model_copy(
            update={"reason": "found in 11 % of the held-out EI sequences and 9 % of the others: q = 0.41"}
        )
        for i, start in enumerate((0, 7))
    ]
    return supported, doubtful


def motif_entry(
    example: Example, weights: np.ndarray, test: np.ndarray, name: str, target: int, start: int, width: int
) -> MotifEntry:
    window = slice(start, start + width)
    x = one_hot(example.codes)[:, :, window]
    of_class = example.labels == target
    p = x[of_class].mean(0) + 0.005
    motif = Motif(name=name, probabilities=(p / p.sum(0)).astype(float), sites=int(of_class.sum()))
    hits = scan(motif, example.codes)
    count = np.bincount(hits[0], minlength=len(example.codes))
    with_hit, held = count > 0, of_class & test
    table = [
        [int((with_hit & test & group).sum()), int((~with_hit & test & group).sum())] for group in (of_class, ~of_class)
    ]
    p_value = float(fisher_exact(table, alternative="greater")[1])
    bins = np.arange(0, example.codes.shape[1] + 3, 3)
    rng = np.random.default_rng(width)
    jittered = np.clip(motif.probabilities + 0.08 * rng.random((4, width)), 0, None)[:, 1:]
    return MotifEntry(
        name=name,
        consensus=motif.consensus,
        target=example.classes[target],
        direction="for",
        probabilities=motif.probabilities,
        contributions=weights[target][:, window] * motif.probabilities,
        sites=motif.sites,
        seqlets=int(0.7 * motif.sites),
        contribution_fraction=0.4 / (1 + target),
        sources=("contributions",),
        enrichment=Enrichment(
            positives_with=table[0][0],
            positives=int(held.sum()),
            negatives_with=table[1][0],
            negatives=int((test & ~of_class).sum()),
            p=p_value,
            q=min(1.0, 3 * p_value),
        ),
        tested_on="held-out halves",
        replicated_in=2,
        position_window=None,
        positions=PositionCounts(
            start=0,
            bin=3,
            counts=np.histogram(hits[1][of_class[hits[0]]] + width // 2, bins)[0].tolist(),
            others=np.histogram(hits[1][~of_class[hits[0]]] + width // 2, bins)[0].tolist(),
        ),
        per_sequence={
            **{str(k): int((count[of_class] == k).sum()) for k in range(3)},
            "3+": int((count[of_class] >= 3).sum()),
        },
        matches=tuple(
            KnownMatch(
                name=label,
                accession=f"{label}.1",
                collection="SPLICE",
                p=10.0 ** -(9 - 3 * rank),
                q=10.0 ** -(7 - 3 * rank),
                offset=1,
                strand="+",
                overlap=width - 1,
                probabilities=jittered / jittered.sum(0),
            )
            for rank, label in enumerate(KNOWN.get(target, ()))
        ),
        effect=MotifEffects(
            insertion=Effect(mean=1.42, low=1.3, high=1.55, n=200),
            ablation=Effect(mean=-1.1, low=-1.2, high=-0.98, n=150),
        ),
    )


def scan(motif: Motif, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sequence, start and score in bits of each window above two thirds of the best possible score."""
    pwm = np.vstack([motif.pwm(pseudocount=0.05), np.full(motif.width, -3.0)])
    windows = np.lib.stride_tricks.sliding_window_view(codes, motif.width, axis=1)
    scores = pwm[windows, np.arange(motif.width)].sum(2)
    row, start = np.nonzero(scores > 0.6 * pwm.max(0).sum())
    return row, start, scores[row, start]


def hits_of(example: Example, motifs: list[MotifEntry], rows: np.ndarray) -> pd.DataFrame:
    tables = [pd.DataFrame(columns=["sequence_id", "start", "end", "strand", "motif", "score", "p", "q"])]
    for entry in motifs:
        motif = Motif(name=entry.name, probabilities=entry.probabilities)
        row, start, score = scan(motif, example.codes)
        kept = rows[row]
        row, start, score = row[kept], start[kept], score[kept]
        columns = {"sequence_id": example.ids[row], "start": start, "end": start + motif.width, "strand": "+"}
        columns |= {
            "motif": motif.name,
            "score": score.round(3),
            "p": 2.0**-score,
            "q": np.minimum(1, 60 * 2.0**-score),
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables[1:], ignore_index=True) if motifs else tables[0]


def motif_record(example: Example, supported: list[MotifEntry], doubtful: list[MotifEntry]) -> MotifRecord:
    count = len(supported)
    letters = np.bincount(example.codes[example.codes < 4], minlength=4) / (example.codes < 4).sum()
    return MotifRecord(
        classes=example.classes,
        background=tuple(letters.tolist()),
        database="SPLICE",
        discovery=DiscoveryCounts(
            explained_sequences=len(example.labels),
            seqlets_called=912 if count else 14,
            seqlets_kept=640 if count else 0,
            clusters=count + len(doubtful),
            note="" if count else "No stretch stands out from the shuffled sequences: the attributions are flat.",
        ),
        motifs=tuple(supported),
        not_supported=tuple(doubtful),
        grammar=tuple(grammar_of(name, [m for m in supported if m.target == name]) for name in example.classes),
    )


def grammar_of(target: str, motifs: list[MotifEntry]) -> ClassGrammar:
    """The first two motifs of a class keep 17 letters between them; a third with itself does not."""
    if len(motifs) < 2:
        return ClassGrammar(target=target, pairs=())
    counts = [3] * 17 + [88] + [3] * 30
    pair = MotifPair(
        a=motifs[0].name,
        b=motifs[1].name,
        sequences=200,
        with_a=150,
        with_b=140,
        with_both=120,
        expected_both=105.0,
        p=0.001,
        q=0.003,
        spacing=Spacing(
            arrangement="a> b>",
            gap=(17, 17),
            observed=88,
            chance=3.4,
            p=1e-60,
            q=3e-60,
            counts=counts,
            expected=[3.4] * len(counts),
        ),
        interaction=PairInteraction(left=around(1.4), right=around(0.9), both=around(2.9), interaction=around(0.6)),
    )
    alone = {"b": motifs[0].name, "p": 1.0, "q": 1.0, "spacing": None, "interaction": None}
    return ClassGrammar(target=target, pairs=(pair, pair.model_copy(update=alone)))


def around(mean: float) -> Effect:
    return Effect(mean=mean, low=mean - 0.2, high=mean + 0.2, n=200)


def metrics_of(example: Example, probabilities: np.ndarray, split: np.ndarray) -> Metrics:
    y, p = example.labels[split == "test"], probabilities[split == "test"]
    rng = np.random.default_rng(3)
    shares = {"gc_content": 0.02, "kmer_logistic_regression": 0.35, "position_logistic_regression": 0.85}
    baselines = {name: softmix(p, rng, share) for name, share in shares.items()}
    metrics = assess(y, p, baselines, classes=example.classes, seed=0, n_bootstrap=20)
    return Metrics.model_validate(metrics | {"verdict": verdict(metrics, counts=counts_of(example, split))})


def softmix(p: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Probabilities of a worse model: `share` of p and the rest noise."""
    mixed = share * p + (1 - share) * rng.dirichlet(np.ones(p.shape[1]), len(p))
    return mixed / mixed.sum(1, keepdims=True)


def counts_of(example: Example, split: np.ndarray) -> dict[str, dict[str, int]]:
    return {
        name: {c: int(((split == name) & (example.labels == i)).sum()) for i, c in enumerate(example.classes)}
        for name in ("train", "val", "test")
    }


def history(epochs: int = 32) -> pd.DataFrame:
    epoch = np.arange(1, epochs + 1)
    rng = np.random.default_rng(4)
    decay = np.exp(-epoch / 6)
    loss, val = 0.05 + 0.9 * decay, 0.12 + 0.8 * decay + 0.002 * epoch + 0.015 * rng.standard_normal(epochs)
    return pd.DataFrame(
        {
            "epoch": epoch,
            "loss": loss,
            "val_loss": val,
            "accuracy": 0.99 - 0.5 * decay,
            "val_accuracy": 0.955 - 0.45 * decay,
            "learning_rate": np.where(epoch < 24, 1e-3, 5e-4),
        }
    )


def bare_info(classes: tuple[str, ...] = ("no", "yes"), **changes: object) -> RunInfo:
    """run.json of a run that holds a model and nothing else."""
    given = {"command": "", "task": "binary", "positive": classes[-1:] and classes[-1], "explained": classes[1:]}
    return RunInfo.model_validate(given | {"classes": classes, "length": 200, "seed": 0} | changes)


def info_of(example: Example, split: np.ndarray) -> RunInfo:
    classes = example.classes
    output = output_for(classes)
    return RunInfo(
        created="2026-03-14T09:26:53+00:00",
        command="motiflens fit splice.csv.gz --out splice-run --seed 7",
        config={"model": {"preset": "additive", "filters": 64}, "training": {"epochs": 60, "batch_size": 64}},
        network=NetworkInfo(preset="additive"),
        parameters=12345,
        strands="forward",
        notes=("profile resolution 1 bp, chosen on validation loss",),
        seed=7,
        seeds=(7,),
        classes=classes,
        positive=output.positive,
        explained=tuple(classes[i] for i in output.explained),
        length=example.codes.shape[1],
        task=output.task,
        data=(Source(path="splice.csv.gz", sha256="3b1f" * 16, records=len(example.labels)),),
        counts=counts_of(example, split),
        device="cpu",
        stages=(
            Stage(name="read and audit", seconds=0.8, peak_memory_mb=310.2),
            Stage(name="train", seconds=74.2, peak_memory_mb=812.0),
            Stage(name="explain", seconds=12.9, peak_memory_mb=940.5),
        ),
        warnings=("185 sequences occur more than once; copies were kept on one side of the split.",),
    )
