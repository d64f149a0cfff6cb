"""Processes that work for this one: started afresh, deaf to Ctrl-C, and gone when the one that started them is gone."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process


def processors() -> int:
    """How many processors this process may use, at least 1."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_one_of_many() -> bool:
    """Whether this process was itself started to work for another; it must not start more."""
    return parent_process() is not None


def pool(workers: int, prepare: Callable[[], None] | None = None) -> ProcessPoolExecutor:
    """``workers`` processes, each of which calls ``prepare`` when it starts.

    Started afresh, not forked: a fork of a process in which torch has threads can hang.
    """
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_begin, initargs=(prepare,))


def _begin(prepare: Callable[[], None] | None) -> None:
    """Start of a process. Ctrl-C is for the one who started it, and who ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody would ever take the result
