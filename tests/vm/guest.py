"""One QEMU guest: Debian's kernel, our initramfs, disks that are files. No network."""

import subprocess
import tempfile
from pathlib import Path

from tests.support.programs import die_with_parent
from tests.vm.kernel import Kernel

MEMORY_MIB = 512
# Always emulated: a /dev/kvm that can be opened is not one that works (a guest inside of another guest hung at boot),
# and the test is to take the same time everywhere.
_ACCELERATOR = "tcg,thread=multi"


class GuestFailed(Exception):
    """The guest did not come to its end; the text is what it said last."""


def run_guest(kernel: Kernel, initramfs: bytes, disks: list[Path], deadline_s: float) -> str:
    """Boots, waits until the guest has powered itself off, and returns what it wrote to its console.

    The n-th of `disks` is its /dev/vda, vdb, ... A flush of the guest's does not reach this machine's disk: that would
    only be slow.
    """
    with tempfile.TemporaryDirectory(prefix="odograph-vm-") as scratch:
        image = Path(scratch) / "initramfs"
        image.write_bytes(initramfs)
        command = ["qemu-system-x86_64", "-M", "q35", "-accel", _ACCELERATOR, "-cpu", "max", "-smp", "2",
                   "-m", str(MEMORY_MIB), "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
                   "-nic", "none",
                   "-kernel", str(kernel.image), "-initrd", str(image),
                   "-append", "console=ttyS0 quiet panic=-1 mitigations=off"]
        for number, disk in enumerate(disks):
            command += ["-drive", f"if=none,id=disk{number},file={disk},format=raw,cache=unsafe",
                        "-device", f"virtio-blk-pci,drive=disk{number}"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=deadline_s, preexec_fn=die_with_parent)
        except subprocess.TimeoutExpired as late:
            raise GuestFailed(f"not done after {deadline_s:.0f} s:\n{_tail(late.stdout or b'')}") from late
    said = done.stdout.decode(errors="replace")
    if done.returncode != 0 or "GUEST DONE" not in said:
        raise GuestFailed(f"exit {done.returncode}:\n{_tail(done.stdout)}")
    return said


def _tail(said: bytes) -> str:
    return "\n".join(said.decode(errors="replace").splitlines()[-60:])
