"""Trips for the vehicles of feed.cpp, and the rules that processors judge them by."""

import json
from datetime import datetime, timedelta
from pathlib import Path

RULES = Path(__file__).with_name("rules.toml")
_START = datetime(2026, 1, 5, 6)
_DEGREES_PER_S = 0.0002  # What feed.cpp's vehicles make on average, going north; some are planned to be faster.
_STOPS = 20


def _time(seconds: float) -> str:
    return (_START + timedelta(seconds=round(seconds))).isoformat() + "Z"


def _trip(number: int) -> dict:
    per_s = _DEGREES_PER_S * (0.8 + 0.1 * (number % 6))
    # The plan of every third one goes around a hill where the vehicle drives straight on: off its route for a while.
    east = 8.008 if number % 3 == 0 else 8.0
    path = [[8.0, 47.0], [8.0, 47.03], [east, 47.032], [east, 47.048], [8.0, 47.05], [8.0, 47.5]]
    lats = [47.02] + [47.02 + 0.02 * i for i in range(2, _STOPS)]
    stops = [{"stop_id": f"stop-{lat:.2f}", "sequence": i + 1, "lat": round(lat, 2), "lon": 8.0, "radius_m": 60,
              "planned_arrival": _time((lat - 47) / per_s), "planned_departure": _time((lat - 47) / per_s + 5),
              "planned_dwell_s": 5} for i, lat in enumerate(lats)]
    return {"trip_id": f"trip-{number}", "vehicle_id": f"truck-{number}", "revision": 1, "start_time": _time(0),
            "path": path, "stops": stops}


def write_trips(vehicles: int, file: Path) -> Path:
    """All on the same road, so that what one teaches concerns all."""
    file.write_text("".join(json.dumps(_trip(number)) + "\n" for number in range(vehicles)))
    return file
