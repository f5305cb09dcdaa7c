"""What odograph-fleet eta-replay printed, looked up by pair."""

import bisect
import datetime
import json
from pathlib import Path

from tests.eta.dataset import FIRST_DAY
from tests.eta.scores import Pair


def second_of(text: str) -> float:
    return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - FIRST_DAY).total_seconds()


class Predictions:
    """By trip and stop: moments, and P10, P50, P90 in seconds since the first day began."""

    def __init__(self, path: Path):
        self._by_stop: dict[tuple[str, str], tuple[list[float], list[tuple[float, float, float]]]] = {}
        with path.open() as lines:
            for line in lines:
                one = json.loads(line)
                moments, told = self._by_stop.setdefault((one["trip_id"], one["stop_id"]), ([], []))
                moments.append(second_of(one["made_at"]))
                told.append((second_of(one["p10"]), second_of(one["p50"]), second_of(one["p90"])))

    def at(self, pair: Pair) -> tuple[float, float, float] | None:
        """Seconds from the pair's moment on, of the newest prediction made up to it."""
        moments, told = self._by_stop.get((pair.trip.name, pair.trip.stops[pair.stop].customer.name), ([], []))
        moment = pair.day * 86400 + pair.moment_s
        index = bisect.bisect_right(moments, moment) - 1
        return None if index < 0 else tuple(one - moment for one in told[index])
