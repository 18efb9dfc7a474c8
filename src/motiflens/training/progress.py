"""How far a fit's training is, over members of an ensemble and rounds of each."""

from collections.abc import Callable

_PART = 0.6  # of the time that is left to a member, for its next round


class TrainingProgress:
    """Turns the progress of each round of training into the share of all training that is done, which never falls.

    How many rounds a member needs is not known before (refits, repetitions): each gets most of what is left.
    """

    def __init__(self, hear: Callable[[float, str], None], *, members: int) -> None:
        self._hear, self._members, self._done = hear, members, 0.0

    def of_member(self, member: int) -> Callable[[float, str], None]:
        """Return what hears the progress of a member (from 0), a round after another, each from 0 to 1."""
        end = (member + 1) / self._members
        start, last = max(self._done, member / self._members), 0.0

        def hear(share: float, detail: str) -> None:
            nonlocal start, last
            if share < last:
                start = self._done
            last = share
            self._done = max(self._done, start + _PART * (end - start) * share)
            self._hear(self._done, detail)

        return hear
