"""Threads that work on images side by side, each with a BLAS of one thread.

Many threads with small matrix products each would wait for one another's BLAS threads: measured on METU with two
threads on two cores, 455 seconds instead of 17.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types


@contextmanager
def threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """So many threads, until the end of the block."""
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        yield pool
