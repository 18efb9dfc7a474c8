"""Training as a frozen, validated configuration: every default of training stands here and nowhere else."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from motiflens.model.config import AdditiveConfig, ClassicConfig, ModelConfig, Rate


class TrainingConfig(BaseModel):
    """How a network is trained by gradient descent.

    `schedule` "plateau" halves the learning rate after `plateau_patience` epochs without a better validation loss;
    "one_cycle" warms up and anneals over all epochs (Smith 2018). `averaging` is the decay of the running mean of the
    weights that is validated and kept (0: none). `epochs` None takes as many as make `samples` training examples.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: PositiveInt | None = None
    samples: PositiveInt = 300_000
    batch_size: PositiveInt = 64
    learning_rate: PositiveFloat = 5e-3
    weight_decay: NonNegativeFloat = 1e-2
    adam_epsilon: PositiveFloat = 1e-8
    clip_gradient: NonNegativeFloat = 1.0
    averaging: Rate = 0.99
    schedule: Literal["plateau", "one_cycle"] = "one_cycle"
    plateau_patience: PositiveInt = 5
    smallest_learning_rate: PositiveFloat = 1e-6
    patience: PositiveInt = 8

    def epochs_for(self, n: int) -> int:
        """Number of epochs for `n` training sequences: between 8 and 40 unless `epochs` fixes it."""
        return self.epochs or min(40, max(8, round(self.samples / n)))


#: The tutorial's recipe: Adam 1e-3 with Keras' epsilon, plateau and early stopping, 30 epochs of batches of 64.
TUTORIAL_RECIPE = TrainingConfig(
    epochs=30,
    learning_rate=1e-3,
    weight_decay=0.0,
    adam_epsilon=1e-7,
    clip_gradient=0.0,
    averaging=0.0,
    schedule="plateau",
    patience=10,
)
ADDITIVE_RECIPE = TrainingConfig()


class FitConfig(BaseModel):
    """Everything that decides how a model is made from data, apart from the seed.

    `strands` "auto" (additive only) lets the validation loss choose whether both strands are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: ModelConfig = Field(default_factory=AdditiveConfig)
    training: TrainingConfig | None = None
    strands: Literal["auto", "both", "forward"] = "auto"
    ensemble: PositiveInt = 1

    @model_validator(mode="after")
    def _recipe_of_preset(self) -> Self:
        if self.training is None:
            recipe = TUTORIAL_RECIPE if isinstance(self.network, ClassicConfig) else ADDITIVE_RECIPE
            object.__setattr__(self, "training", recipe)
        return self

    @property
    def recipe(self) -> TrainingConfig:
        """The training configuration, the preset's own unless one was given."""
        assert self.training is not None
        return self.training
