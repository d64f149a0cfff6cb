"""Processes that work for this one."""

import time

from fissura.processes import in_order


def test_who_no_longer_wants_the_results_does_not_wait_for_the_errands_under_way():
    results = in_order(time.sleep, [0, 3600, 3600, 3600], 2)
    next(results)
    results.close()  # as Ctrl-C does; an hour long if it waited
