"""What the overspeed alerts of a drive must be, worked out a second time and naively."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

GAP = timedelta(minutes=1)
CLEAR = timedelta(seconds=10)


@dataclass
class Episode:
    start: datetime
    peak_kmh: Decimal
    end: datetime | None = None


def episodes(fixes, limit_kmh=120, below_kmh=117) -> list[Episode]:
    """Raised at the first fix above the limit; ended at the first fix below `below_kmh` that stayed below for CLEAR."""
    found, active, below, observed, last = [], None, None, timedelta(0), None
    for fix in fixes:
        step = fix.time - last if last else timedelta(0)
        last = fix.time
        if active is None:
            if fix.speed_kmh > limit_kmh:
                active, below = Episode(fix.time, fix.speed_kmh), None
                found.append(active)
            continue
        active.peak_kmh = max(active.peak_kmh, fix.speed_kmh)
        if fix.speed_kmh >= below_kmh:
            below = None
        elif below is None:
            below, observed = fix.time, timedelta(0)
        else:
            observed += step if step <= GAP else timedelta(0)
            if observed >= CLEAR:
                active.end, active = below, None
    return found
