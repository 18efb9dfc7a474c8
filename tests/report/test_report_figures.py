"""The figures that are computed on the way: intervals, clustering, curves, pairs."""

import numpy as np
import pytest
from make_example import binary
from make_motifs import grammar_of
from make_run import make_run
from test_report_undefined import FAITHFULNESS

from motiflens.report.attribution_figures import attribution_figures
from motiflens.report.check_figures import co_occurrence, edit_curves
from motiflens.report.figures import calibration
from motiflens.report.logo import information_heights
from motiflens.report.motif_figures import logo, motif_figures
from motiflens.report.svg import style
from motiflens.run.folder import Run
from motiflens.run.schema.metrics import CalibrationBin


def test_a_calibration_without_a_single_figure_is_drawn() -> None:
    with style():
        assert b"<svg" in calibration([CalibrationBin(confidence=None, observed=None, n=3)]).svg


def test_explained_sequences_are_drawn_together(splice_run: Run) -> None:
    rows = splice_run.attributions()
    with style():
        drawn = attribution_figures(rows, splice_run.classes)
        assert set(drawn) == {"by-position", "heat-map"}
        left, right = drawn["by-position"].figure.axes
    for line, name in zip(left.lines, splice_run.classes, strict=False):
        own = (rows.target == name) & (rows.label == name)
        np.testing.assert_allclose(line.get_ydata(), rows.observed[own].mean(0), rtol=1e-5)
    assert len(right.lines) == 4
    images = [axes.images[0].get_array() for axes in drawn["heat-map"].figure.axes]
    assert len(images) == 3
    # Rows that are alike lie beside each other: neighbours differ less than rows in a random order.
    shade = np.where(images[0][..., 0] == images[0][..., 0].min(), 1, -1) * images[0][..., 3]
    shuffled = shade[np.random.default_rng(0).permutation(len(shade))]
    assert np.abs(np.diff(shade, axis=0)).sum() < np.abs(np.diff(shuffled, axis=0)).sum()


def test_long_sequences_are_summed_over_stretches(splice_run: Run) -> None:
    from dataclasses import replace

    rows = splice_run.attributions()
    long = replace(
        rows,
        hypothetical=np.tile(rows.hypothetical, 10),
        codes=np.tile(rows.codes, 10),
        attention=np.tile(rows.attention, 10),
    )
    with style():
        image = attribution_figures(long, splice_run.classes)["heat-map"].figure.axes[0].images[0]
    assert image.get_array().shape[1] == 200
    assert image.get_extent()[1] == 600.5


def test_curves_and_pairs(tmp_path) -> None:
    run = make_run(tmp_path / "run", binary(120))
    record = run.motifs()
    first, second = record.motifs
    third = first.model_copy(update={"name": "motif_9", "matches": ()})
    pair = grammar_of("promoter", [first, second]).pairs[0]
    pairs = (pair, pair.model_copy(update={"a": "motif_9", "with_both": 20, "q": 0.9}))
    group = grammar_of("promoter", []).model_copy(update={"pairs": pairs})
    with style():
        assert co_occurrence(record) == {}, "two motifs are told by the table"
        more = record.model_copy(update={"motifs": (first, second, third), "grammar": (group,)})
        (drawn,) = co_occurrence(more).values()
        assert "120, 105 by chance" in drawn.description
        (curves,) = edit_curves(FAITHFULNESS).values()
        assert b"<svg" in curves.svg
        assert edit_curves(FAITHFULNESS.model_copy(update={"deletion": None, "insertion": None})) == {}


def test_a_logo_file_has_the_heights_of_the_motif(splice_run: Run) -> None:
    record = splice_run.motifs()
    heights = information_heights(record.motifs[0].probabilities, np.array(record.background))
    with style():
        (axes,) = logo(heights, title="m").figure.axes
        assert len(motif_figures(record)) == 2 * len(record.motifs)
    top = max(path.get_path().get_extents().y1 for path in axes.patches)
    assert top == pytest.approx(heights.sum(0).max(), abs=1e-6)
