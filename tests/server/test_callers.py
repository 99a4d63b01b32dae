"""Until when a caller waits."""

from __future__ import annotations

import time

from fitbox_server.callers import caller

from tests.rpc.test_callers import Context


def test_a_deadline_is_put_on_admissions_clock() -> None:
    """Once, when the call came in: what is done before it waits counts too."""
    before = time.monotonic()
    deadline = caller(Context(remaining=5.0)).deadline
    assert deadline is not None
    assert before + 5 <= deadline <= time.monotonic() + 5
    assert caller(Context()).deadline is None


def test_the_name_of_the_call_in_progress_is_the_callers() -> None:
    """Fairness goes by the same name as everything else."""
    assert caller(Context()).client == "ipv4:127.0.0.1"
