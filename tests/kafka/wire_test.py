"""What the agent says that went over its link, against what a proxy before a real Apache Kafka saw of it."""

import pytest

from tests.kafka.kafka_server import KafkaServer, TlsListener
from tests.support.agent_status import wait_status
from tests.support.counting_proxy import CountingProxy
from tests.support.programs import Background, program, run

SECONDS = 600  # Of the drive: enough for a small connection's share to show.


@pytest.fixture
def proxied(kafka_available, tmp_path):
    """The broker, and the proxy that its clients come through."""
    with CountingProxy() as proxy:
        listeners = {"WIRE": TlsListener(advertised_port=proxy.port)}
        with KafkaServer(tmp_path / "kafka", tls=True, more=listeners) as server:
            host, port = server.tls_address("WIRE").split(":")
            proxy.target = host, int(port)
            server.create_topic("raw-data-topic")
            yield server, proxy


def test_the_agent_counts_what_went_over_its_link(proxied, tmp_path):
    server, proxy = proxied
    drive = tmp_path / "drive.nmea"
    drive.write_text(run([program("odograph-sim"), "drive", "--seconds", str(SECONDS)]).stdout)
    socket = tmp_path / "agent.sock"
    host = server.tls_bootstrap.split(":")[0]
    settings = [f"storage.directory={tmp_path}/data", f"status.socket={socket}", "sampling.mode=all",
                f'kafka.brokers=["{host}:{proxy.port}"]', "kafka.security=tls", "kafka.send_interval=100ms",
                f"kafka.ca_file={server.certificates.ca}", "kafka.reconnect_backoff_max=1s"]
    command = [program("odograph-agent"), "replay", drive, "--speed", "300", "--stay",
               *[word for setting in settings for word in ("--set", setting)]]
    with Background(command) as agent:
        def wait(reached, what: str) -> dict:
            return wait_status(agent, socket, reached, what, 60)

        def is_told(now: dict) -> bool:
            """What is on its way while one asks is counted at one end and not yet at the other."""
            told = now["data"]["sent_bytes"] + now["data"]["received_bytes"]
            return abs(told - proxy.total()) <= 0.02 * proxy.total()

        wait(lambda now: now["records"]["acked"] > SECONDS / 3, "a part of the drive")
        proxy.cut()
        now = wait(lambda now: now["records"]["acked"] >= SECONDS and now["records"]["waiting"] == 0,
                   "all of the drive")
        assert now["data"]["connections"] >= 2 and len(proxy.connections) >= 2
        data = wait(is_told, "the same count at both ends")["data"]
        assert data["sent_bytes"] == pytest.approx(proxy.up(), rel=0.02)
        assert data["received_bytes"] == pytest.approx(proxy.down(), rel=0.02)
        assert data["sent_bytes"] > now["sending"]["sent_bytes"], "more than the payload: TLS and Kafka's own words"
        assert data["header_bytes"] > 52 * 10
        assert not any(one.offers_resumption() for one in proxy.connections), "librdkafka resumes no session"
        assert agent.terminate() == 0
