"""What came out of the processor against what went in, and against a run that nobody disturbed. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

_EXAMPLES_MAX = 5


@dataclass
class Dump:
    """What readers of committed data see, row by row in the order of the partitions."""

    raw: list[dict]
    processed: list[dict]
    alerts: list[dict]
    states: list[dict]
    dead_letters: list[dict]
    profile: list[dict] = field(default_factory=list)  # What was learnt of the roads.


@dataclass
class Verdict:
    inputs: int = 0  # Records, without those that came twice.
    outputs: int = 0
    lost: int = 0
    doubled: int = 0
    strangers: int = 0  # Outputs of no input.
    disordered: int = 0
    alerts: int = 0
    alerts_wrong: int = 0  # Vehicles whose alerts differ from the undisturbed run's.
    rules: int = 0  # Different ones that raised them.
    facts: int = 0  # Stop events and estimates.
    stop_events: int = 0
    facts_wrong: int = 0  # Vehicles whose facts differ.
    learnt: int = 0
    learnt_wrong: int = 0  # Rows that differ.
    states: int = 0
    states_wrong: int = 0
    examples: list[str] = field(default_factory=list)

    def is_broken(self) -> bool:
        return any((self.lost, self.doubled, self.strangers, self.disordered, self.alerts_wrong, self.facts_wrong,
                    self.learnt_wrong, self.states_wrong))

    def example(self, text: str) -> None:
        if len(self.examples) < _EXAMPLES_MAX:
            self.examples.append(text)


def input_id(row: dict) -> str:
    """What the report of a row of raw-data-topic is called."""
    return f"{row['vehicle_id']}/{row['stream_id']}/{row['lane']}/{row['sequence']}/{row['boot_nonce']}"


def newest_states(rows: list[dict]) -> dict[str, dict]:
    """By key what a compacted topic holds in the end."""
    states = {}
    for row in rows:
        if row.get("deleted"):
            states.pop(row["key"], None)
        else:
            states[row["key"]] = row
    return states


def _by_vehicle(rows: list[dict]) -> dict[str, list[dict]]:
    found = defaultdict(list)
    for row in rows:
        found[row["vehicle_id"]].append(row)
    return found


def reports(dump: Dump) -> list[dict]:
    return [row for row in dump.processed if "report" in row]


def _check_records(dump: Dump, verdict: Verdict) -> None:
    expected = {input_id(row) for row in dump.raw}
    seen = Counter(row["id"] for row in reports(dump))
    verdict.inputs, verdict.outputs = len(expected), sum(seen.values())
    for identity in sorted(expected - seen.keys()):
        verdict.lost += 1
        verdict.example(f"lost: {identity}")
    for identity, count in seen.items():
        verdict.doubled += count - 1
        if count > 1:
            verdict.example(f"{count} times: {identity}")
        if identity not in expected:
            verdict.strangers += 1
            verdict.example(f"of no input: {identity}")


def _check_order(dump: Dump, verdict: Verdict) -> None:
    newest = {}
    for row in reports(dump):
        report = row["report"]
        lane = (report["vehicle_id"], report["stream_id"], report["lane"])
        if report["sequence"] <= newest.get(lane, 0):
            verdict.disordered += 1
            verdict.example(f"after {newest[lane]}: {row['id']}")
        newest[lane] = max(newest.get(lane, 0), report["sequence"])


def facts(dump: Dump) -> list[dict]:
    """Stop events and estimates."""
    return [row | {"vehicle_id": row["id"].split("/")[0]} for row in dump.processed if "report" not in row]


def _differing(what: str, rows: list[dict], expected: list[dict], verdict: Verdict) -> int:
    found, wanted = _by_vehicle(rows), _by_vehicle(expected)
    wrong = [vehicle for vehicle in sorted(found.keys() | wanted.keys()) if found[vehicle] != wanted[vehicle]]
    for vehicle in wrong:
        first = next((pair for pair in zip(found[vehicle], wanted[vehicle]) if pair[0] != pair[1]), "one ends earlier")
        verdict.example(f"{what} of {vehicle}: {len(found[vehicle])}, undisturbed {len(wanted[vehicle])}: {first}")
    return len(wrong)


def compare(dump: Dump, undisturbed: Dump) -> Verdict:
    """Every input's output exactly once and in order; all else as of the run that nobody disturbed."""
    verdict = Verdict()
    _check_records(dump, verdict)
    _check_order(dump, verdict)
    verdict.alerts, verdict.rules = len(dump.alerts), len({row.get("rule") for row in dump.alerts})
    verdict.alerts_wrong = _differing("alerts", dump.alerts, undisturbed.alerts, verdict)
    verdict.facts = len(facts(dump))
    verdict.stop_events = sum("stop_event" in row for row in dump.processed)
    verdict.facts_wrong = _differing("facts", facts(dump), facts(undisturbed), verdict)
    learnt, expected_learnt = newest_states(dump.profile), newest_states(undisturbed.profile)
    verdict.learnt = len(learnt)
    for key in sorted(learnt.keys() | expected_learnt.keys()):
        if learnt.get(key) != expected_learnt.get(key):
            verdict.learnt_wrong += 1
            verdict.example(f"learnt of {key}: {learnt.get(key)}, undisturbed {expected_learnt.get(key)}")
    states, expected_states = newest_states(dump.states), newest_states(undisturbed.states)
    verdict.states = len(states)
    for key in sorted(states.keys() | expected_states.keys()):
        if states.get(key) != expected_states.get(key):
            verdict.states_wrong += 1
            verdict.example(f"state of {key}: {states.get(key)}, undisturbed {expected_states.get(key)}")
    return verdict
