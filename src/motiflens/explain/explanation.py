"""All explanations of given sequences at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from motiflens.explain.attention import AttentionMaps, attention_maps
from motiflens.explain.contributions import contributions
from motiflens.explain.mutagenesis import Mutagenesis, mutagenesis
from motiflens.explain.targets import Target
from motiflens.model.ensemble import Model
from motiflens.sequence.alphabet import at_observed_letters
from motiflens.shapes import Attribution, Codes


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Effects of every substitution, attention, and where the model has them, contributions, in logits.

    `target` is each row's class, `codes` are the sequences. `contributions` (n, length), with `bias` (n,), add up to
    the target's logit to 1e-5, each at the centre of the window that it comes from; None for a preset whose logit is
    not a sum.
    """

    codes: Codes
    mutagenesis: Mutagenesis
    attention: AttentionMaps
    contributions: Float32[np.ndarray, "n length"] | None
    bias: Float32[np.ndarray, " n"] | None

    @property
    def target(self) -> tuple[str, ...]:
        """The class that each row is explained towards."""
        return self.mutagenesis.target

    @property
    def hypothetical(self) -> Attribution:
        """What each base would contribute at each position, mean-centred over the bases."""
        return self.mutagenesis.hypothetical

    @property
    def observed(self) -> Float32[np.ndarray, "n length"]:
        """The contribution of the base that is there; 0 at an N."""
        return at_observed_letters(self.hypothetical, self.codes)

    @property
    def deltas(self) -> Float32[np.ndarray, "n 4 length"]:
        """Change of the logit when a base replaces the observed one."""
        return self.mutagenesis.deltas


def explain(model: Model, codes: Codes, *, target: Target | Sequence[str | int] = None) -> Explanation:
    """Explain codes (n, length) towards `target`: a class, one for each row, or the positive or predicted class.

    Raises InputError for sequences of another length or an unknown target.
    """
    effects = mutagenesis(model, codes, target=target)
    own = contributions(model, codes, target=effects.target) if model.has_contributions else None
    return Explanation(
        codes=codes,
        mutagenesis=effects,
        attention=attention_maps(model, codes),
        contributions=None if own is None else own.values,
        bias=None if own is None else own.bias,
    )
