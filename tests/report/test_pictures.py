"""Pictures of single sequences."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from motiflens.report.palette import LIGHT
from motiflens.report.pictures import draw_sequence, letter_path

SVG = "{http://www.w3.org/2000/svg}"


def explained(length: int) -> dict[str, object]:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, length).astype(np.uint8)
    contributions = np.where(codes < 4, rng.normal(size=length), 0).astype(np.float32)
    return {"contributions": contributions, "codes": codes, "probability": np.float32(0.97)}


@pytest.mark.parametrize("letter", list("ACGT"))
@pytest.mark.parametrize("height", [0.3, -2.0])
def test_a_letter_fills_its_rectangle(letter: str, height: float) -> None:
    box = letter_path(letter, x=3, y=height).get_extents()
    np.testing.assert_allclose([box.x0, box.x1], [3, 3.92], atol=1e-9)
    np.testing.assert_allclose(sorted([box.y0, box.y1]), sorted([0, height]), atol=1e-9)


@pytest.mark.parametrize("length", [1, 60, 250])
def test_the_picture_is_drawn_whatever_the_name(length: int) -> None:
    svg = draw_sequence(**explained(length), ids="<b>$x_&" * 20, target="_a\tb", kind="svg")
    root = ElementTree.fromstring(svg)
    texts = " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))
    assert "<b>$x_&" in texts
    assert "p = 0.970" in texts
    styles = {path.get("style", "") for path in root.iter(f"{SVG}path")}
    drawn = {base for base in "acgt" if any(LIGHT[f"base-{base}"] in style for style in styles)}
    assert drawn == {"acgtn"[code] for code in explained(length)["codes"]} - {"n"}
    assert draw_sequence(**explained(length), ids="s", target="t", kind="png").startswith(b"\x89PNG")


def test_flat_contributions_are_drawn_as_a_line() -> None:
    flat = explained(30) | {"contributions": np.zeros(30, np.float32)}
    assert b"<svg" in draw_sequence(**flat, ids="s", target="t", kind="svg")


@pytest.mark.parametrize(
    ("strand", "numbers"), [("+", ["1,020", "1,040", "1,060"]), ("-", ["1,060", "1,040", "1,020"])]
)
def test_positions_are_those_of_the_genome_where_they_are_known(strand: str, numbers: list[str]) -> None:
    """Bases 1,001 to 1,060 of chr2, as BED's 1000 to 1060."""
    svg = draw_sequence(**explained(60), ids=f"chr2:1000-1060({strand})", target="t", kind="svg")
    texts = ["".join(text.itertext()).strip() for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert [text for text in texts if re.fullmatch(r"\d,\d+", text)] == numbers
    assert "position on chr2" in texts


def test_a_number_is_no_probability() -> None:
    svg = draw_sequence(**explained(30), ids="s", target="y", kind="svg", unit="log target units").decode()
    assert "predicted 0.970" in svg
    assert "p = " not in svg
    assert "log value" in svg


def test_attention_is_drawn_below_the_letters() -> None:
    """A bar a position, in proportion."""
    attention = np.linspace(0.001, 0.02, 130, dtype=np.float32)
    svg = draw_sequence(**explained(130), ids="s", target="t", kind="svg", attention=attention)
    root = ElementTree.fromstring(svg)
    bars = [path for path in root.iter(f"{SVG}path") if f"fill: {LIGHT['accent']}" in path.get("style", "")]
    assert len(bars) == 130
    heights = [np.ptp([float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", bar.get("d", ""))]) for bar in bars]
    np.testing.assert_allclose(np.array(heights) / heights[-1], attention / attention[-1], rtol=1e-3)
    texts = ["".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")]
    assert texts.count("attention") == 2
    assert [text for text in texts if re.fullmatch(r"\d{2,3}", text)] == [str(i) for i in range(10, 131, 10)]
