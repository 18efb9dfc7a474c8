"""Measured variants: the TERT promoter and the eQTL variants of CAGI 4. Parts of benchmarks/variants.py."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.stats
from results import ROOT, Recorder, Row
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from motiflens.apply.variants.all_snvs import AllSubstitutions
from motiflens.apply.variants.known_sites import sites_of_run
from motiflens.apply.variants.motif_changes import KnownSite, MotifChange, MotifWatch
from motiflens.apply.variants.null import random_changes
from motiflens.apply.variants.scores import Scorer
from motiflens.apply.variants.windows import Windows
from motiflens.model.store import load_model
from motiflens.regressor import MotifRegressor
from motiflens.run.folder import Run
from motiflens.sequence.alphabet import encode
from motiflens.sequence.kmers import kmer_counts
from motiflens.workflow.fit import fit_files
from motiflens.workflow.settings import settings_from
from motiflens.workflow.variant_job import VariantOptions, held_out_codes
from motiflens.workflow.variants import score_variants

SHARED = ROOT.parent / "shared" / "data"
PEAKS = SHARED / "tf-deepbind-encode" / "GABPA_GM12878_GABP_HudsonAlpha_AC.seq.gz"
TERT, FIRST = SHARED / "variant-tert", 1_294_989  # the position of the element's first letter, counted from 1
CAGI = SHARED / "variant-cagi4-eqtl-mpra"
HOT_SPOTS = {"C228T": (1_295_113, "A"), "C250T": (1_295_135, "A")}
ETS = ("TTCCGG", "CCGGAA")
LENGTH = 150  # letters of the elements of CAGI

Predict = Callable[[list[str]], np.ndarray]


def unpacked(path: Path) -> list[str]:
    """Return the lines of a gzip file."""
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def gabpa_run(folder: Path, count: int | None = None) -> Path:
    """Return the run of the strongest `count` GABPA peaks, or of all, against their shuffles."""
    if not (folder / "gabpa" / "run.json").is_file():
        rows = unpacked(PEAKS)[1:][:count]
        fasta = folder / "gabpa.fa"
        fasta.write_text("".join(f">{row.split()[1]}\n{row.split()[2]}\n" for row in rows))
        fit_files([f"GABPA={fasta}"], folder / "gabpa", settings=settings_from({}))
    return folder / "gabpa"


def tert(record: Recorder, folder: Path, count: int | None) -> None:
    """Every substitution of the TERT promoter whose window lies on the element, by a model of GABPA peaks."""
    run = gabpa_run(folder, count)
    letters = "".join(unpacked(TERT / "tert_reference.fa.gz")[1:])
    (folder / "tert.fa").write_text(f">tert\n{letters}\n")
    (folder / "tert.bed").write_text(f"tert\t0\t{len(letters)}\n")
    out = folder / "tert.tsv"
    options = VariantOptions(genome=str(folder / "tert.fa"))
    score_variants(run, AllSubstitutions(beds=(str(folder / "tert.bed"),)), out, options=options)
    table = pd.read_csv(out, sep="\t", keep_default_na=False, na_values={"delta": [""], "p": [""], "q": [""]})
    table["pos"] += FIRST - 1
    measured = pd.read_csv(TERT / "tert_gbm.tsv.gz", sep="\t")[["pos", "ref", "alt", "log2_effect"]]
    table = table.merge(measured, how="left", on=["pos", "ref", "alt"])
    scored = table[table["skip"] == ""].sort_values("delta", ascending=False, ignore_index=True)
    metrics = Run.load(run).metrics().test
    row = {"part": "tert", "auroc": metrics.auroc, "substitutions": len(table), "scored": len(scored)}
    for method in ("pearson", "spearman"):
        row[f"{method}_with_measured"] = round(float(scored["delta"].corr(scored["log2_effect"], method=method)), 3)
    record(row)
    ets = {entry.name for entry in Run.load(run).motifs().motifs if any(core in entry.consensus for core in ETS)}
    for name, (pos, alt) in HOT_SPOTS.items():
        here = scored[scored["pos"] == pos]
        hot = here[here["alt"] == alt].iloc[0]
        above = scored[scored["delta"] > hot["delta"]]
        others = here[here["alt"] != alt]
        record(
            {
                "part": "tert", "hot_spot": name, "delta": round(float(hot["delta"]), 3), "rank": len(above) + 1,
                "p": float(hot["p"]), "q": float(hot["q"]), "motif": hot["motif"],
                "gained_ets": gained(hot["motif"], ets),
                "gained_ets_by_other_alleles": sum(gained(text, ets) for text in others["motif"]),
                **among_random_changes(run, ets, windows_of(letters, pos - FIRST, alt), float(hot["delta"])),
                "above": [
                    f"{r.pos}{r.ref}>{r.alt} {r.delta:+.2f}, measured {r.log2_effect:+.2f} {r.motif}".strip()
                    for r in above.head(8).itertuples()
                ],
            }
        )  # fmt: skip


def windows_of(letters: str, at: int, alt: str) -> Windows:
    """Return a substitution with 30 letters on either side."""
    codes = encode([letters[at - 30 : at + 31], letters[at - 30 : at] + alt + letters[at + 1 : at + 31]])
    span = np.array([[30, 31]])
    return Windows(rows=np.arange(1), first=codes[:1], second=codes[1:], first_span=span, second_span=span)


def among_random_changes(run_path: Path, names: set[str], hot: Windows, delta: float) -> Row:
    """How many random substitutions of test sequences do what a given one does.

    Of 100,000: the share that gains as good a match of the one of some motifs whose match gets best, the share that
    raises the logit by as much, and how many of these gain a site of one of the motifs, or make one stronger.
    """
    run = Run.load(run_path)
    record = run.motifs()
    sites = [s for s in sites_of_run(record, weak_p_value=1e-3) if s.name.partition("(")[0] in names]

    def changed(windows: Windows, sites: list[KnownSite]) -> list[tuple[MotifChange, ...]]:
        watch = MotifWatch(sites, background=np.array(record.background), strands=record.strands, min_bits=1.0)
        return watch.changes(windows)

    def share(found: list[tuple[MotifChange, ...]], words: set[str]) -> float:
        return float(np.mean([any(change.word in words for change in some) for some in found]))

    best = max(changed(hot, sites)[0], key=lambda change: change.alt)
    same = [replace(site, cut=best.alt, weak=None) for site in sites if site.name == best.name]
    random = random_changes("substitution_1", held_out_codes(run), np.random.default_rng(0), count=100_000)
    large = Scorer(load_model(run.model_folder)).deltas(random).delta[:, 0] >= delta
    spans = {"first_span": random.first_span[large], "second_span": random.second_span[large]}
    there = Windows(rows=np.arange(large.sum()), first=random.first[large], second=random.second[large], **spans)
    return {
        "random_changes_that_gain_as_good_a_site": share(changed(random, same), {"gained"}),
        "random_changes_as_large": float(large.mean()),
        "of_them_at_an_ets_site": share(changed(there, sites), {"gained", "stronger"}),
    }


def gained(text: str, names: set[str]) -> bool:
    """Return whether one of some motifs is gained, by the field of the scored file."""
    changes = [part.split(":") for part in text.split("&") if part]
    return any(change[0] == "gained" and change[1].partition("(")[0] in names for change in changes)


def cagi(record: Recorder) -> None:
    """Variants of eQTLs by what models of the references' activities make of both alleles, trained without the test."""
    known = pd.read_csv(CAGI / "train_df.csv.gz").dropna(subset=["C.A.log2FC", "LogSkew.Comb"])
    known = known.drop_duplicates("ID", ignore_index=True)
    test = pd.read_csv(CAGI / "cagi4_test2.csv.gz")
    answers = pd.read_csv(CAGI / "4-eQTL-causal_SNPs_answer_key2.txt.gz", sep="\t")
    test = test.merge(answers, on="ID")
    values = known["C.A.log2FC"].to_numpy(float)
    for name, fit in {"additive": fitted_model, "kmer_ridge": fitted_ridge}.items():
        found = np.empty((2, len(known)))
        for train, held in GroupKFold(5).split(known, groups=known["chr"].astype(str)):
            predict = fit(letters_of(known["ref_sequence"].iloc[train]), values[train])
            found[:, held] = both(predict, known.iloc[held])
        row = {"part": "cagi", "model": name, "set": "training file, by chromosome out of fold", "n": len(known)}
        record(row | figures(found, known) | {"pearson_activity": correlation(found[0], values)})
        predict = fit(letters_of(known["ref_sequence"]), values)
        row = {"part": "cagi", "model": name, "set": "test file", "n": len(test)}
        record(row | figures(both(predict, test), test))


def letters_of(sequences: pd.Series) -> list[str]:
    """Return sequences of one length: the middle of longer ones, N around shorter ones."""
    found = []
    for text in sequences.str.replace("-", ""):  # of deleted letters
        cut = max(len(text) - LENGTH, 0) // 2
        found.append(text[cut : cut + LENGTH].center(LENGTH, "N"))
    return found


def both(predict: Predict, table: pd.DataFrame) -> np.ndarray:
    """Return the predictions (2, n) of reference and alternative."""
    return np.stack([predict(letters_of(table[name])) for name in ("ref_sequence", "alt_sequence")])


def figures(found: np.ndarray, table: pd.DataFrame) -> dict[str, float | None]:
    """Return how well predictions tell regulatory elements apart, and alleles with skewed expression, and the skew."""
    delta = found[1] - found[0]
    skew, regulatory = table["LogSkew.Comb"].to_numpy(float), table["Regulatory_Hit"]
    several = regulatory.nunique() > 1  # of the test file all are
    return {
        "auroc_regulatory": round(float(roc_auc_score(regulatory, found.max(0))), 3) if several else None,
        "auroc_emvar": round(float(roc_auc_score(table["emVar_Hit"], np.abs(delta))), 3),
        "pearson_skew": correlation(delta, skew),
        "spearman_skew": round(float(scipy.stats.spearmanr(delta, skew).statistic), 3),
    }


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's r."""
    return round(float(scipy.stats.pearsonr(a, b).statistic), 3)


def fitted_model(sequences: list[str], values: np.ndarray) -> Predict:
    """Return the predictions of the default model of numbers."""
    model = MotifRegressor(seed=0).fit(sequences, values)
    return lambda texts: np.asarray(model.predict(texts))


def fitted_ridge(sequences: list[str], values: np.ndarray) -> Predict:
    """Return the predictions of a ridge on the standardised counts of k-mers of 1 to 6 letters, of both strands."""

    def counts(texts: list[str]) -> np.ndarray:
        return kmer_counts(encode(texts), range(1, 7), canonical=True).matrix.toarray()

    model = make_pipeline(StandardScaler(), RidgeCV(np.geomspace(10, 1e6, 16))).fit(counts(sequences), values)
    return lambda texts: model.predict(counts(texts))
