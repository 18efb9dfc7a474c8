"""How far a search is: shares of the work done, passed on to whoever shows them."""

from collections.abc import Callable

#: Hears the share of the work that is done, from 0 to 1.
Heard = Callable[[float], None]


def unheard(_: float) -> None:
    """Take a share that nobody asks for."""


def portion(heard: Heard, start: float, end: float) -> Heard:
    """Return what hears the shares of a part of the work, which reaches from `start` to `end` of all."""
    return lambda share: heard(start + (end - start) * share)
