"""The last training on all data: what it learns from, how long, and when it is not taken."""

import copy
from dataclasses import replace
from functools import partial

import numpy as np
import planted
import pytest
import torch
from trainings import assert_same, data, fit_config, fitted, task

from motiflens.errors import ModelError
from motiflens.model.predict import predict_logits
from motiflens.training.recipes import additive
from motiflens.training.recipes.additive import mix_terms, refit_terms
from motiflens.training.recipes.linear_terms import refit_linear_terms
from motiflens.training.recipes.refit import trained_on_all
from motiflens.training.task import Compute, Task, Trained

train_motif_term = partial(additive.train_motif_term, motifs=())


def six_epochs(**changes) -> Task:
    return task("additive", seed=3, **{"epochs": 6} | changes)


def test_stop_epoch_keeps_the_weights_of_that_epoch_whatever_their_loss():
    whole = train_motif_term(six_epochs(patience=6))
    cut = train_motif_term(six_epochs(patience=6), 2)
    assert cut.history == whole.history[:2]  # the schedule is that of all six epochs
    impatient = train_motif_term(six_epochs(patience=1), 6).network
    assert torch.equal(impatient.motif.readout, train_motif_term(six_epochs(), 6).network.motif.readout)


def test_all_data_are_learned_from_for_the_best_number_of_epochs():
    first = replace(
        train_motif_term(six_epochs()),
        history=[{"epoch": e, "val_loss": loss} for e, loss in ((1.0, 9.0), (2.0, 5.0), (3.0, 7.0))],
    )
    seen = []

    def again(wider: Task, stop_epoch: int) -> Trained:
        seen.append((wider, stop_epoch))
        return train_motif_term(wider, stop_epoch)

    second, notes = trained_on_all(six_epochs(), first, again=again)
    ((wider, stop_epoch),) = seen
    given = data()
    assert stop_epoch == 2
    assert wider.settings.epochs == 6
    assert len(wider.data.labels) == len(given.labels) + len(given.validation_labels) == 260
    np.testing.assert_array_equal(wider.data.codes, np.concatenate((given.codes, given.validation_codes)))
    np.testing.assert_array_equal(wider.data.labels, np.concatenate((given.labels, given.validation_labels)))
    assert_same(second, train_motif_term(wider, 2))
    assert notes == ["trained again for 2 epochs with the validation data among the training data"]


def diverges(*_: object) -> Trained:
    raise ModelError("the loss became nan")


def learns_nothing(wider: Task, _: int) -> Trained:
    trained = train_motif_term(wider, 1)
    return replace(trained, history=[record | {"val_loss": 99.0} for record in trained.history])


@pytest.mark.parametrize(("again", "said"), [(diverges, "the loss became nan"), (learns_nothing, "no better")])
def test_what_fails_leaves_the_first_weights(again, said):
    second, notes = trained_on_all(six_epochs(), train_motif_term(six_epochs()), again=again)
    assert second is None
    assert len(notes) == 1
    assert said in notes[0]


def test_many_sequences_are_not_trained_on_again():
    few, many = six_epochs(refit_max_sequences=195), six_epochs(refit_max_sequences=194)
    first = train_motif_term(few)
    assert trained_on_all(few, first, again=train_motif_term)[0] is not None
    assert trained_on_all(many, first, again=diverges) == (None, [])


def test_the_mix_stays_and_the_bias_moves_with_the_intercepts():
    given = six_epochs()
    trained = train_motif_term(given)
    mixed = mix_terms(given, trained)
    network, mix = trained.network, trained.network.mix.clone()
    twin = copy.deepcopy(network)
    refit_linear_terms(twin, given.data, mixed.linear)
    refit_terms(given, mixed, ())
    wider = replace(given, data=given.data.with_validation())
    again = train_motif_term(wider, int(trained.best["epoch"])).network
    assert torch.equal(network.mix, mix)
    assert torch.equal(network.motif.readout, again.motif.readout)
    assert torch.equal(network.kmer.weight, twin.kmer.weight)
    torch.testing.assert_close(network.bias, twin.bias + mix[0] * (again.bias - mixed.motif_intercept))
    assert not torch.equal(again.bias, mixed.motif_intercept)


def test_a_fit_repeated_in_its_folder_is_the_same(tmp_path):
    dataset = planted.planted(200, 30)
    one, two = (fitted(dataset, fit_config(), compute=Compute(folder=tmp_path)) for _ in range(2))
    np.testing.assert_array_equal(predict_logits(one.model, dataset.codes), predict_logits(two.model, dataset.codes))
    assert (tmp_path / "member_1" / "all_data" / "trained.safetensors").exists()
    assert one.notes == two.notes
    assert "trained again" in one.notes[-1]
