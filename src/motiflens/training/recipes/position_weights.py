"""At which resolution the position of a motif counts: base by base, where positions tell more than k-mers."""

from motiflens.model.additive.config import AdditiveConfig
from motiflens.training.recipes.linear_terms import regression_losses
from motiflens.training.task import TrainingData


def chosen_position_weights(config: AdditiveConfig, data: TrainingData) -> tuple[AdditiveConfig, list[str]]:
    """Return the configuration with `position_weights` "auto" replaced, and notes on why.

    Base by base where the forward strand is read and a regression on letters at their positions has a lower validation
    loss than one on k-mers anywhere: sequences are then aligned to the base or nearly so, which knots many bases
    apart cannot follow. Smooth elsewhere, where single bases would only learn noise.
    """
    if config.position_weights != "auto":
        return config, []
    if data.strands == "both":
        return config.model_copy(update={"position_weights": "smooth"}), []
    losses = regression_losses(data, config.kmer)
    by_base = losses.letters < losses.kmers
    note = (
        f"position weights: {'base by base' if by_base else 'smooth'}; validation loss of regressions "
        f"{losses.letters:.4f} on letters at their positions, {losses.kmers:.4f} on k-mers anywhere"
    )
    return config.model_copy(update={"position_weights": "per_base" if by_base else "smooth"}), [note]
