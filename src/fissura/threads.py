"""Independent pieces of work on as many threads as PyTorch may use, the results in the order of the pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Piece], Result], pieces: Iterable[Piece], *, alone_on_one_thread: bool = False
) -> list[Result]:
    """``work`` of each piece; which thread does which piece changes no bit.

    Each thread computes on one processor: threads that wait for one another at every small product lose more than they
    win. In a process that may use one thread only (one of many that inspect a photograph each) all is done here.

    Args:
        work: what is done with a piece.
        pieces: any number of them.
        alone_on_one_thread: where there is a single piece. It has all threads for itself, which is faster and may round
            otherwise than one thread does; True keeps it to one, so that it gives the bits of a piece among many.
    """
    waiting = list(pieces)
    threads = torch.get_num_threads()
    workers = min(threads, len(waiting))
    if workers <= 1 and not alone_on_one_thread:
        return [work(piece) for piece in waiting]
    # PyTorch keeps the number both for each thread and for all that begin later; the latter is put back at the end
    # once every thread has ended: one that begins late, when the others have done all, changes the latter too
    try:
        if workers <= 1:
            torch.set_num_threads(1)
            return [work(piece) for piece in waiting]
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(work, waiting))
    finally:
        torch.set_num_threads(threads)
