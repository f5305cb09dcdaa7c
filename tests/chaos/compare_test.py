"""The judge must find each fault, one at a time, and nothing in what is sound."""

import copy

import pytest

from tests.chaos.compare import Dump, compare


def row(n: int) -> dict:
    return {"vehicle_id": "a", "stream_id": "f", "lane": "bulk", "sequence": n, "boot_nonce": 7}


def report(n: int) -> dict:
    return {"id": f"a/f/bulk/{n}/7", "report": {"vehicle_id": "a", "stream_id": "f", "lane": "BULK", "sequence": n}}


def stop_event(delay_s: int) -> dict:
    return {"id": "a/trip/1/stop/ARRIVED", "stop_event": {"vehicle_id": "a", "delay_s": delay_s}}


def sound() -> Dump:
    return Dump(raw=[row(n) for n in (1, 2, 2, 3)], processed=[report(1), stop_event(7), report(2), report(3)],
                alerts=[{"vehicle_id": "a", "revision": 1}], states=[{"key": "a", "n": 1}, {"key": "a", "n": 3}],
                dead_letters=[], profile=[{"key": "0/fleet", "n": 1}])


def test_what_is_sound_passes():
    verdict = compare(sound(), sound())
    assert not verdict.is_broken()
    assert (verdict.inputs, verdict.outputs, verdict.alerts, verdict.states) == (3, 3, 1, 1)
    assert (verdict.facts, verdict.stop_events, verdict.learnt) == (1, 1, 1)


def test_the_way_to_a_state_does_not_matter():
    disturbed = sound()
    disturbed.states = [{"key": "b", "n": 1}, {"key": "b", "deleted": True}, {"key": "a", "n": 3}]
    assert not compare(disturbed, sound()).is_broken()


FAULTS = {
    "lost": lambda dump: dump.processed.pop(),
    "doubled": lambda dump: dump.processed.append(report(3)),
    "strangers": lambda dump: dump.processed.append(report(4)),
    "disordered": lambda dump: dump.processed.reverse(),
    "alerts_wrong": lambda dump: dump.alerts.append({"vehicle_id": "a", "revision": 2}),
    "facts_wrong": lambda dump: dump.processed[1]["stop_event"].update(delay_s=8),
    "learnt_wrong": lambda dump: dump.profile.append({"key": "0/fleet", "n": 2}),
    "states_wrong": lambda dump: dump.states.append({"key": "a", "n": 2}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found(fault):
    disturbed = copy.deepcopy(sound())
    FAULTS[fault](disturbed)
    verdict = compare(disturbed, sound())
    assert getattr(verdict, fault) and verdict.is_broken() and verdict.examples
