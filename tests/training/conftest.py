"""What tests of training share."""

import pytest

from motiflens.training.task import Trained
from motiflens.training.trial import Attempt


@pytest.fixture
def descents(monkeypatch) -> list[Attempt]:
    """Every attempt that descends, pilots among them, in order."""
    seen: list[Attempt] = []
    real = Attempt.descend

    def descend(attempt: Attempt, *until: int) -> Trained:
        seen.append(attempt)
        return real(attempt, *until)

    monkeypatch.setattr(Attempt, "descend", descend)
    return seen
