"""The report on its own pictures: answers, attention audit, words at the tracks; runs that were never audited."""

import json
import re
from copy import deepcopy

import pytest
from make_run import make_run, tiny

from motiflens.report.faithfulness_view import NOT_EXPLANATORY, trust
from motiflens.report.page import build_report

CURVE = {"share": [0.0, 0.1, 0.2, 1.0], "logit": [3.0, 1.0, -0.5, 0.0], "random": [3.0, 2.9, 2.5, 0.0]}
RECORD = {
    "sequences": 40,
    "deletion": CURVE | {"area": 0.2, "random_area": 1.5},
    "insertion": CURVE | {"area": 0.2, "random_area": 1.5},
    "randomised": [0.2, -0.1, 0.05],
    "seeds": None,
    "members": 1,
    "attention": {
        "threshold": 0.3,
        "scales": ["width 3", "width 7"],
        "agreement": [0.12, 0.61],
        "explanatory": [0.1, 0.9],
    },
}


def test_answers():
    told = trust(RECORD)
    deletion, insertion, permuted, seeds = told["checks"]
    assert deletion["holds"]
    assert "most important 20 % of the bases takes the mean score from 3.00 to −0.50" in deletion["told"]
    assert "at random, from 3.00 to 2.50" in deletion["told"]
    assert not insertion["holds"]
    assert permuted["holds"]
    assert seeds["holds"] is None
    assert "--ensemble" in seeds["told"]
    assert [scale["words"] for scale in told["scales"]] == [NOT_EXPLANATORY, ""]
    assert told["scales"][1]["share"] == "90 %"


@pytest.mark.parametrize(("seeds", "holds"), [(0.95, True), (0.3, False)])
def test_members_that_tell_one_story_or_several(seeds, holds):
    told = trust(RECORD | {"seeds": seeds, "members": 5})["checks"][3]
    assert told["holds"] is holds
    assert f"5 members, two by two: {seeds:.2f}" in told["told"]


def test_without_checks_the_audit_stands_alone():
    assert trust({"sequences": 0, "attention": RECORD["attention"]})["checks"] == []


def records_in(page: str) -> list[dict]:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(data)["browser"]["records"]


def test_the_page_carries_the_audit_and_the_tracks_its_words(tmp_path):
    run = make_run(tmp_path / "run", tiny(), with_motifs=False)
    page = build_report(run)
    assert "attention-audit" not in page
    assert {record["explains"] for record in records_in(page)} == {None}
    rows = run.attributions()
    record = deepcopy(RECORD)
    record["attention"]["rows"] = [[0.1, 0.5, 0.3, 0.29]] * len(rows)
    run.update(faithfulness=record)
    page = build_report(run)
    assert "attention-audit" in page
    assert f"<td>{NOT_EXPLANATORY}</td>" in page
    assert all(record["explains"] == [False, True, True, False] for record in records_in(page))
