"""The yardsticks of the throughput bench: a cold interpreter a program, and a plain warm fork without any wall.

Run as a program this is the fork server itself: it loads matplotlib, draws once, then forks a child for each path that
it reads, and answers with the child's CPU seconds, peak memory and exit status.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one program: wall seconds as the caller saw them, CPU seconds by who spent them, and how it ended."""

    wall: float
    child: float
    parent: float = 0.0
    own: float = 0.0
    ok: bool = True

    @property
    def cpu(self) -> float:
        return self.child + self.parent + self.own


class Cold:
    """``python program.py``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, path: Path) -> Cost:
        started = time.perf_counter()
        environment = {**os.environ, **THREADS, "MPLBACKEND": "agg"}
        process = subprocess.Popen(
            [sys.executable, str(path)],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, ok=status == 0)

    def close(self) -> None: ...


class PlainFork:
    """One fork server, which has loaded ``modules``; used by one thread at a time."""

    def __init__(self, folder: Path, modules: Sequence[str] = ()) -> None:
        environment = {**os.environ, **THREADS, "MPLBACKEND": "agg"}
        self._process = subprocess.Popen(
            [sys.executable, __file__, *modules],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._process.stdout.readline()  # it is warm

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, path: Path) -> Cost:
        started = time.perf_counter()
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline())
        return Cost(time.perf_counter() - started, found["child"], found["parent"], ok=found["status"] == 0)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _serve() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2], label="line")
    axes.bar([1, 2], [1, 2])
    axes.set(title="$x^2$", xlabel="x")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    plt.close("all")
    for name in sys.argv[1:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    print("warm", flush=True)
    for line in sys.stdin:
        before = _cpu()
        pid = os.fork()
        if pid == 0:
            _run(line.strip())
        _, status, usage = os.wait4(pid, 0)
        child = usage.ru_utime + usage.ru_stime
        print(json.dumps({"child": child, "parent": _cpu() - before, "status": status}), flush=True)


def _run(path: str) -> None:
    """Never returns."""
    code = 1
    with contextlib.suppress(BaseException):
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        exec(compile(Path(path).read_text(encoding="utf-8"), path, "exec"), {"__name__": "__main__", "__file__": path})
        code = 0
    os._exit(code)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    _serve()
