"""The layers of isolation by name: what each one stops, and what to do where it does not hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """``stops`` completes "without it, ..." turned round: what a program cannot do because of it."""

    name: str
    stops: str
    mend: str


CATALOGUE = (
    Layer(
        "environment",
        "the parent of the jobs is exec'd with a scrubbed environment: no secret of the trainer is in memory",
        "start Python without a sitecustomize that sets variables",
    ),
    Layer(
        "deadline",
        "wall time, enforced from outside by killing the process group",
        "a kernel with pidfd_open (Linux 5.3) is needed",
    ),
    Layer(
        "output",
        "results and output beyond their limits end the job; the parent keeps neither in its own memory",
        "close what sits between this process and its workers; please report this as a bug",
    ),
    Layer(
        "folder",
        "files beyond the folder's bytes or entries, or threads beyond their number, end the job",
        "mount /proc and make TMPDIR a file system that counts its blocks (ext4, xfs, tmpfs, overlay)",
    ),
    Layer(
        "limits",
        "CPU time, address space, file size and open files (threads, where a user is lent) end at the kernel; no core",
        "raise the hard limits of this shell (ulimit -Hv unlimited)",
    ),
    Layer(
        "privileges",
        "no capability that changes anything, no way to get one (no_new_privs), not dumpable",
        "allow prctl and capset (they are in docker's default profile)",
    ),
    Layer(
        "landlock",
        "libraries and fonts are read-only, the job's folder is writable, no other file can be opened",
        "use Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK and 'landlock' in the lsm= boot list; in a container, "
        "also a runtime whose own filter lets the landlock calls pass",
    ),
    Layer(
        "seccomp",
        "an allow list of system calls: no network, no other process, no signal, no new program",
        "use Linux on x86_64 or aarch64 with CONFIG_SECCOMP_FILTER",
    ),
)
"""Outermost first. The policy "strict" asks for all of them."""

NAMES = tuple(layer.name for layer in CATALOGUE)
MENDS = {layer.name: layer.mend for layer in CATALOGUE}

OWN_UID = Layer(
    "own-uid",
    "a user of its own for every worker: no file of ours is writable, no process of ours can be signalled by right",
    "run as root with docker's default capabilities, and let everyone read the interpreter (or add "
    "CAP_DAC_READ_SEARCH)",
)
"""A bonus that only root can lend; no policy asks for it."""
