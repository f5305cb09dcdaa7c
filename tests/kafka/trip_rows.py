"""Trips as `odograph-fleet trips put` takes them."""


def trip(trip_id: str, vehicle: str, revision: int = 1) -> dict:
    stop = {"stop_id": "depot", "sequence": 1, "lat": 47, "lon": 8.01, "radius_m": 60, "planned_dwell_s": 120,
            "planned_arrival": "2026-03-02T08:02:00Z", "planned_departure": "2026-03-02T08:04:00Z"}
    return {"trip_id": trip_id, "vehicle_id": vehicle, "revision": revision, "start_time": "2026-03-02T08:00:00Z",
            "path": [[8, 47], [8.01, 47]], "stops": [stop]}
