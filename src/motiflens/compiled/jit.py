"""numba's `njit` with a cache on disk that never stands in the way: without a place for it, or with a damaged one.

Compiled functions of motiflens are made by this `njit`. `NUMBA_CACHE_DIR` names a folder for the cache where neither
the installation nor the user's home can be written; without one, every process compiles anew.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher


class _LenientCache(FunctionCache):
    """A cache whose damaged files (a killed process, a full disk) count as absent, and are written anew."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # of unpickling, which raises what it likes
            self._clear()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception:
            self._clear()
            with suppress(Exception):  # the function is compiled, whether or not that is remembered
                super().save_overload(sig, data)

    def _clear(self) -> None:
        with suppress(Exception):
            self.flush()


_Cache: Any = _LenientCache  # numba has no types for it


def njit(function: Callable | None = None, *, cache: bool = False, **options: Any) -> Any:
    """Compile a function as numba.njit does, as decorator with or without options."""
    if function is None:
        return lambda function: njit(function, cache=cache, **options)
    compiled: Any = numba.njit(**options)(function)
    if cache and isinstance(compiled, Dispatcher):  # NUMBA_DISABLE_JIT leaves the function as it is
        dispatcher: Any = compiled
        with suppress(RuntimeError):  # no folder can be written
            dispatcher._cache = _Cache(function)
    return compiled
