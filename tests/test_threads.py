"""Pieces of work on several threads."""

import threading

import torch

from fissura.threads import side_by_side


def test_a_thread_that_begins_after_all_is_done_leaves_no_number_of_threads_behind(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    first, begun, put_back, told = threading.Lock(), threading.Event(), threading.Event(), []

    def told_of(n):
        if n == 1 and not first.acquire(blocking=False):
            begun.set()
            put_back.wait(0.2)  # only where nobody waits for this thread is the number put back before
        told.append(n)
        if n == 2:
            put_back.set()

    try:
        monkeypatch.setattr(torch, "set_num_threads", told_of)
        assert side_by_side(lambda _: begun.wait(60), [1, 2]) == [True, True]
    finally:
        monkeypatch.undo()
        torch.set_num_threads(before)
    assert told == [1, 1, 2]


def test_a_single_piece_has_all_threads_unless_it_is_kept_to_one():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert side_by_side(lambda _: torch.get_num_threads(), ["only"]) == [2]
        assert side_by_side(lambda _: torch.get_num_threads(), ["only"], alone_on_one_thread=True) == [1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
