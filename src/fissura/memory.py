"""Memory that is free given back to the system, as the C library keeps it; and what an error says of too little."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

_SHORT_OF_MEMORY = ("can't allocate", "not enough memory", "out of memory")


def give_back() -> None:
    """Give back what the heap holds and nobody uses, where the C library can be told to (glibc).

    After a scan of 100 megapixels that is 330 MB of 1070 (glibc 2.36), which the photograph in colour then needs.
    Source: malloc_trim(3).
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library; Windows has no library without a name
        return None
    return found


def is_shortage(error: Exception) -> bool:
    """Whether ``error`` came because there was not enough memory: Python, NumPy and PyTorch each say it otherwise."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _SHORT_OF_MEMORY)
