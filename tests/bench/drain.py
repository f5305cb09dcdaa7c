"""A backlog on its way to a real Apache Kafka, on loopback and over 128 kbit/s, and what has to pass it meanwhile."""

from pathlib import Path

from tests.bench.draining import Drained, create_topic, drain, store_backlog
from tests.bench.table import Row, Section
from tests.kafka.jars import Unavailable, kafka_jars
from tests.kafka.kafka_server import KafkaServer
from tests.support.slow_link import SlowLink, unavailable

BITS_PER_S = 128_000
_RECORDS_PER_S_MIN = 1000  # Over the slow link; slower than that is an error.
_START_S = 60


def sections(directory: Path, loopback_records: int, slow_records: int) -> list[Section]:
    """Without root, tc or Kafka's jars: one section that says so."""
    try:
        kafka_jars()
        if why := unavailable():
            return [_none(why)]
        with SlowLink(BITS_PER_S) as link, KafkaServer(directory / "kafka", host=link.host) as server:
            create_topic(server)
            fast = _drained(directory, "fast", server, loopback_records)
            slow = _drained(directory, "slow", server, slow_records, link.inside())
    except (Unavailable, RuntimeError) as error:
        return [_none(str(error))]
    return [_section("on loopback", fast), _section("over 128 kbit/s", slow)]


def _drained(directory: Path, vehicle: str, server: KafkaServer, records: int, inside: tuple = ()) -> Drained:
    store_backlog(directory / vehicle, vehicle, records)
    drained = drain(directory / vehicle, vehicle, server, _START_S + records / _RECORDS_PER_S_MIN, inside)
    assert drained.missing == 0 and drained.out_of_order == 0, drained
    return drained


def _none(why: str) -> Section:
    return Section("A backlog drains", f"Not measured: {why}.", [])


def _section(where: str, drained: Drained) -> Section:
    rows = [Row("records drained", drained.records, "records"),
            Row("in", drained.took_s, "s"),
            Row("rate", drained.records / drained.took_s, "records/s"),
            Row("payload", drained.sent_bytes * 8 / 1000 / drained.took_s, "kbit/s"),
            Row("CPU time of the agent", drained.cpu_us_per_record, "us/record"),
            Row("alerts meanwhile", len(drained.alert_s), "records")]
    for what, delays in (("alert", drained.alert_s), ("preview", drained.preview_s)):
        if delays:
            rows += [Row(f"{what}, median delay", _part(delays, 0.5), "s"),
                     Row(f"{what}, 99 of 100", _part(delays, 0.99), "s"),
                     Row(f"{what}, longest delay (goal: at most 2)", max(delays), "s")]
    note = ("Stored by a replay without a broker, then drained to a real Apache Kafka by an agent whose receiver "
            "speaks five times a second and breaks the speed limit every 1.6 s. Delays are from a record's own time to "
            "Kafka's timestamp (LogAppendTime). The slow link is tc's tbf on a veth pair, MTU 1500, both ways.")
    return Section(f"A backlog drains {where}", note, rows)


def _part(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
