"""Measured activities: Pearson's r on test rows, beside ridges on k-mers and on letters at their positions.

    python benchmarks/activities.py [--data ../shared/data] [--sets leaf ...] [--seeds 1] [--ensemble 1]
                                    [--preset additive] [--rows N]

A row has the default fit of one seed on one set and target: Pearson's r, the share of test rows within the predictive
interval (nominal .95), seconds; and the r of both ridges, standardised counts of k-mers of 1 to 6 letters (both
strands where the fit reads both) and one-hot letters, whose penalty the validation rows choose and which are then
fitted to training and validation rows, as is the model. A tenth of the training rows validate. Of `--preset deep`
the row also has the r of the additive network inside, which is what a fit of that one makes. `--rows` learns from so
many rows alone, drawn by the seed.

Sets: `leaf`, plant core promoters, a fifth of the genes for the test; `fly`, two tasks on 2,000 rows; `lenti`, human
elements, of which none has its other orientation across the split; `yeast`, random promoters, a fifth for the test.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse
import scipy.stats
import torch
from results import Recorder, Row, add_out
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupShuffleSplit

from motiflens.data.dataset import TargetDataset
from motiflens.model.predict import predict_ensemble, predict_values
from motiflens.sequence.alphabet import encode
from motiflens.sequence.kmers import kmer_counts, positional_kmers
from motiflens.shapes import Strands
from motiflens.training.config import FitConfig
from motiflens.training.fit import fit_model
from motiflens.training.task import Compute

_PENALTIES = np.geomspace(1, 1e5, 11)
_VALIDATION = 0.1


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A set and its test rows; records of one group are never on both sides of a split."""

    dataset: TargetDataset
    test: np.ndarray  # mask


def dataset(sequences: pd.Series, values: pd.DataFrame, groups: pd.Series) -> TargetDataset:
    """Return a data set of a table's columns; shorter sequences are centred."""
    length = sequences.str.len().max()
    return TargetDataset(
        codes=encode([text.center(length, "N") for text in sequences]),
        ids=np.array([f"row {i}" for i in range(len(values))]),
        values=values.to_numpy(float),
        targets=tuple(values.columns),
        group=groups.astype(str).to_numpy(),
    )


def leaf(data: Path) -> Measured:
    """Plant core promoters, 170 bp, in tobacco leaves."""
    table = pd.read_csv(data / "starr-plant-leaf" / "CNN_test_leaf.tsv.gz", sep="\t").drop_duplicates("sequence")
    found = dataset(table["sequence"], table[["enrichment"]], table["gene"])
    return Measured(dataset=found, test=grouped_mask(found.group, share=0.2, seed=0))


def fly(data: Path) -> Measured:
    """Elements of 249 bp, developmental and housekeeping activity."""
    parts = [pd.read_csv(data / "mpra-deepstarr-sample" / f"{p}.tsv.gz", sep="\t") for p in ("train", "val", "test")]
    table = pd.concat(parts, ignore_index=True)
    values = table[["Dev_log2_enrichment", "Hk_log2_enrichment"]].set_axis(["dev", "hk"], axis=1)
    groups = pd.Series(range(len(table)))
    return Measured(dataset=dataset(table["Sequence"], values, groups), test=np.arange(len(table)) >= 2000)


def lenti(data: Path) -> Measured:
    """Human elements of 230 bp; training rows whose other orientation is a test row are left out."""
    parts = [pd.read_csv(data / "mpra-lenti-sample" / f"{p}.tsv.gz", sep="\t") for p in ("train", "valid", "test")]
    table = pd.concat(parts, keys=range(3), names=["part"]).reset_index()
    element, test = table["seq_id"].str.replace(r"_(F|R|Reversed:?)$", "", regex=True), table["part"] == 2
    kept = test | ~element.isin(element[test])
    found = dataset(table["seq"][kept], table[["mean_value"]][kept], element[kept])
    return Measured(dataset=found, test=test[kept].to_numpy())


def yeast(data: Path) -> Measured:
    """Random promoters with constant flanks, up to 110 bp."""
    table = pd.read_csv(data / "yeast-promoter-dream-sample" / "demo.tsv.gz", sep="\t", header=None)
    groups = pd.Series(range(len(table)))
    test = np.isin(groups, np.random.default_rng(0).permutation(len(table))[: round(0.2 * len(table))])
    return Measured(dataset=dataset(table[0], table[[1]].set_axis(["expression"], axis=1), groups), test=test)


SETS: dict[str, Callable[[Path], Measured]] = {"leaf": leaf, "fly": fly, "lenti": lenti, "yeast": yeast}


def grouped_mask(groups: np.ndarray | None, *, share: float, seed: int) -> np.ndarray:
    """Return a mask of a share of the groups."""
    assert groups is not None
    ((_, chosen),) = GroupShuffleSplit(1, test_size=share, random_state=seed).split(groups, groups=groups)
    mask = np.zeros(len(groups), bool)
    mask[chosen] = True
    return mask


def features(codes: np.ndarray, strands: Strands) -> dict[str, scipy.sparse.csr_array]:
    """Return the features of both ridges."""
    kmers = kmer_counts(codes, range(1, 7), canonical=strands == "both").matrix
    return {"kmer": scipy.sparse.csr_array(kmers), "position": scipy.sparse.csr_array(positional_kmers(codes, (1,)))}


def ridge(x: scipy.sparse.csr_array, y: np.ndarray, parts: dict[str, np.ndarray]) -> float:
    """Return the r of a ridge on standardised features; the validation rows choose its penalty."""
    mean, spread = x[parts["train"]].mean(0), np.zeros(x.shape[1])
    spread = np.sqrt(np.maximum(x[parts["train"]].multiply(x[parts["train"]]).mean(0) - mean**2, 0))
    scaled = x @ scipy.sparse.diags_array(np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0))

    def predicted(rows: np.ndarray, penalty: float) -> np.ndarray:
        there = rows[~np.isnan(y[rows])]
        model = Ridge(alpha=penalty, solver="sparse_cg", max_iter=500, tol=1e-4).fit(scaled[there], y[there])
        return np.asarray(model.predict(scaled))

    held = parts["validation"]
    errors = [np.nanmean((predicted(parts["train"], c)[held] - y[held]) ** 2) for c in _PENALTIES]
    best = float(_PENALTIES[int(np.argmin(errors))])
    return pearson(predicted(np.concatenate((parts["train"], held)), best)[parts["test"]], y[parts["test"]])


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's r of what is there."""
    there = ~np.isnan(b)
    return round(float(scipy.stats.pearsonr(a[there], b[there]).statistic), 3)


def fit(measured: Measured, *, name: str, seed: int, config: FitConfig, rows: int | None) -> list[Row]:
    """Fit a model and both ridges; return a row a target."""
    found, learned = measured.dataset, np.flatnonzero(~measured.test)
    learned = learned if rows is None else np.sort(np.random.default_rng(seed).permutation(learned)[:rows])
    assert found.group is not None
    held = grouped_mask(found.group[learned], share=_VALIDATION, seed=seed)
    parts = {"train": learned[~held], "validation": learned[held], "test": np.flatnonzero(measured.test)}
    started, cpu = time.perf_counter(), time.process_time()
    fitted = fit_model(
        found.take(parts["train"]), found.take(parts["validation"]), config=config, seed=seed, compute=Compute()
    )
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    test = found.take(parts["test"])
    values, interval = predict_values(fitted.model, test.codes), predict_ensemble(fitted.model, test.codes)
    inside = (interval.low <= test.values) & (test.values <= interval.high)
    nested = fitted.model.nested()
    inside_alone = None if nested is None else predict_values(nested, test.codes)
    beside = features(found.codes, fitted.model.strands)
    found_rows = []
    for column, target in enumerate(found.targets):
        there = ~np.isnan(test.values[:, column])
        row: Row = {"set": name, "target": target, "seed": seed, "preset": config.network.preset}
        row |= {"members": config.ensemble, "strands": fitted.model.strands}
        row |= {"train": len(learned), "test": len(test), "pearson": pearson(values[:, column], test.values[:, column])}
        if inside_alone is not None:
            row |= {"additive": pearson(inside_alone[:, column], test.values[:, column])}
        row |= {f"{kind}_ridge": ridge(x, found.values[:, column], parts) for kind, x in beside.items()}
        row |= {"coverage": round(float(inside[there, column].mean()), 3)}
        found_rows.append(row | {"seconds": round(seconds), "cpu_seconds": round(cpu)})
    return found_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--ensemble", type=int, default=1)
    parser.add_argument("--preset", default="additive")
    parser.add_argument("--rows", type=int)
    add_out(parser)
    given = parser.parse_args()
    record = Recorder(given.out)
    torch.set_num_threads(1)
    config = FitConfig.model_validate({"network": {"preset": given.preset}, "ensemble": given.ensemble})
    sets = {name: SETS[name](given.data) for name in given.sets}
    for seed in range(given.seeds):
        for name, measured in sets.items():
            for row in fit(measured, name=name, seed=seed, config=config, rows=given.rows):
                record(row)


if __name__ == "__main__":
    main()
