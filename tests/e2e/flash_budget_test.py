"""`storage.flash_gb_per_year` below what the rarest commits take: it is said before, and while it is exceeded."""

from tests.support.programs import program, run

_LIMIT = "storage.flash_gb_per_year=0.001"


def test_a_limit_that_cannot_be_kept_is_said_to_be(vehicle, receiver):
    checked = run([program("odograph-agent"), "check-config", "--config", vehicle.config, "--set", _LIMIT])
    assert "storage.flash_gb_per_year is 0.001, and will be exceeded" in checked.stderr
    assert "take 1.6 GB/year if it runs all day" in checked.stderr
    vehicle.start(_LIMIT)
    vehicle.wait_log("storage.flash_gb_per_year is 0.001, and will be exceeded")
    receiver.fix()
    # A new file is more already than a day may have.
    flash = vehicle.wait_status(lambda told: told["storage"]["flash"]["exceeds"], "the limit")["storage"]["flash"]
    assert flash["commit_bulk_ms"] == 600_000 and flash["sampling_factor"] == 1, 'sampling.mode is "all"'
    assert flash["bytes"] > vehicle.status()["storage"]["bytes_written"], "the file system's own is among it"
    vehicle.wait_log("flash: at this rate the limit will be exceeded, although all is done that can be")
    line = next(line for line in vehicle.words().splitlines() if line.startswith("flash "))
    assert " GB/year of 0.001 allowed" in line
    assert "to keep to it" not in line
    assert line.endswith("; at this rate the limit will be exceeded, although positions are durable only after 10 min")


def test_a_limit_that_can_be_kept_is_not_doubted(vehicle):
    sets = ("--set", "storage.flash_gb_per_year=20")
    assert run([program("odograph-agent"), "check-config", "--config", vehicle.config, *sets]).stderr == ""
