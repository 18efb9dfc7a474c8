"""Configurations: partial settings over the preset's, nothing misspelt, nothing impossible."""

import pytest
from pydantic import ValidationError

from motiflens.model.additive.config import AdditiveConfig
from motiflens.model.classic.config import ClassicConfig
from motiflens.model.deep.config import DeepConfig
from motiflens.training.config import FitConfig
from motiflens.training.recipes.settings import ADDITIVE, DEEP, TUTORIAL
from motiflens.training.training_config import TrainingConfig


@pytest.mark.parametrize(
    ("network", "settings"),
    [
        ({"preset": "classic"}, TUTORIAL),
        ({"preset": "additive"}, ADDITIVE),
        (ClassicConfig(), TUTORIAL),
        (AdditiveConfig(), ADDITIVE),
        ({"preset": "deep"}, DEEP),
        (DeepConfig(), DEEP),
    ],
)
def test_training_is_given_in_part_over_the_presets_settings(network, settings):
    assert FitConfig(network=network).training == settings
    changed = FitConfig(network=network, training={"epochs": 3}).training
    assert changed == settings.model_copy(update={"epochs": 3})
    whole = TrainingConfig(epochs=7)
    assert FitConfig(network=network, training=whole).training == whole


def test_the_default_is_additive():
    assert FitConfig(network={"filters": 3}).network == AdditiveConfig(filters=3)
    assert FitConfig() == FitConfig(network={"preset": "additive"})
    assert FitConfig().training == ADDITIVE


def test_a_config_survives_json():
    config = FitConfig(network={"preset": "classic", "filters": 5}, training={"patience": 2}, ensemble=3)
    assert FitConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epoch": 3},
        {"learning_rate": 0},
        {"ema_decay": 1},
        {"batch_size": -1},
        {"schedule": "cosine"},
        {"patience": 0},
    ],
)
def test_impossible_training_is_refused(wrong):
    with pytest.raises(ValidationError):
        FitConfig(training=wrong)


@pytest.mark.parametrize(
    "wrong", [{"strands": "reverse"}, {"ensemble": 0}, {"network": {"preset": "nonsense"}}, {"network": {"filters": 0}}]
)
def test_impossible_fits_are_refused(wrong):
    with pytest.raises(ValidationError):
        FitConfig(**wrong)


def test_epochs_make_the_examples():
    settings = TrainingConfig(examples=300_000)
    assert settings.epochs_for(20_000) == 15
    assert settings.epochs_for(100) == 40
    assert settings.epochs_for(10**6) == 8
    assert TrainingConfig(epochs=3).epochs_for(100) == 3


def test_configs_are_frozen():
    with pytest.raises(ValidationError):
        FitConfig().ensemble = 2
