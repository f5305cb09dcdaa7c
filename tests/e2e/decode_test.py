"""`decode` and `replay` of what is no recording, from where none is kept, and to where nothing can be written."""

import gzip
import json
import os
import random
import signal
import subprocess
from datetime import timedelta

import pytest

from tests.e2e.parts import Agent
from tests.e2e.vehicle import now, rmc, sentence
from tests.support.programs import program, run
from tests.support.wait import wait_for

AGENT = program("odograph-agent")
FIXES = 40
START = now() - timedelta(hours=1)
DRIVE = b"".join(rmc(START + timedelta(seconds=step), step) for step in range(FIXES))
NO_SENTENCE = {
    "noise": (random.Random(3).randbytes(100_000).replace(b"$", b"x"), "100,000 bytes read, "),
    "nothing": (b"", "it is empty"),
    "words": (b"hello world\n", "12 bytes read, 11 bytes outside of sentences"),
    "html": (b"<html>$5</html>\r\n" * 9, "bytes read, "),
    "wrong checksums": (DRIVE.replace(b"*", b"*F"), f"{FIXES} refused for a wrong checksum"),
}


def decode(*arguments, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(AGENT), "decode", *map(str, arguments)], capture_output=True, timeout=30, **more)


def replay(path, directory, *more, expect=0):
    agent = Agent(path, directory, "127.0.0.1:1")
    running = agent.start("--as-fast-as-possible", *more)
    assert running.wait(20) == expect, running.output()
    return running.output()


@pytest.mark.parametrize("name", NO_SENTENCE)
def test_what_holds_no_sentence_is_an_error(name, tmp_path):
    content, why = NO_SENTENCE[name]
    path = tmp_path / "wrong.nmea"
    path.write_bytes(content)
    done = decode(path)
    assert done.returncode == 1 and done.stdout == b""
    said = done.stderr.decode()
    assert said.startswith(f"odograph-agent: no sentence found in {path}: ") and why in said and said.count("\n") == 1
    # It ends although no broker is there, and counts the same records throughout.
    said = replay(path, tmp_path / "agent", expect=1)
    assert f"no sentence found in {path}: " in said and why in said
    assert "done: 1 record made, the agent's own, 1 durable; 1 waits for the broker" in said


def test_sentences_that_tell_nothing_are_a_note(tmp_path):
    path = tmp_path / "satellites.nmea"
    path.write_bytes(sentence("GPGSV,1,1,01,01,01,001,01") * 3)
    done = decode(path)
    assert done.returncode == 0 and done.stdout == b""
    assert done.stderr.decode().startswith(f"odograph-agent: {path} tells neither a time nor a position: ")
    assert f"{path} tells neither a time nor a position: " in replay(path, tmp_path / "agent", "--until-stored")


def test_a_recording_without_checksums_is_read_where_that_is_asked_for(tmp_path):
    path = tmp_path / "old.nmea"
    path.write_bytes(b"".join(line.split(b"*")[0] + b"\n" for line in DRIVE.splitlines()))
    hint = f"{FIXES} refused for want of a checksum (--option require_checksum=false takes such)"
    assert hint in decode(path).stderr.decode()
    accepts = ("--option", "require_checksum=false")
    assert len(decode(path, *accepts).stdout.splitlines()) == FIXES
    assert hint in replay(path, tmp_path / "agent", "--until-stored", expect=1)
    # Another reading of the file is another source: nothing of it is taken for done.
    assert f"done: {FIXES + 1} records made" in replay(path, tmp_path / "agent", "--until-stored", *accepts)
    assert f"{FIXES} more were so before" in replay(path, tmp_path / "agent", "--until-stored", *accepts)


def test_the_exit_code_is_in_the_help():
    for command in ("decode", "replay"):
        assert "Exit code 1 if the recording cannot be read to its end, or if there is no sentence in it." in run(
            [AGENT, command, "--help"]).stdout


@pytest.mark.parametrize("how", ["-", "/dev/stdin", "fifo"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_is_decoded(how, pack, tmp_path):
    if how == "fifo":
        path = tmp_path / "fifo"
        os.mkfifo(path)
        running = subprocess.Popen([str(AGENT), "decode", str(path)], stdout=subprocess.PIPE)
        path.write_bytes(pack(DRIVE))
        out = running.communicate(timeout=20)[0]
    else:
        done = decode(how, input=pack(DRIVE))
        assert done.returncode == 0, done.stderr
        out = done.stdout
    assert [json.loads(line)["mode"] for line in out.splitlines()] == [2] * FIXES


def test_a_pipe_is_printed_as_it_comes():
    with subprocess.Popen([str(AGENT), "decode", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        running.stdin.write(rmc(START) + rmc(START + timedelta(seconds=1)))
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["mode"] == 2
        assert running.poll() is None
        running.stdin.close()
        assert running.wait(10) == 0


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_pipe_is_not_replayed_and_the_reason_is_told(name, tmp_path):
    command = [str(AGENT), "replay", name, "--set", "vehicle.id=t", "--set", f"storage.directory={tmp_path}"]
    done = subprocess.run(command, input=DRIVE, capture_output=True, timeout=20)
    assert done.returncode == 1
    assert done.stderr.decode() == (
        f"odograph-agent: open recording {name}: not a regular file, so it could not be taken up again after a stop; "
        "save it to a file first\n")


def to_full_disk(words) -> subprocess.CompletedProcess:
    with open("/dev/full", "w", encoding="ascii") as full:
        return subprocess.run([str(word) for word in words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=20)


@pytest.mark.parametrize("command", [
    ["decode", "FILE"], ["drivers"], ["example-config"], ["print-config", "--set", "vehicle.id=t"],
])
def test_a_full_disk_is_no_success(command, tmp_path):
    path = tmp_path / "drive.nmea"
    path.write_bytes(DRIVE)
    done = to_full_disk([AGENT, *[path if word == "FILE" else word for word in command]])
    assert done.returncode == 1
    assert done.stderr.startswith("odograph-agent: write to standard output: ")


def test_a_full_disk_is_no_success_for_the_fleet_either(broker, tmp_path):
    broker.start()
    path = tmp_path / "drive.nmea"
    path.write_bytes(DRIVE)
    sent = Agent(path, tmp_path / "agent", broker.address).start("--as-fast-as-possible")
    assert sent.wait(30) == 0, sent.output()
    fleet = program("odograph-fleet")
    decode_topic = [fleet, "decode", "--brokers", broker.address, "--topic", "raw-data-topic", "--until-end"]
    for command in (decode_topic, [fleet, "topics", "list"]):
        done = to_full_disk(command)
        assert done.returncode == 1
        assert done.stderr == ("odograph-fleet: write to standard output: No space left on device; what was written is "
                               "incomplete\n")
    with subprocess.Popen([str(word) for word in decode_topic[:-1]], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as reading:
        reading.stdout.readline()
        reading.stdout.close()
        again = Agent(path, tmp_path / "again", broker.address).start("--as-fast-as-possible")
        assert again.wait(30) == 0, again.output()
        assert reading.wait(20) == 0 and reading.stderr.read() == b""


@pytest.mark.parametrize("pipe_signal", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_reader_that_has_had_enough_ends_it_quietly(pipe_signal, tmp_path):
    path = tmp_path / "drive.nmea"
    path.write_text(run([program("odograph-sim"), "drive", "--seed", "7", "--seconds", 3000]).stdout)
    with subprocess.Popen([str(AGENT), "decode", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=lambda: signal.signal(signal.SIGPIPE, pipe_signal)) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.wait(20) == (-signal.SIGPIPE if pipe_signal == signal.SIG_DFL else 0)
        assert running.stderr.read() == b""


def test_a_replay_that_only_waits_for_the_broker_says_so(tmp_path):
    path = tmp_path / "drive.nmea"
    path.write_bytes(DRIVE)
    agent = Agent(path, tmp_path / "agent", "127.0.0.1:1")
    running = agent.start("--as-fast-as-possible")
    wait_for(lambda: "--until-stored ends here" in running.output(), 20, "the words")
    waits = f"everything is stored in {agent.directory}/data; "
    assert waits in running.output()
    why = "broker unreachable: 127.0.0.1:1: Connection refused"
    assert f"{FIXES + 1} records wait for the broker: {why}" in running.output()
    assert "Ctrl-C is safe: what is stored stays, and the next replay sends it" in running.output()
    running.process.send_signal(signal.SIGINT)
    assert running.wait(5) == 0
    assert running.output().count(waits) == 1
    assert "done: " in replay(path, tmp_path / "agent", "--until-stored")
