"""Waiting for something real: with a deadline, and with the last state in the error."""

import time


def wait_for(predicate, deadline_s: float = 30, what: str = "", interval_s: float = 0.02):
    """Polls `predicate` until it returns something true, and returns that.

    Raises TimeoutError after `deadline_s`, naming `what` and the last value that was seen.
    """
    end = time.monotonic() + deadline_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= end:
            raise TimeoutError(f"not within {deadline_s} s: {what or predicate}; last seen: {value!r}")
        time.sleep(min(interval_s, max(0.0, end - time.monotonic())))


def pace(interval_s: float = 0.05) -> None:
    """The own pace of a source that a test plays, a receiver's between two fixes. Never to wait for an outcome."""
    time.sleep(interval_s)
