"""The report on its own explanations: answers, attention audit, labels of tracks; runs that were never audited."""

import json
import re

import pytest
from make_example import tiny
from make_run import make_run

from motiflens.report.faithfulness_view import MISMATCH, faithfulness_view
from motiflens.report.page import build_report
from motiflens.run.schema.checks import AttentionAudit, EditCurve, Faithfulness

CURVE = EditCurve(
    share=(0.0, 0.1, 0.2, 1.0), logit=(3.0, 1.0, -0.5, 0.0), random=(3.0, 2.9, 2.5, 0.0), area=0.2, random_area=1.5
)
AUDIT = AttentionAudit(
    threshold=0.3, widths=(3, 7), agreement=(0.12, 0.61), fraction_above_threshold=(0.1, 0.9), agreement_by_sequence=()
)
RECORD = Faithfulness(
    sequences=40, members=1, deletion=CURVE, insertion=CURVE, weight_randomisation=(0.2, -0.1, 0.05), attention=AUDIT
)


def test_answers():
    view = faithfulness_view(RECORD)
    deletion, insertion, permuted, members = view.checks
    assert deletion.passed
    assert "most important 20 % of the bases changes the mean score from 3.00 to −0.50" in deletion.answer
    assert "at random, from 3.00 to 2.50" in deletion.answer
    assert not insertion.passed
    assert permuted.passed
    assert members.passed is None
    assert "--ensemble" in members.answer
    assert [scale.label for scale in view.scales] == [MISMATCH, ""]
    assert view.scales[1].share == "90 %"


@pytest.mark.parametrize(("seeds", "passed"), [(0.95, True), (0.3, False)])
def test_members_agree_or_not(seeds, passed):
    check = faithfulness_view(RECORD.model_copy(update={"member_correlation": seeds, "members": 5})).checks[3]
    assert check.passed is passed
    assert f"pairs of the 5 members: {seeds:.2f}" in check.answer


def test_correlations_that_are_undefined_are_left_out():
    some = RECORD.model_copy(update={"weight_randomisation": (None, 0.04)})
    assert "in 1 models with permuted weights: 0.04" in faithfulness_view(some).checks[2].answer
    assert faithfulness_view(RECORD.model_copy(update={"weight_randomisation": (None,)})).checks[2].passed is None


def test_without_checks_the_audit_stands_alone():
    assert faithfulness_view(Faithfulness(sequences=0, members=1, attention=AUDIT)).checks == []
    empty = AttentionAudit(
        threshold=0.3, widths=(3,), agreement=(), fraction_above_threshold=(), agreement_by_sequence=()
    )
    assert faithfulness_view(Faithfulness(sequences=0, members=1, attention=empty)).scales == []


def records_in(page: str) -> list[dict]:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(data)["browser"]["records"]


def test_the_page_has_the_audit_and_the_labels_of_its_tracks(tmp_path):
    run = make_run(tmp_path / "run", tiny(), with_motifs=False)
    page = build_report(run)
    assert "attention-audit" not in page
    assert {record["explains"] for record in records_in(page)} == {None}
    rows = ((0.1, 0.5, 0.3, 0.29),) * len(run.attributions())
    run.update(
        faithfulness=RECORD.model_copy(update={"attention": AUDIT.model_copy(update={"agreement_by_sequence": rows})})
    )
    page = build_report(run)
    assert "attention-audit" in page
    assert f'<span class="mismatch">{MISMATCH}</span>' in page
    assert all(record["explains"] == [False, True, True, False] for record in records_in(page))
