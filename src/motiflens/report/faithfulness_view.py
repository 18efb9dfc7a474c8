"""The report's section on its own pictures: the tests of faithfulness in words, and the attention audit."""

from dataclasses import dataclass

from motiflens.report.text import number, percent
from motiflens.run.schema.checks import EditCurve, Faithfulness

#: Label of an attention track that disagrees with the contributions.
MISMATCH = "does not match the attributions"
#: Name of the attention in total.
ALL_WIDTHS = "all widths"
_MAX_CHANCE = 0.1  # rank correlation with models of permuted weights
_MIN_AGREEMENT = 0.8  # correlation between members


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question about the contributions; `passed` is None where it was not measured."""

    question: str
    passed: bool | None
    answer: str


@dataclass(frozen=True, kw_only=True)
class ScaleRow:
    """Agreement of one attention scale with the contributions."""

    name: str
    agreement: str
    share: str
    label: str


@dataclass(frozen=True, kw_only=True)
class FaithfulnessView:
    """The checks of the contributions, and the attention audit."""

    sequences: int
    unit: str
    checks: list[Check]
    threshold: str
    scales: list[ScaleRow]


def faithfulness_view(
    record: Faithfulness, *, unit: str = "logits", support: str = "support the class"
) -> FaithfulnessView:
    """Return the checks as questions with answers, and the attention audit, a row a scale."""
    audit = record.attention
    checks = []
    if record.deletion and record.insertion:
        checks = [
            _deletion(record.deletion, support),
            _insertion(record.insertion),
            _permuted(record),
            _members(record),
        ]
    names = [f"width {width}" for width in audit.widths]
    scales = list(zip(names, audit.agreement, audit.fraction_above_threshold, strict=False))  # none without rows
    if len(scales) > 1 and audit.total_by_sequence:
        scales.insert(0, (ALL_WIDTHS, audit.total_agreement, audit.total_above_threshold))
    return FaithfulnessView(
        sequences=record.sequences,
        unit=unit,
        checks=checks,
        threshold=number(audit.threshold, 1),
        scales=[
            ScaleRow(
                name=name,
                agreement=number(agreement, 2),
                share=percent(share, 1),
                label="" if agreement is not None and agreement >= audit.threshold else MISMATCH,
            )
            for name, agreement, share in scales
        ],
    )


def _deletion(curve: EditCurve, support: str) -> Check:
    question = f"Does the score fall when the bases that {support} are replaced?"
    if curve.area is None or curve.random_area is None:
        return _undefined(question)
    return Check(
        question=question,
        passed=curve.area < curve.random_area,
        answer=f"Replacing the most important {_part(curve)} changes the mean score {_change(curve, curve.logit)}; "
        f"replacing as many at random, {_change(curve, curve.random)}.",
    )


def _insertion(curve: EditCurve) -> Check:
    question = "Are these bases sufficient?"
    if curve.area is None or curve.random_area is None:
        return _undefined(question)
    return Check(
        question=question,
        passed=curve.area > curve.random_area,
        answer=f"Inserting the most important {_part(curve)} into shuffled sequences changes the mean score "
        f"{_change(curve, curve.logit)}; inserting as many at random, {_change(curve, curve.random)}.",
    )


def _undefined(question: str) -> Check:
    answer = "Not defined, because the model's scores of the edited sequences are not all numbers."
    return Check(question=question, passed=None, answer=answer)


def _part(curve: EditCurve) -> str:
    return f"{percent(curve.share[_step(curve)], 1)} of the bases"


def _change(curve: EditCurve, logits: tuple[float | None, ...]) -> str:
    return f"from {number(logits[0], 2)} to {number(logits[_step(curve)], 2)}"


def _step(curve: EditCurve) -> int:
    """Return the step closest to a fifth of the positions."""
    return min(range(len(curve.share)), key=lambda i: abs(curve.share[i] - 0.2))


def _permuted(record: Faithfulness) -> Check:
    defined = [value for value in record.weight_randomisation if value is not None]
    question = "Do the contributions depend on what the model has learned?"
    if not defined:
        why = "Not defined, because the contributions in models with permuted weights are constant."
        return Check(question=question, passed=None, answer=why)
    mean = sum(defined) / len(defined)
    return Check(
        question=question,
        passed=abs(mean) < _MAX_CHANCE,
        answer=f"Rank correlation with the contributions in {len(defined)} models with permuted weights: "
        f"{number(mean, 2)} (0 means nothing in common).",
    )


def _members(record: Faithfulness) -> Check:
    question = "Do networks trained from other seeds agree?"
    if record.member_correlation is None:
        why = (
            "Not measured: the run has one network. Fit with --ensemble 5."
            if record.members < 2
            else "Not defined, because the contributions of a member are constant."
        )
        return Check(question=question, passed=None, answer=why)
    return Check(
        question=question,
        passed=record.member_correlation >= _MIN_AGREEMENT,
        answer=f"Mean correlation of the contributions between pairs of the {record.members} members: "
        f"{number(record.member_correlation, 2)}.",
    )
