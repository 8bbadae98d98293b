"""Commands that start processes of their own (Ray, torchrun): run to their end, and nothing of them is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from waiting import wait_for_end

MARK = "VISUAL_SDPO_TEST_RUN"  # in the environment of every process that descends from a run


def run_whole(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float
) -> subprocess.CompletedProcess:
    """As ``subprocess.run`` with its output as text; afterwards, a timeout included, no descendant is alive.

    Descendants are known by their environment, for Ray's daemons leave their parent's session and group.
    """
    mark = uuid.uuid4().hex
    text = {"mode": "w+", "encoding": "utf-8", "errors": "replace"}
    with tempfile.TemporaryFile(**text) as out, tempfile.TemporaryFile(**text) as err:  # daemons keep pipes open
        try:
            variables = {**os.environ, **env, MARK: mark}
            done = subprocess.run(command, env=variables, cwd=cwd, stdout=out, stderr=err, timeout=timeout)
        finally:
            _end_all(mark)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, out.read(), err.read())


def _end_all(mark: str) -> None:
    while left := descendants(mark):  # one that is being started may be born between looking and killing
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in left:
            wait_for_end(pid)


def descendants(mark: str) -> list[int]:
    """Living processes whose environment holds the mark."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found
