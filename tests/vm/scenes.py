"""What the guest is given, and what it leaves."""

import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs import run, tool
from tests.vm.guest import GuestFailed, run_guest
from tests.vm.initramfs import Initramfs
from tests.vm.kernel import kernel

# In the order of their disks in guest_init.sh.
_LOGGED = ("kept", "unflushed", "nobarrier")
_FLAKY = ("lying", "failing")
_DISK_MIB = 40  # Room for a second outbox, where a lie left the first one without a name.
_LOG_MIB = 1024  # Sparse: it takes what is written to it.
_NOTES_MIB = 64
_GUEST_S_MAX = 240  # And as long as the writers are to write.
_CHECK_S_MAX = 3600
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Scene:
    """A disk that the guest wrote to. `disk` is as it was before, if there is a `log`; else as it is now."""

    events: Path
    disk: Path
    log: Path | None = None


def play(folder: Path, seconds: int) -> dict[str, Scene]:
    """Boots the guest once; every file of the result is in `folder`. Raises Unavailable or GuestFailed."""
    start = _make_disk(folder)
    disks = {name: folder / f"{name}.img" for name in (*_LOGGED, *_FLAKY)}
    for path in disks.values():
        subprocess.run(["cp", "--sparse=always", start, path], check=True, timeout=60)
    logs = {name: _empty(folder / f"{name}.log", _LOG_MIB) for name in _LOGGED}
    notes = _empty(folder / "notes.tar", _NOTES_MIB)
    order = [path for name in _LOGGED for path in (disks[name], logs[name])]
    order += [*(disks[name] for name in _FLAKY), notes]
    said = run_guest(kernel(), _initramfs(seconds), order, _GUEST_S_MAX + 3 * seconds)
    (folder / "console.txt").write_text(said)
    with tarfile.open(notes) as tar:
        tar.extractall(folder / "notes")
    for name in _FLAKY:
        # As at boot. 1: it had something to mend.
        done = subprocess.run(["/usr/sbin/e2fsck", "-p", disks[name]], capture_output=True, text=True, timeout=60)
        if done.returncode not in (0, 1):
            raise GuestFailed(f"{name}: e2fsck leaves it broken: {done.stdout}{done.stderr}")
    return recorded(folder)


def recorded(folder: Path) -> dict[str, Scene]:
    """What `play` left in `folder`."""
    notes = folder / "notes"
    logged = {name: Scene(notes / name, folder / "start.img", folder / f"{name}.log") for name in _LOGGED}
    return logged | {name: Scene(notes / name, folder / f"{name}.img") for name in _FLAKY}


def judge(scene: Scene, *words, expect: str) -> subprocess.CompletedProcess:
    """Runs the check on a scene; `words` are more of its options. Its code is 0 if all is as expected."""
    command = [tool("vm_check"), "--events", scene.events, "--disk", scene.disk, "--expect", expect, *words]
    if scene.log:
        command += ["--log", scene.log]
    return run(command, deadline_s=_CHECK_S_MAX, expect=None)


def _make_disk(folder: Path) -> Path:
    inside = folder / "inside"
    (inside / "outbox").mkdir(parents=True)
    image = _empty(folder / "start.img", _DISK_MIB)
    # Everything is written now: later on only what the scenes do is in the log.
    subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-d", inside, "-b", "4096", "-J",
                    "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True, timeout=60)
    return image


def _empty(path: Path, mib: int) -> Path:
    with path.open("wb") as file:
        file.truncate(mib << 20)
    return path


def _initramfs(seconds: int) -> bytes:
    loaded = kernel().modules
    root = Initramfs()
    root.file("/bin/busybox", Path("/bin/busybox").read_bytes())
    root.program("/sbin/dmsetup", Path("/usr/sbin/dmsetup"))
    root.program("/sbin/vm_writer", tool("vm_writer"))
    root.file("/init", (_HERE / "guest_init.sh").read_bytes())
    root.file("/parameters", f"seconds={seconds}\n".encode())
    root.file("/modules/order", "".join(f"{module.name}\n" for module in loaded).encode())
    for module in loaded:
        root.file(f"/modules/{module.name}", module.read_bytes())
    return root.pack()
