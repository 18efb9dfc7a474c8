"""How a network is trained by gradient descent, as a frozen, validated configuration."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from motiflens.model.config import Rate

#: Of numbers: squares, or counts about a rate.
Loss = Literal["mse", "poisson"]
#: Groups of organisms with enough motifs in JASPAR.
KnownMotifs = Literal["auto", "none", "vertebrates", "plants", "insects", "fungi", "nematodes", "urochordates"]

#: Training sequences up to which sparsity counts in full; sites on either strand bear less of it.
_FULL_SPARSITY: dict[str, int] = {"forward": 10_000, "both": 1_200}


class TrainingConfig(BaseModel):
    """How a network is trained by gradient descent.

    `schedule` "plateau" is Keras' Adam, whose learning rate is multiplied by `plateau_factor` after `plateau_patience`
    epochs without a better validation loss; "one_cycle" is AdamW, warmed up and annealed over all epochs (Smith 2018).
    `sparsity` shrinks the filters (`Network.sparse_parameters`) towards exact zeros, by so much times the learning rate
    a step: the lasso's proximal step, outside of Adam's moments; a prior, it falls with 1 / n beyond 10,000 sequences
    (1,200 where both strands are read). `ema_decay` is the decay of the exponential moving average of the weights that
    is validated and kept (0: none). `epochs` None takes as many as make `examples` training examples. Training stops
    after `patience` epochs without improvement; up to `refit_max_sequences` training sequences (0: never) it is
    repeated for the best number of epochs, validation data included. Up to `cross_fit_max_sequences` (0: never) numbers
    are learned without early stopping, and judged on fifths that are left out in turn: of few sequences, a validation
    part says next to nothing. `known_motifs` is the group of organisms whose motifs in JASPAR some filters start from;
    "auto" takes vertebrates unless another group tells more. It takes "none" where k-mers tell clearly more or nothing
    tells anything; where one strand is read also where k-mers tell more at all, or letters at their places more than
    half as much; and for more than 4,000 numbers, or numbers that are read on one strand. `batch_size` is that of each
    process. `precision` "auto" is bfloat16 mixed with float32 on CUDA devices that have it, elsewhere float32.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: PositiveInt | None = None
    examples: PositiveInt = 200_000
    batch_size: PositiveInt = 64
    learning_rate: PositiveFloat = 5e-3
    weight_decay: NonNegativeFloat = 1e-2
    sparsity: NonNegativeFloat = 0.2
    adam_epsilon: PositiveFloat = 1e-7
    clip_gradient: NonNegativeFloat = 1.0
    ema_decay: Rate = 0.99
    schedule: Literal["plateau", "one_cycle"] = "one_cycle"
    plateau_factor: Rate = 0.5
    plateau_patience: PositiveInt = 5
    min_learning_rate: PositiveFloat = 1e-6
    patience: PositiveInt = 8
    refit_max_sequences: NonNegativeInt = 50_000
    cross_fit_max_sequences: NonNegativeInt = 1_500
    known_motifs: KnownMotifs = "auto"
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"

    def epochs_for(self, n: int) -> int:
        """Number of epochs for `n` training sequences: between 8 and 40 unless `epochs` fixes it."""
        return self.epochs or min(40, max(8, round(self.examples / n)))

    def sparsity_for(self, n: int, *, strands: Literal["forward", "both"]) -> float:
        """Return the sparsity for `n` training sequences: less beyond a number that depends on the strands."""
        return self.sparsity * min(1.0, _FULL_SPARSITY[strands] / n)
