"""The last training on all data: what it learns from, how long, and when it is not taken."""

import copy
from dataclasses import replace

import numpy as np
import planted
import pytest
import torch
from test_fit import config, fitted
from test_loop import CONFIGS, RECIPES, assert_same, data

from motiflens.errors import ModelError
from motiflens.model.predict import predict_logits
from motiflens.training.additive import mix_terms, refit_terms
from motiflens.training.linear import refit_linear_terms
from motiflens.training.refit import trained_on_all
from motiflens.training.task import Trained, Where
from motiflens.training.trial import Attempt


def attempt(**changes) -> Attempt:
    recipe = RECIPES["additive"].model_copy(update={"epochs": 6} | changes)
    return Attempt(network=CONFIGS["additive"], recipe=recipe, data=data(), seed=3, where=Where())


def test_until_keeps_the_weights_of_that_epoch_whatever_their_loss():
    whole = attempt(patience=6).descend()
    cut = attempt(patience=6).descend(2)
    assert cut.history == whole.history[:2]  # the schedule is that of all six epochs
    assert torch.equal(attempt(patience=1).descend(6).network.motif.readout, attempt().descend(6).network.motif.readout)


def test_all_data_are_learned_from_for_the_best_number_of_epochs():
    first = replace(
        attempt().descend(),
        history=[{"epoch": e, "val_loss": loss} for e, loss in ((1.0, 9.0), (2.0, 5.0), (3.0, 7.0))],
    )
    seen = []

    def again(wider: Attempt, until: int) -> Trained:
        seen.append((wider, until))
        return wider.descend(until)

    second, notes = trained_on_all(attempt(), first, again=again)
    ((wider, until),) = seen
    given = data()
    assert until == 2
    assert wider.recipe.epochs == 6
    assert len(wider.data.labels) == len(given.labels) + len(given.validation_labels) == 260
    np.testing.assert_array_equal(wider.data.codes, np.concatenate((given.codes, given.validation_codes)))
    np.testing.assert_array_equal(wider.data.labels, np.concatenate((given.labels, given.validation_labels)))
    assert_same(second, wider.descend(2))
    assert notes == ["trained again for 2 epochs with the validation data among the training data"]


def diverges(*_: object) -> Trained:
    raise ModelError("the loss became nan")


def learns_nothing(wider: Attempt, _: int) -> Trained:
    trained = wider.descend(1)
    return replace(trained, history=[record | {"val_loss": 99.0} for record in trained.history])


@pytest.mark.parametrize(("again", "said"), [(diverges, "the loss became nan"), (learns_nothing, "no better")])
def test_what_fails_leaves_the_first_weights(again, said):
    second, notes = trained_on_all(attempt(), attempt().descend(), again=again)
    assert second is None
    assert len(notes) == 1
    assert said in notes[0]


def test_many_sequences_are_not_trained_on_again():
    few, many = attempt(refit_most=195), attempt(refit_most=194)
    first = few.descend()
    assert trained_on_all(few, first, again=Attempt.descend)[0] is not None
    assert trained_on_all(many, first, again=diverges) == (None, [])


def test_the_mix_stays_and_the_bias_moves_with_the_intercepts():
    trial = attempt()
    trained = trial.descend()
    mixed = mix_terms(trial, trained)
    network, mix = trained.network, trained.network.mix.clone()
    twin = copy.deepcopy(network)
    refit_linear_terms(twin, trial.data, mixed.linear)
    refit_terms(trial, mixed)
    again = replace(trial, data=trial.data.with_validation()).descend(int(trained.best["epoch"])).network
    assert torch.equal(network.mix, mix)
    assert torch.equal(network.motif.readout, again.motif.readout)
    assert torch.equal(network.kmer.weight, twin.kmer.weight)
    torch.testing.assert_close(network.bias, twin.bias + mix[0] * (again.bias - mixed.motif_intercept))
    assert not torch.equal(again.bias, mixed.motif_intercept)


def test_a_fit_repeated_in_its_folder_is_the_same(tmp_path):
    dataset = planted.planted(200, 30)
    one, two = (fitted(dataset, config(), where=Where(folder=tmp_path)) for _ in range(2))
    np.testing.assert_array_equal(predict_logits(one.model, dataset.codes), predict_logits(two.model, dataset.codes))
    assert (tmp_path / "member_1" / "all_data" / "trained.safetensors").exists()
    assert one.notes == two.notes
    assert "trained again" in one.notes[-1]
