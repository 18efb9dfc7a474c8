"""How far a run's explanations can be trusted, measured on its own sequences: faithfulness.json."""

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
from motiflens.run.schema.checks import AttentionAudit, EditCurve, Faithfulness
from motiflens.sequence.alphabet import at_observed_letters

_SEQUENCES = 60  # for the checks that ask the model
_STEPS = 10


def assess_faithfulness(model: Model, rows: Attributions, *, seed: int) -> Faithfulness:
    """Test the explanations of a run.

    Attention is audited on every row. The tests that need the model take up to 60 rows that are explained towards
    their own class.
    """
    own = np.flatnonzero(rows.label == rows.target)
    some = np.sort(np.random.default_rng(seed).permutation(own)[:_SEQUENCES])
    attention, members = _attention(rows), len(model.members)
    if not len(some):
        return Faithfulness(sequences=0, members=members, attention=attention)
    codes, maps = rows.codes[some], rows.hypothetical[some]
    targets = [str(name) for name in rows.target[some]]
    importance = at_observed_letters(maps, codes)
    randomised = randomised_correlation(model, codes, maps, target=targets, seed=seed)
    return Faithfulness(
        sequences=len(some),
        members=members,
        deletion=_curve(deletion_curve(model, codes, importance, target=targets, steps=_STEPS, seed=seed)),
        insertion=_curve(insertion_curve(model, codes, importance, target=targets, steps=_STEPS, seed=seed)),
        weight_randomisation=tuple(randomised.round(4).tolist()),
        member_correlation=seed_correlation(model, codes, target=targets),
        attention=attention,
    )


def _curve(curve: Curve) -> EditCurve:
    return EditCurve(
        share=tuple(curve.share.round(4).tolist()),
        logit=tuple(curve.logit.round(4).tolist()),
        random=tuple(curve.random.round(4).tolist()),
        area=round(curve.area, 4),
        random_area=round(curve.random_area, 4),
    )


def _attention(rows: Attributions) -> AttentionAudit:
    """Return the agreement of each row by scale and in total, with its summaries."""
    widths = rows.attention_widths
    agreement = np.nan_to_num(attention_agreement(rows.attention, rows.hypothetical, widths))  # a flat map: none
    by_scale = AttentionAudit(
        threshold=EXPLANATORY,
        widths=widths,
        agreement=tuple(np.median(agreement, axis=0).round(4).tolist()) if len(rows) else (),
        fraction_above_threshold=tuple((agreement >= EXPLANATORY).mean(0).round(4).tolist()) if len(rows) else (),
        agreement_by_sequence=tuple(map(tuple, agreement.round(2).tolist())),
    )
    if not len(rows) or not widths:
        return by_scale
    total = attention_agreement(rows.attention_total[:, None], rows.hypothetical, (min(widths),))
    known = np.nan_to_num(total[:, 0])
    return by_scale.model_copy(
        update={
            "total_agreement": round(float(np.median(known)), 4),
            "total_above_threshold": round(float((known >= EXPLANATORY).mean()), 4),
            "total_by_sequence": tuple(known.round(2).tolist()),
        }
    )
