"""A figure that the data cannot give is null: schema, report and every view survive it, and say so."""

import copy
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_example import binary
from make_run import make_run
from pydantic import ValidationError

from motiflens.report.faithfulness_view import faithfulness_view
from motiflens.report.page import build_report
from motiflens.run.folder import Run
from motiflens.run.schema.checks import AttentionAudit, EditCurve, Faithfulness
from motiflens.run.schema.info import RunInfo
from motiflens.run.schema.metrics import Metrics
from motiflens.run.schema.motifs import MotifRecord
from motiflens.run.schema.record import Record

CURVE = EditCurve(share=(0.0, 0.2, 1.0), logit=(3.0, 1.0, 0.0), random=(3.0, 2.9, 0.0), area=0.2, random_area=1.5)
FAITHFULNESS = Faithfulness(
    sequences=40,
    members=5,
    deletion=CURVE,
    insertion=CURVE,
    weight_randomisation=(0.1, 0.2),
    member_correlation=0.9,
    attention=AttentionAudit(
        threshold=0.3,
        widths=(3, 7),
        agreement=(0.1, 0.6),
        fraction_above_threshold=(0.1, 0.9),
        agreement_by_sequence=(),
    ),
)

Path_ = tuple[str | int, ...]


def numbers(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Paths of the numbers of a JSON value; of a list with many, its first three."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value[:3]):
            yield from numbers(inner, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def with_value(content: Mapping[str, Any], paths: list[Path_], value: float | None) -> dict[str, Any]:
    out = copy.deepcopy(dict(content))
    for path in paths:
        inner: Any = out
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = None if isinstance(inner[path[-1]], int) else value  # no integer is NaN
    return out


def optional(record: Record) -> list[Path_]:
    """Paths of the numbers that the record's schema allows to be null."""
    content, found = json.loads(record.model_dump_json()), []
    for path in numbers(content):
        try:
            type(record).model_validate(with_value(content, [path], None))
        except ValidationError:
            continue
        found.append(path)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("undefined") / "run", binary(120))
    run.update(faithfulness=FAITHFULNESS)
    return run


@pytest.fixture(scope="module")
def records(run: Run) -> dict[str, Record]:
    return {
        "metrics": run.metrics(),
        "motifs": run.motifs(),
        "faithfulness": run.faithfulness(),
        "info": run.info,
    }


@pytest.fixture(scope="module")
def choices(records: dict[str, Record]) -> list[tuple[str, Path_]]:
    return [(name, path) for name, record in records.items() for path in optional(record)]


def test_what_the_data_may_not_give_is_optional(choices: list[tuple[str, Path_]]) -> None:
    keys = {(name, *(key for key in path if isinstance(key, str))) for name, path in choices}
    assert keys >= {
        ("metrics", "test", "auroc"),
        ("metrics", "test", "ci", "auroc"),
        ("metrics", "comparisons", "gc_content", "difference"),
        ("metrics", "comparisons", "gc_content", "low"),
        ("metrics", "calibration", "observed"),
        ("motifs", "motifs", "effect", "insertion", "mean"),
        ("motifs", "motifs", "effect", "ablation", "low"),
        ("motifs", "grammar", "pairs", "interaction", "interaction", "high"),
        ("faithfulness", "weight_randomisation"),
        ("faithfulness", "member_correlation"),
        ("faithfulness", "deletion", "area"),
        ("faithfulness", "deletion", "logit"),
        ("faithfulness", "attention", "agreement"),
        ("info", "parameters"),
    }


def rebuilt(run: Run, records: dict[str, Record], chosen: list[tuple[str, Path_]], value: float | None) -> str:
    """The report of the run with `value` at the chosen places, written and read as a run's files are."""
    models = {"metrics": Metrics, "motifs": MotifRecord, "faithfulness": Faithfulness, "info": RunInfo}
    changed: dict[str, Any] = {}
    for name, record in records.items():
        content = json.loads(record.model_dump_json())
        places = [path for of, path in chosen if of == name]
        # NaN as a fit would hand it over; null as the file has it
        once = models[name].model_validate(with_value(content, places, value))
        changed[name] = models[name].model_validate_json(once.model_dump_json())
    fake = copy.copy(run)
    fake.info = changed["info"]
    fake.metrics = lambda: changed["metrics"]  # type: ignore[method-assign]
    fake.motifs = lambda: changed["motifs"]  # type: ignore[method-assign]
    fake.faithfulness = lambda: changed["faithfulness"]  # type: ignore[method-assign]
    return build_report(fake)


def shown(page: str) -> str:
    return re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.S)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data(), value=st.sampled_from([None, float("nan")]))
def test_any_optional_number_may_be_null_or_nan(
    run: Run, records: dict[str, Record], choices: list[tuple[str, Path_]], data: st.DataObject, value: float | None
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(choices), min_size=1, max_size=60, unique=True))
    page = rebuilt(run, records, chosen, value)
    assert not re.search(r">\s*(nan|None|inf)\b", shown(page))


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_run_without_a_single_optional_number_has_a_report(
    run: Run, records: dict[str, Record], choices: list[tuple[str, Path_]], value: float | None
) -> None:
    page = rebuilt(run, records, choices, value)
    words = shown(page)
    assert not re.search(r">\s*(nan|None|inf)\b", words)
    assert words.count("not defined, because") + words.count("Not defined, because") >= 5


def test_every_view_of_faithfulness_says_why() -> None:
    gone = CURVE.model_copy(update={"area": None, "logit": (None, None, None)})
    record = FAITHFULNESS.model_copy(
        update={"deletion": gone, "insertion": gone, "weight_randomisation": (None,), "member_correlation": None}
    )
    checks = faithfulness_view(record).checks
    assert all(check.answer.startswith("Not defined, because") for check in checks)
    assert all(check.passed is None for check in checks)


def test_a_history_and_predictions_of_nothing_have_a_report(run: Run, tmp_path: Path) -> None:
    copied = Run.load(shutil.copytree(run.path, tmp_path / "run"))
    history = copied.history().assign(loss=np.nan, val_loss=np.nan, accuracy=np.nan, val_accuracy=np.nan)
    copied.update(history=history)
    assert "What to doubt" in build_report(copied)
