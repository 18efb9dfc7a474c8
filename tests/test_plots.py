"""Plots on matplotlib axes, and what notebooks show."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from make_example import splice
from make_run import bare_info, make_run

from motiflens import InputError, Motif, plot_attributions, plot_logo, plot_positions
from motiflens.motifs.notebook import LETTER_COLOURS, logo_svg
from motiflens.report.palette import LIGHT
from motiflens.run.folder import Run, RunWriter


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return make_run(tmp_path_factory.mktemp("run") / "splice", splice())


@pytest.fixture(autouse=True)
def _close():
    with plt.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def tops(axes) -> list[float]:
    """Upper ends of the drawn letters by colour."""
    return [float(patch.get_path().get_extents().ymax) for patch in axes.patches]


def test_a_logo_is_as_tall_as_its_information():
    motif = Motif(name="half", probabilities=np.array([[1, 0.5, 0.25], [0, 0.5, 0.25], [0, 0, 0.25], [0, 0, 0.25]]))
    axes = plot_logo(motif)
    assert axes.get_title() == "half"
    assert axes.get_ylabel() == "bits"
    assert max(tops(axes)) == pytest.approx(2)
    assert len(axes.patches) == 2  # A and C: the even column has no letters
    given = plt.subplots()[1]
    assert plot_logo(motif.probabilities, ax=given, background=(0.4, 0.1, 0.1, 0.4)) is given
    assert max(tops(given)) == pytest.approx(np.log2(1 / 0.4))


def test_contributions_lie_on_both_sides_of_the_line(run):
    entry = next(entry for entry in run.motifs().motifs if entry.contributions is not None)
    axes = plot_logo(entry, contributions=True)
    matrix = np.asarray(entry.contributions)
    assert max(tops(axes)) == pytest.approx(np.maximum(matrix, 0).sum(0).max(), abs=0.01)
    lowest = min(float(patch.get_path().get_extents().ymin) for patch in axes.patches)
    assert lowest == pytest.approx(np.minimum(matrix, 0).sum(0).min(), abs=0.01)
    with pytest.raises(InputError, match="has none; draw its information"):
        plot_logo(Motif.from_consensus("TATA"), contributions=True)


@pytest.mark.parametrize(
    ("motif", "background", "said"),
    [
        (np.zeros((3, 4)), None, "shape"),
        (np.ones((4, 2)), None, "columns are no probabilities"),
        (np.full((4, 2), 0.25), (1, 0, 0, 0), "four frequencies above 0"),
    ],
)
def test_what_is_no_motif_is_refused(motif, background, said):
    with pytest.raises(InputError, match=said):
        plot_logo(motif, **({} if background is None else {"background": background}))


def test_attributions_are_the_observed_letters(run):
    explained = run.attributions()
    axes = plot_attributions(explained, 2, start=5, end=25)
    assert max(tops(axes)) == pytest.approx(max(explained.observed[2, 5:25].max(), 0), rel=1e-4)
    assert axes.get_xlim() == (5.5, 25.5)
    assert str(explained.target[2]) in axes.get_ylabel()
    last = plot_attributions(explained, -1)
    assert max(tops(last)) == pytest.approx(explained.observed[-1].max(), rel=1e-4)
    with pytest.raises(InputError, match=f"there are {len(explained)} explained sequences"):
        plot_attributions(explained, len(explained))
    with pytest.raises(InputError, match="none of the"):
        plot_attributions(explained, 0, start=9, end=9)


def test_positions_are_shares_of_the_sequences(run):
    entry = run.motifs().motifs[0]
    axes = plot_positions(entry)
    heights = [patch.get_height() for patch in axes.patches[: len(entry.positions.counts)]]
    assert heights == pytest.approx([100 * n / entry.counts.positives for n in entry.positions.counts])


def test_a_motif_shows_its_logo():
    html = Motif.from_consensus("TATAWAW", name="<TATA>")._repr_html_()
    assert "&lt;TATA&gt;" in html
    root = ElementTree.fromstring(re.search(r"<svg.*</svg>", html)[0])
    letters = [child for child in root if child.get("fill")]
    assert len(letters) == 5 + 2 * 2
    assert tuple(LIGHT[f"base-{base}"] for base in "acgt") == LETTER_COLOURS
    assert "fill=" not in logo_svg(np.full((4, 3), 0.25), np.zeros(3), label="NNN")


def test_a_run_shows_verdict_motifs_and_report(run, tmp_path):
    html = run._repr_html_()
    assert run.metrics().verdict.headline.split(":")[0] in html
    assert html.count("<svg") == min(10, len(run.motifs().motifs))
    assert "<table>" in html
    run.update(motifs=run.motifs().model_copy(update={"motifs": ()}))
    assert "No motif is supported" in run._repr_html_()
    with RunWriter(tmp_path / "bare") as writer:
        bare = writer.seal(bare_info())
    assert bare._repr_html_().startswith("<div><b>bare</b>: no, yes")
