"""The live picture of `./dev demo`: previews move it forward, and a backlog never moves it back."""

import pytest

from simulator.demo import Newest


def report(second: int, lane: str = "BULK", **more) -> dict:
    return {"report": {"vehicle_id": "truck-1", "lane": lane, "time": f"2026-03-01T08:00:{second:02}.000Z",
                       "position": {"lat": second, "lon": 8.5}, "speed_mps": 10.0} | more}


@pytest.mark.parametrize("told, as_of", [
    ([report(1), report(2)], "08:00:02"),
    ([report(2), report(1)], "08:00:02"),
    ([report(1), report(50, "LIVE")], "08:00:50*"),
    ([report(50, "LIVE"), report(2), report(49)], "08:00:50*"),
    ([report(50, "LIVE"), report(51)], "08:00:51"),
    ([report(50), report(50, "LIVE")], "08:00:50"),
], ids=["in-order", "late", "preview", "backlog-behind-a-preview", "caught-up", "preview-of-what-came"])
def test_the_newest_event_time_of_any_lane_counts(told, as_of):
    newest = Newest()
    for one in told:
        newest.add(one)
    assert newest.words_of("truck-1") == ("36", f"{int(as_of[6:8]):.5f} 8.50000", as_of)


def test_what_tells_no_place_moves_nothing():
    newest = Newest()
    newest.add(report(1))
    without = report(2)
    del without["report"]["position"]
    newest.add(without)
    undated = report(3)
    del undated["report"]["time"]
    with pytest.raises(KeyError):
        newest.add(undated)
    assert newest.words_of("truck-1")[2] == "08:00:01"
    assert newest.words_of("truck-2") == ("-", "not heard of yet", "-")
