"""How far a run's explanations can be trusted, measured on its own sequences: faithfulness.json."""

from typing import Any

import numpy as np

from motiflens.explain.faithfulness import (
    EXPLANATORY,
    Curve,
    attention_agreement,
    deletion_curve,
    insertion_curve,
    randomised_correlation,
    seed_correlation,
)
from motiflens.model.ensemble import Model
from motiflens.run.folder import Attributions
from motiflens.sequence.alphabet import at_observed_letters

_SEQUENCES = 60  # for the checks that ask the model
_STEPS = 10


def assess_faithfulness(model: Model, rows: Attributions, *, seed: int) -> dict[str, Any]:
    """faithfulness.json of explained sequences; `rows` in any order, attention audited for each of them.

    The checks that ask the model take up to 60 rows that are explained towards their own class.
    """
    own = np.flatnonzero(rows.label == rows.target)
    some = np.sort(np.random.default_rng(seed).permutation(own)[:_SEQUENCES])
    record: dict[str, Any] = {"sequences": len(some), "attention": _attention(rows)}
    if not len(some):
        return record
    codes, maps = rows.codes[some], rows.hypothetical[some]
    targets = [str(name) for name in rows.target[some]]
    importance = at_observed_letters(maps, codes)
    curves = {
        "deletion": deletion_curve(model, codes, importance, target=targets, steps=_STEPS, seed=seed),
        "insertion": insertion_curve(model, codes, importance, target=targets, steps=_STEPS, seed=seed),
    }
    return (
        {name: _curve(curve) for name, curve in curves.items()}
        | {"randomised": randomised_correlation(model, codes, maps, target=targets, seed=seed).round(4).tolist()}
        | {"seeds": seed_correlation(model, codes, target=targets), "members": len(model.members)}
        | record
    )


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "share": curve.share.round(4).tolist(),
        "logit": curve.logit.round(4).tolist(),
        "random": curve.random.round(4).tolist(),
        "area": round(curve.area, 4),
        "random_area": round(curve.random_area, 4),
    }


def _attention(rows: Attributions) -> dict[str, Any]:
    """The attention audit: agreement of each row and scale, and what it comes to."""
    agreement = attention_agreement(rows.attention, rows.hypothetical, rows.attention_scales)
    known = np.nan_to_num(agreement)  # a flat map agrees with nothing
    return {
        "threshold": EXPLANATORY,
        "scales": list(rows.attention_scales),
        "agreement": np.median(known, axis=0).round(4).tolist() if len(rows) else [],
        "explanatory": (known >= EXPLANATORY).mean(0).round(4).tolist() if len(rows) else [],
        "rows": known.round(2).tolist(),
    }
