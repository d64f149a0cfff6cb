"""Processes that work for this one: started afresh, deaf to Ctrl-C, and gone when the one that started them is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, parent_process, synchronize
from typing import TypeVar

Errand = TypeVar("Errand")
Result = TypeVar("Result")


_MOST = 61 if sys.platform == "win32" else sys.maxsize
"""Processes that one can wait for; more are refused by Python (``concurrent.futures.ProcessPoolExecutor``)."""


def processors() -> int:
    """How many processors this process may use, at least 1."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_one_of_many() -> bool:
    """Whether this process was itself started to work for another; it must not start more."""
    return parent_process() is not None


_AFRESH = get_context("spawn")  # not forked: a fork of a process in which torch has threads can hang


def pool(
    workers: int, prepare: Callable[[], None] | None = None, stop: synchronize.Event | None = None
) -> ProcessPoolExecutor:
    """``workers`` processes, each of which calls ``prepare`` when it starts and ends at once when ``stop`` is set."""
    return ProcessPoolExecutor(min(workers, _MOST), _AFRESH, initializer=_begin, initargs=(prepare, stop))


def in_order(work: Callable[[Errand], Result], errands: Sequence[Errand], workers: int) -> Iterator[Result]:
    """``work(errand)`` of each, in their order: by ``workers`` processes, or here where none can be started.

    Where processes are killed on the way it goes on here where they stopped.
    """
    done = 0
    if workers > 1 and len(errands) > 1:
        try:
            for found in _apart(work, errands, min(workers, len(errands))):
                yield found
                done += 1
        except (BrokenProcessPool, OSError):
            workers = 1
    yield from map(work, islice(errands, done, None))


def _apart(work: Callable[[Errand], Result], errands: Sequence[Errand], workers: int) -> Iterator[Result]:
    stop = _AFRESH.Event()
    many = pool(workers, stop=stop)
    try:
        yield from many.map(work, errands)
    except BaseException:  # Ctrl-C above all: nobody waits for the errands that are under way
        stop.set()
        raise
    finally:
        many.shutdown(cancel_futures=True)


def _begin(prepare: Callable[[], None] | None, stop: synchronize.Event | None) -> None:
    """Start of a process. Ctrl-C is for the one who started it, and who ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if stop is not None:
        threading.Thread(target=_end_when_set, args=(stop,), daemon=True).start()
    if prepare is not None:
        prepare()


def _end_when_set(stop: synchronize.Event) -> None:
    stop.wait()
    os._exit(1)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody would ever take the result
