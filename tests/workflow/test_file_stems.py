"""Class names as parts of file names."""

import pytest

from motiflens.workflow.outputs import file_stems


@pytest.mark.parametrize(
    "names",
    [
        (">1 kb", "<1 kb", "=1 kb"),
        ("a/b", "a_b", "a b"),
        ("T cell", "T_cell", "t cell"),
        ("\u00e9", "e\u0301", "E\u0301"),
        ("x" * 200, "x" * 200 + "y"),
        ("_", "/", "\\", ":"),
        ("a_2", "a/2", "a", "a:2", "a?2"),
    ],
)
def test_no_two_names_share_a_file(names, tmp_path):
    stems = file_stems(names)
    assert list(stems) == list(names)
    assert len({stem.casefold() for stem in stems.values()}) == len(names)
    for stem in stems.values():
        assert len(stem.encode()) <= 130
        (tmp_path / f"contributions_{stem}.bedGraph").touch()
    assert len(list(tmp_path.iterdir())) == len(names)


def test_plain_names_stay():
    assert file_stems(["peak", "back-ground.1"]) == {"peak": "peak", "back-ground.1": "back-ground.1"}
