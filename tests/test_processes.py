"""Processes that work for this one."""

import time
from functools import partial

from fissura.processes import in_order


def leave_a_mark(folder, after_s):
    time.sleep(after_s)
    (folder / f"after {after_s} s").touch()


def test_who_no_longer_wants_the_results_does_not_wait_for_the_errands_under_way(tmp_path):
    results = in_order(partial(leave_a_mark, tmp_path), [0, 20, 20, 20], 2)
    next(results)
    results.close()  # as Ctrl-C does
    assert [path.name for path in tmp_path.iterdir()] == ["after 0 s"]
