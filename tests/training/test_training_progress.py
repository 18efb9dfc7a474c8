"""One share of a whole training from those of its rounds."""

import pytest

from motiflens.training.progress import TrainingProgress


def test_the_share_never_falls_over_rounds_and_members():
    heard = []
    progress = TrainingProgress(lambda share, detail: heard.append((share, detail)), members=2)
    for member in range(2):
        hear = progress.of_member(member)
        for _ in range(4):
            for step in range(5):
                hear(step / 4, f"{member}")
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[4] == pytest.approx(0.3)  # three fifths of the first half
    assert shares[9] == pytest.approx(0.3 + 0.6 * 0.2)
    assert max(share for share, of in heard if of == "0") <= 0.5 <= min(share for share, of in heard if of == "1")
    assert shares[-1] < 1
