"""A backlog drains over 128 kbit/s to a real Apache Kafka, and nothing that is urgent waits for it."""

import pytest

from tests.bench.draining import create_topic, drain, store_backlog
from tests.conftest import missing
from tests.kafka.kafka_server import KafkaServer
from tests.support.slow_link import SlowLink, unavailable

RECORDS = 30_000  # A quarter of a minute at 128 kbit/s.
VEHICLE = "truck-17"


@pytest.fixture
def link(kafka_available):
    if why := unavailable():
        missing(why)
    try:
        with SlowLink(128_000) as one:
            yield one
    except RuntimeError as error:
        missing(str(error))


def test_a_backlog_drains_in_order_while_alerts_and_previews_pass_it(link, tmp_path):
    with KafkaServer(tmp_path / "kafka", host=link.host) as server:
        create_topic(server)
        store_backlog(tmp_path / "vehicle", VEHICLE, RECORDS)
        drained = drain(tmp_path / "vehicle", VEHICLE, server, 60, link.inside())
    print(drained)
    assert drained.records >= RECORDS and drained.missing == 0 and drained.out_of_order == 0
    link_s = drained.sent_bytes * 8 / link.bits_per_s
    assert 0.6 * link_s < drained.took_s < 2 * link_s  # The link is slow, and the agent uses it.
    assert len(drained.alert_s) >= 10 and max(drained.alert_s) < 2
    assert len(drained.preview_s) >= 2 and max(drained.preview_s) < 2 and drained.preview_gap_s < 12
