"""The parts of the page that numbers have: tables, tiles, figures, examples."""

import re

import numpy as np
import pytest

from motiflens.report.examples import choose_measured
from motiflens.report.target_view import number_scores, target_verdict
from motiflens.report.text import significant
from motiflens.run.folder import Run


def test_tables_hold_the_figures_of_metrics_json(measured_run: Run) -> None:
    metrics = measured_run.number_metrics()
    tables = number_scores(measured_run, metrics).tables
    assert [table.title for table in tables] == ["K562", "HepG2"]
    for table in tables:
        scores = metrics.test[table.title]
        own = table.rows[0]
        assert own.cells[0].value == f"{scores.pearson:.3f}"
        assert own.cells[3].value == significant(scores.rmse)
        pair = metrics.comparisons["kmer_ridge"][table.title]
        ridge = next(row for row in table.rows if row.name == "k-mer ridge regression")
        assert ridge.difference.value == f"{pair.difference:+.3f}".replace("-", "\u2212")
        assert table.rows[-1].name == "ceiling of the replicates"
        assert table.rows[-1].cells[2].value == f"{scores.replicate_ceiling.r2:.3f}"
    tiles = target_verdict(measured_run, metrics).tiles
    assert [tile.name for tile in tiles] == ["Pearson, K562", "Pearson, HepG2"]


def test_the_page_has_no_id_twice_and_all_figures(measured_run: Run) -> None:
    page = (measured_run.path / "report.html").read_text()
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]+)"', markup)
    assert len(ids) == len(set(ids))
    for name in ("scatter", "residuals", "baselines", "loss"):
        assert (measured_run.path / "figures" / f"{name}.svg").is_file()
    assert "240 sequences of 60 bp" in re.sub(r"\s+", " ", page)


def test_examples_are_the_ends_the_worst_and_some_between() -> None:
    import pandas as pd

    rng = np.random.default_rng(0)
    measured = rng.normal(size=300)
    predicted = measured + 0.1 * rng.normal(size=300)
    predicted[17] += 9
    split = pd.Series(np.where(np.arange(300) < 250, "test", "train"), index=[f"s{i}" for i in range(300)])
    chosen = choose_measured(split, measured, predicted, most=60)
    numbers = [int(name[1:]) for name in chosen]
    assert 17 in numbers
    assert len(numbers) <= 60
    assert max(numbers) < 250
    assert numbers == sorted(numbers, key=lambda i: -measured[i])
    assert numbers[0] == int(np.argmax(measured[:250]))
    assert numbers[-1] == int(np.argmin(measured[:250]))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234.5, "1,234"),
        (1.234, "1.23"),
        (-0.01234, "\u22120.0123"),
        (0, "0.00"),
        (1e-9, "1.00e\u221209"),
        (None, "\u2013"),
    ],
)
def test_numbers_in_any_unit(value: float | None, shown: str) -> None:
    assert significant(value) == shown
