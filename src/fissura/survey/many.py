"""Many photographs, several at once: processes of one thread each, and no more pixels in memory than is bearable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial

from fissura.errors import FissuraError
from fissura.images import ImageError, head_size
from fissura.processes import pool
from fissura.reporting.findings.records import Photograph
from fissura.survey.work import Inspector, Task, done

PIXELS_AT_ONCE = 60_000_000
"""In all processes together; a photograph of more is inspected alone. About 15 bytes a pixel are needed."""

FEW = 2  # so many photographs are inspected here: a process takes longer to start
_UNKNOWN_PX = 12_000_000

_inspector: Inspector | None = None  # of this process, set once when it starts
_failure: FissuraError | None = None  # why there is none


def inspected(
    tasks: Sequence[Task],
    make_inspector: Callable[[], Inspector],
    workers: int,
    on_done: Callable[[int, int], None] | None = None,
) -> dict[str, Photograph]:
    """The record of each task by its photograph's name; ``on_done`` hears of pixels done and of all of them.

    ``make_inspector`` is called in every process; it must be a function that can be pickled.

    Raises:
        OutputError: something could not be written; what was finished is kept.
    """
    sizes = {task.entry.name: _pixels(task) for task in tasks}
    total, at = sum(sizes.values()), 0
    found: dict[str, Photograph] = {}
    alone = workers <= 1 or len(tasks) <= FEW
    for photograph in _here(tasks, make_inspector) if alone else _anywhere(tasks, sizes, make_inspector, workers):
        found[photograph.name] = photograph
        at += sizes[photograph.name]
        if on_done is not None:
            on_done(at, total)
    return found


def _pixels(task: Task) -> int:
    size = head_size(task.entry.path)
    return _UNKNOWN_PX if size is None else min(size[0] * size[1], task.settings.max_pixels)


def _here(tasks: Sequence[Task], make_inspector: Callable[[], Inspector]) -> Iterator[Photograph]:
    inspector = make_inspector() if tasks else None
    for task in tasks:
        assert inspector is not None
        yield done(task, inspector)


def _anywhere(
    tasks: Sequence[Task], sizes: dict[str, int], make_inspector: Callable[[], Inspector], workers: int
) -> Iterator[Photograph]:
    """In processes, or here where none can be started: no shared memory, or as many as the system allows."""
    left = sorted(tasks, key=lambda task: -sizes[task.entry.name])  # the largest first: they end together
    try:
        yield from _apart(left, sizes, make_inspector, workers)
    except OSError:
        yield from _here(left, make_inspector)


def _apart(
    left: list[Task], sizes: dict[str, int], make_inspector: Callable[[], Inspector], workers: int
) -> Iterator[Photograph]:
    """In processes; when the system ends one (it mostly does so when memory runs out), one by one, to know which.

    What is done is taken out of ``left``.
    """
    while left:
        inspectors = _Pool(min(workers, len(left)), make_inspector, sizes)
        try:
            for task, photograph in inspectors.results(left):
                left.remove(task)
                yield photograph
        except BrokenProcessPool:
            if workers == 1:
                lost = left.pop(0)
                yield Photograph(lost.entry.name, error=_ended(lost.entry.name))
            workers = 1
        finally:
            inspectors.executor.shutdown(wait=True, cancel_futures=True)


def _ended(name: str) -> ImageError:
    return ImageError(
        "The process that inspected {name} was ended from outside or broke down, most often because memory ran out. "
        "Make the photograph smaller or close other programs; if it happens again, report it with the photograph.",
        name=name,
        problem="too-large",
    )


class _Pool:
    """Processes, and what is given to them when."""

    def __init__(self, workers: int, make_inspector: Callable[[], Inspector], sizes: dict[str, int]) -> None:
        self.workers = workers
        self.sizes = sizes
        self.executor = pool(workers, partial(_begin, make_inspector))

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Photograph]]:
        """Each task with its record, as they get ready."""
        waiting, running = list(tasks), dict[Future[Photograph], Task]()
        while waiting or running:
            busy = sum(self.sizes[task.entry.name] for task in running.values())
            while waiting and len(running) < self.workers and self._fits(waiting[0], busy):
                task = waiting.pop(0)
                busy += self.sizes[task.entry.name]
                running[self.executor.submit(_work, task)] = task
            ready, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                yield running.pop(future), future.result()

    def _fits(self, task: Task, busy: int) -> bool:
        return busy == 0 or busy + self.sizes[task.entry.name] <= PIXELS_AT_ONCE


def _begin(make_inspector: Callable[[], Inspector]) -> None:
    """Start of a process: one thread, and one inspector for all of its photographs."""
    global _inspector, _failure  # noqa: PLW0603 - a process of a pool has no other place for what it loads once
    import torch

    torch.set_num_threads(1)
    try:
        _inspector = make_inspector()
    except FissuraError as error:  # said by the first photograph: a process that ends here would be taken for broken
        _failure = error


def _work(task: Task) -> Photograph:
    if _failure is not None:
        raise _failure
    assert _inspector is not None
    return done(task, _inspector)
