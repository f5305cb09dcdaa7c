"""What an agent that has nothing to send knows of its link to a real Apache Kafka that goes and comes back."""


import pytest

from tests.kafka.kafka_server import KafkaServer
from tests.support.agent_status import wait_status
from tests.support.programs import Background, program, run


@pytest.fixture
def own_kafka(kafka_available, tmp_path):
    with KafkaServer(tmp_path / "kafka") as server:
        server.create_topic("raw-data-topic")
        yield server


def test_an_idle_agent_sees_the_broker_go_and_come_back(own_kafka, tmp_path):
    recording = tmp_path / "drive.nmea"
    recording.write_text(run([program("odograph-sim"), "drive", "--seconds", "60"]).stdout)
    socket = tmp_path / "agent.sock"
    settings = [f"storage.directory={tmp_path}/data", f"status.socket={socket}",
                f'kafka.brokers=["{own_kafka.bootstrap}"]', "kafka.reconnect_backoff_max=1s"]
    words = [word for setting in settings for word in ("--set", setting)]
    command = [program("odograph-agent"), "replay", recording, "--as-fast-as-possible", "--stay", *words]
    with Background(command) as agent:
        def wait_state(wanted: str) -> dict:
            return wait_status(agent, socket, lambda now: now["sending"]["state"] == wanted, wanted)["sending"]

        wait_state("idle")
        own_kafka.stop()
        assert wait_state("not_sending")["reason"] == "broker unreachable"
        own_kafka.start()
        assert wait_state("idle")["disconnects"] == 1
        assert agent.terminate() == 0
