"""The resolution of position weights: base by base only for sequences that are aligned and read on one strand."""

from dataclasses import replace

import numpy as np
import pytest
from trainings import FITTED, fit_config, fitted

from motiflens.data.dataset import Dataset
from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.model.output import output_for
from motiflens.shapes import Strands
from motiflens.training.recipes.linear_terms import regression_losses
from motiflens.training.recipes.position_weights import chosen_position_weights
from motiflens.training.recipes.registry import recipe_of
from motiflens.training.recipes.settings import ADDITIVE
from motiflens.training.task import Compute, Task, TrainingData


def sites(*, at_one_place: bool, n: int = 300) -> Dataset:
    """GATTACA at one place in every second sequence and elsewhere in the others, or anywhere in every second alone."""
    rng = np.random.default_rng(0)
    codes, labels = rng.integers(0, 4, (n, 30)).astype(np.uint8), np.arange(n) % 2
    for row, label in zip(codes, labels, strict=True):
        start = 12 if label and at_one_place else rng.integers(23)
        if label or at_one_place:
            row[start : start + 7] = (2, 0, 3, 3, 0, 1, 0)
    return Dataset(codes=codes, labels=labels, classes=("other", "site"), ids=np.arange(n).astype(str))


def training_data(dataset: Dataset, *, strands: Strands = "forward") -> TrainingData:
    """The last third for validation."""
    cut = len(dataset) * 2 // 3
    return TrainingData(
        codes=dataset.codes[:cut],
        labels=dataset.labels[:cut],
        validation_codes=dataset.codes[cut:],
        validation_labels=dataset.labels[cut:],
        class_weights=np.ones(2),
        output=output_for(dataset.classes),
        strands=strands,
    )


@pytest.mark.parametrize(("at_one_place", "expected"), [(True, "per_base"), (False, "smooth")])
def test_aligned_sites_get_weights_base_by_base(at_one_place, expected):
    on = training_data(sites(at_one_place=at_one_place))
    config, (note,) = chosen_position_weights(AdditiveConfig(kmer=4), on)
    losses = regression_losses(on, 4)
    assert config == AdditiveConfig(kmer=4, position_weights=expected)
    assert (losses.letters < losses.kmers) == at_one_place
    assert note.startswith(f"position weights: {'base by base' if at_one_place else 'smooth'}; validation loss")
    assert f"{losses.letters:.4f} on letters" in note
    assert f"{losses.kmers:.4f} on k-mers" in note


def test_both_strands_get_smooth_weights_without_a_trial():
    on = training_data(sites(at_one_place=True), strands="both")
    assert chosen_position_weights(AdditiveConfig(), on) == (AdditiveConfig(position_weights="smooth"), [])


@pytest.mark.parametrize("given", ["none", "smooth", "per_base"])
def test_what_is_set_stays(given):
    config = AdditiveConfig(position_weights=given)
    assert chosen_position_weights(config, training_data(sites(at_one_place=True))) == (config, [])


def test_the_front_of_a_deep_network_gets_what_an_additive_one_would():
    on = training_data(sites(at_one_place=True))
    network = DeepConfig(front=AdditiveConfig(kmer=3))
    task = Task(network=network, settings=ADDITIVE, data=on, seed=0, compute=Compute())
    chosen = recipe_of("deep").select_network(task).task
    assert chosen.network == DeepConfig(front=AdditiveConfig(kmer=3, position_weights="per_base"), interactions="near")
    settings = ADDITIVE.model_copy(update={"known_motifs": "none"})  # one strand is read
    assert replace(chosen, network=network) == replace(task, settings=settings)


def test_a_fit_keeps_what_was_chosen():
    how = fit_config(network=FITTED["additive"] | {"position_weights": "auto"}, strands="forward")
    found = fitted(sites(at_one_place=True), how)
    assert found.model.config.position_weights == "per_base"
    assert found.model.members[0].motif.log_position_weights.shape[1] == 30
    assert found.notes[0].startswith("position weights: base by base")
