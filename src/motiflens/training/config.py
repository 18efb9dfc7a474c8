"""Training as a frozen, validated configuration: every default of training stands here and nowhere else."""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from motiflens.model.config import AdditiveConfig, ModelConfig, Rate


class TrainingConfig(BaseModel):
    """How a network is trained by gradient descent.

    `schedule` "plateau" is Keras' Adam, whose learning rate is multiplied by `plateau_factor` after `plateau_patience`
    epochs without a better validation loss; "one_cycle" is AdamW, warmed up and annealed over all epochs (Smith 2018).
    `sparsity` draws the additive preset's filters to exact zeros, by so much times the learning rate a step: the
    lasso's proximal step, outside of Adam's moments (None: 0 or 0.2, as pilots say; 0 for more than 10,000 sequences).
    `averaging` is the decay of the running mean of the weights that is validated and kept (0: none). `epochs` None
    takes as many as make `samples` training examples. Training stops after `patience` epochs without improvement; up to
    `refit_most` training sequences (0: never) it is repeated for the best number of epochs, validation data included.
    `batch_size` is each process's. `shift` moves a sequence by up to so many positions (N follows), `mutate` replaces
    a share of its letters; both end after `augmented_share` of the epochs (EvoAug; Lee et al. 2023). `precision` "auto"
    is bfloat16 mixed with float32 on CUDA devices that have it, elsewhere float32.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: PositiveInt | None = None
    samples: PositiveInt = 300_000
    batch_size: PositiveInt = 64
    learning_rate: PositiveFloat = 5e-3
    weight_decay: NonNegativeFloat = 1e-2
    sparsity: NonNegativeFloat | None = None
    adam_epsilon: PositiveFloat = 1e-7
    clip_gradient: NonNegativeFloat = 1.0
    averaging: Rate = 0.99
    schedule: Literal["plateau", "one_cycle"] = "one_cycle"
    plateau_factor: Rate = 0.5
    plateau_patience: PositiveInt = 5
    smallest_learning_rate: PositiveFloat = 1e-6
    patience: PositiveInt = 8
    refit_most: NonNegativeInt = 50_000
    shift: NonNegativeInt = 0
    mutate: Rate = 0.0
    augmented_share: Annotated[float, Field(ge=0, le=1)] = 0.8
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"

    def epochs_for(self, n: int) -> int:
        """Number of epochs for `n` training sequences: between 8 and 40 unless `epochs` fixes it."""
        return self.epochs or min(40, max(8, round(self.samples / n)))


#: The tutorial's recipe: Adam 1e-3 with Keras' epsilon, plateau and early stopping, 30 epochs of batches of 64.
TUTORIAL_RECIPE = TrainingConfig(
    epochs=30,
    learning_rate=1e-3,
    clip_gradient=0.0,
    averaging=0.0,
    schedule="plateau",
    patience=10,
    refit_most=0,
)
ADDITIVE_RECIPE = TrainingConfig()
#: Of the deep term alone, which starts from the trained additive network.
DEEP_RECIPE = TrainingConfig(samples=150_000, learning_rate=2e-3)
_RECIPES = {"classic": TUTORIAL_RECIPE, "additive": ADDITIVE_RECIPE, "deep": DEEP_RECIPE}


class FitConfig(BaseModel):
    """Everything that decides how a model is made from data, apart from the seed.

    `training` may be given in part, over the preset's recipe. `strands` "auto" lets the validation loss choose whether
    both strands are read (presets additive and deep; classic then reads the forward strand). `anchored` sequences are
    aligned, so that where a motif lies counts for certain: "auto" is then a profile smooth or base, the forward strand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: ModelConfig = Field(default_factory=AdditiveConfig)
    training: TrainingConfig = ADDITIVE_RECIPE
    strands: Literal["auto", "both", "forward"] = "auto"
    anchored: bool = False
    ensemble: PositiveInt = 1

    @model_validator(mode="before")
    @classmethod
    def _over_the_recipe_of_the_preset(cls, given: dict[str, Any]) -> dict[str, Any]:
        network, training = given.get("network"), given.get("training") or {}
        if isinstance(training, TrainingConfig):
            return given
        preset = network.get("preset") if isinstance(network, dict) else getattr(network, "preset", None)
        recipe = _RECIPES.get(preset or "additive", ADDITIVE_RECIPE)
        return given | {"training": recipe.model_dump() | training}
