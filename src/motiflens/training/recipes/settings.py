"""Training settings of each preset, by gradient descent; a preset without an entry has those of the default."""

from motiflens.training.training_config import TrainingConfig

#: The tutorial's recipe: Adam 1e-3 with Keras' epsilon, plateau and early stopping, 30 epochs of batches of 64.
TUTORIAL = TrainingConfig(
    epochs=30,
    learning_rate=1e-3,
    clip_gradient=0.0,
    ema_decay=0.0,
    schedule="plateau",
    patience=10,
    refit_max_sequences=0,
    cross_fit_max_sequences=0,
)
ADDITIVE = TrainingConfig()
#: Of the deep term alone, which starts from the trained additive network.
DEEP = TrainingConfig(examples=150_000, learning_rate=2e-3)
SETTINGS = {"classic": TUTORIAL, "additive": ADDITIVE, "deep": DEEP}


def training_settings(preset: object) -> TrainingConfig:
    """Return the training settings of a preset; those of the default preset for one that has none of its own."""
    return SETTINGS.get(preset, ADDITIVE) if isinstance(preset, str) else ADDITIVE
