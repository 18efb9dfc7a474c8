"""What each part of the additive preset's training gains and costs, on held-out quarters of ten training files.

    python benchmarks/ablation.py [--shared ../shared] [--configs recipe dense] [--sets nfe2] [--seeds 3]
        [--sequences 1500]
    python benchmarks/ablation.py --compare FILE

Reads splits/<set>/train.csv.gz (columns sequence, label) and no test file. For each seed a quarter of the set is held
out by similarity (at most 3,000 sequences); of the rest at most --sequences are kept, a fifth of them for validation.
The seed is also that of the network. Sequences longer than 200 bp are cropped (`WINDOWS`). Trains on one core and
prints a JSON line a fit; `cpu_seconds` are those of the whole fit, also where a term is dropped after its training.

`--compare` prints differences to `recipe` in a result file, as means over sets with their standard error.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import torch
from models import read
from results import Recorder, Row, add_out

from motiflens.data.dataset import Dataset
from motiflens.data.splits import split_dataset
from motiflens.evaluation.metrics import evaluate
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.predict import predict_values
from motiflens.training.fit import fit_model
from motiflens.training.gradient_descent import train
from motiflens.training.recipes.additive import (
    _PRIOR,
    AdditiveRecipe,
    Mixed,
    additive,
    mix_terms,
    set_mix,
    start_filters,
    starting_motifs,
)
from motiflens.training.recipes.known_motifs import KnownMotif
from motiflens.training.recipes.linear_terms import refit_linear_terms
from motiflens.training.recipes.refit import trained_on_all
from motiflens.training.recipes.registry import RECIPES
from motiflens.training.recipes.stacking import Columns, Mix, best_mix
from motiflens.training.task import Compute, Task, Trained
from motiflens.workflow.settings import settings_from

SETS = (
    "uci-splice+grouped",
    "ecoli-sigma70+grouped",
    "nfe2",
    "ctcf-vs-pu1",
    "tf-human-0",
    "tf-human-4",
    "human-tata-300",
    "arabidopsis-nontata",
    "ienhancer",
    "human-cohn",
)
#: Columns kept of long sequences: those around the start of transcription of promoters, the middle of the others.
WINDOWS = {"human-tata-300": (150, 300), "arabidopsis-nontata": (101, 251), "human-cohn": (150, 350)}
CENTRED = {"nfe2": 101}  # sequences of mixed length are cropped or padded with N around their middle
HELD_OUT = 3000  # sequences at most
MOTIF, POSITION, KMER = range(3)


@dataclass(frozen=True, kw_only=True)
class Ablated(AdditiveRecipe):
    """The recipe with steps left out.

    Of three terms, those in `terms` are mixed, with a prior of strength `prior`. `refit_linear` and `refit_motif`:
    whether the linear terms and the motif term are fitted again on all data.
    """

    random_filters: bool = False
    gate: bool = True
    terms: tuple[int, ...] = (MOTIF, POSITION, KMER)
    prior: float = _PRIOR
    refit_linear: bool = True
    refit_motif: bool = True

    def train(self, task: Task) -> Trained:
        assert isinstance(task.network, AdditiveConfig)
        again = partial(self.train_motif_term, motifs=starting_motifs(task.network, task))
        mixed = mix_terms(task, again(task))
        self.mix_again(task, mixed)
        self.refit(task, mixed, again)
        return mixed.trained

    def train_motif_term(self, task: Task, stop_epoch: int | None = None, *, motifs: Sequence[KnownMotif]) -> Trained:
        """Train the motif term; without a gate, its logit stays 0 as at the start."""
        network = additive(task.initial_network())
        motif = network.motif
        if not self.random_filters:
            start_filters(motif, task.data, motifs)
        if not self.gate:
            for module in (motif.gate_tanh, motif.gate_sigmoid, motif.gate_logit):
                module.requires_grad_(False)
        return train(task, network, stop_epoch=stop_epoch)

    def mix_again(self, task: Task, mixed: Mixed) -> None:
        """Mix the terms that are kept, in place; the others get weight 0."""
        network, kept = additive(mixed.trained.network), list(self.terms)
        terms = task.data.validation_terms(network.terms, device=network.device)[:, kept]
        start = Mix(weights=np.zeros((len(kept), terms.shape[2])), bias=mixed.motif_intercept.double().numpy())
        found = best_mix(Columns.of(task.data, terms), output=task.data.output, start=start, prior=self.prior)
        weights = np.zeros(network.mix.shape)
        weights[kept] = found.weights
        set_mix(network, Mix(weights=weights, bias=found.bias))

    def refit(self, task: Task, mixed: Mixed, again: Callable[..., Trained]) -> None:
        """Fit terms again on all data, in place, as `additive.refit_terms` does with all of them."""
        network = additive(mixed.trained.network)
        if self.refit_linear:
            refit_linear_terms(network, task.data, mixed.linear)
        second = self.refit_motif and trained_on_all(task, mixed.trained, again=again)[0]
        if second:
            refitted = additive(second.network)
            network.motif.load_state_dict(refitted.motif.state_dict())
            network.bias.data += network.mix[MOTIF] * (refitted.bias.detach() - mixed.motif_intercept)


#: Removals that settings express, and those that leave out steps of the recipe.
SETTINGS: dict[str, dict[str, Any]] = {
    "recipe": {},
    "dense": {"fit.training.sparsity": 0.0},
    "no known motifs": {"fit.training.known_motifs": "none"},
    "no ema": {"fit.training.ema_decay": 0.0},
    "no dropout": {"fit.network.dropout": 0.0},
    "no position weights": {"fit.network.position_weights": "none"},
    "position weights smooth": {"fit.network.position_weights": "smooth"},
    "position weights per base": {"fit.network.position_weights": "per_base"},
}
STEPS = {
    "no refit": Ablated(refit_linear=False, refit_motif=False),
    "no linear refit": Ablated(refit_linear=False),
    "no motif refit": Ablated(refit_motif=False),
    "random filters": Ablated(random_filters=True),
    "no gate": Ablated(gate=False),
    "no prior of the mix": Ablated(prior=1e-6),
    "no motif term": Ablated(terms=(POSITION, KMER)),
    "no position term": Ablated(terms=(MOTIF, KMER)),
    "no k-mer term": Ablated(terms=(MOTIF, POSITION)),
    "motif term alone": Ablated(terms=(MOTIF,)),
}
CONFIGURATIONS = (*SETTINGS, *STEPS)


def load(folder: Path) -> Dataset:
    """Return the training file of a set, cropped to its window."""
    whole = read(folder / "train.csv.gz", CENTRED.get(folder.name))
    first, last = WINDOWS.get(folder.name, (0, whole.length))
    return replace(whole, codes=np.ascontiguousarray(whole.codes[:, first:last]))


def parts(dataset: Dataset, *, seed: int, sequences: int) -> tuple[Dataset, Dataset, Dataset]:
    """Return what is for training (of at most `sequences`, with validation), for validation, and held out."""
    split, rng = split_dataset(dataset, test_share=0.25, validation_share=0.2, seed=seed), np.random.default_rng(seed)
    share = min(1.0, sequences / (len(split.train) + len(split.val)))
    training = rng.permutation(split.train)[: round(share * len(split.train))]
    validation = rng.permutation(split.val)[: round(share * len(split.val))]
    return dataset.take(training), dataset.take(validation), dataset.take(rng.permutation(split.test)[:HELD_OUT])


def measure(training: Dataset, validation: Dataset, held_out: Dataset, configuration: str, *, seed: int) -> Row:
    """Train a configuration and score it on the records held out."""
    config = settings_from(SETTINGS.get(configuration, {})).fit
    start = time.process_time()
    with mock.patch.dict(RECIPES, {"additive": STEPS.get(configuration, RECIPES["additive"])}):
        fitted = fit_model(training, validation, config=config, seed=seed, compute=Compute())
    seconds = time.process_time() - start
    probabilities = predict_values(fitted.model, held_out.codes)
    scores = evaluate(held_out.labels, probabilities, held_out.classes, seed=0, draws=1).metrics
    return {
        "n": len(training),
        "strands": fitted.model.strands,
        "epochs": len(fitted.history),
        "mix": [round(float(weight), 2) for weight in additive(fitted.model.members[0]).mix[:, 0]],
        **{name: round(scores[name], 5) for name in ("auroc", "log_loss")},
        "cpu_seconds": round(seconds, 2),
    }


def differences(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the difference of each configuration to `recipe` on the sets and seeds that both have."""
    table, lines = rows.set_index(["configuration", "set", "seed"]), {}
    for name in rows["configuration"].unique():
        mine, recipe = table.loc[name].align(table.loc["recipe"], join="inner", axis=0)
        by_set = (mine[["auroc", "log_loss"]] - recipe[["auroc", "log_loss"]]).groupby("set").mean()
        lines[name] = {
            "sets": len(by_set),
            "auroc": by_set["auroc"].mean(),
            "error": by_set["auroc"].sem(),
            "worst": f"{by_set['auroc'].min():.4f} {by_set['auroc'].idxmin()}",
            "log_loss": by_set["log_loss"].mean(),
            "cpu_ratio": mine["cpu_seconds"].sum() / recipe["cpu_seconds"].sum(),
        }
    return pd.DataFrame(lines).T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--configs", nargs="*", default=CONFIGURATIONS, choices=CONFIGURATIONS, metavar="NAME")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--sequences", type=int, default=1500, help="for training and validation, at most")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="print differences to `recipe` in a result file")
    add_out(parser)
    args = parser.parse_args()
    if args.compare:
        print(differences(pd.DataFrame(json.loads(args.compare.read_text())["rows"])).to_string())
        return
    torch.set_num_threads(1)
    record = Recorder(args.out)
    for name in args.sets:
        dataset = load(args.shared / "splits" / name)
        for seed in range(args.seeds):
            records = parts(dataset, seed=seed, sequences=args.sequences)
            if not record.rows:  # compiles what the first row would be charged for
                measure(*records, "recipe", seed=seed)
            for configuration in args.configs:
                row = measure(*records, configuration, seed=seed)
                record({"configuration": configuration, "set": name, "seed": seed} | row)


if __name__ == "__main__":
    main()
