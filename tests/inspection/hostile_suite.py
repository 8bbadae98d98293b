"""Runs the hostile programs of ``hostile/`` against the real sandbox and says what came of each.

A program is a file with its expectations in the first lines:

    # hostile: <what is tried>
    # expect: <statuses that are right when no screen stands in front, "forbidden" always is>
    # canary: <how an escape would be seen: secret, said, silent, untouched, planted, alive, alone, emptied, bounded,
              earlier, answered; all canaries are looked at for every program>
    # bare: escapes    (without any layer it does escape, and the canary sees it)

Every program runs behind the screen and again without it, so that the kernel's layers stand alone.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

from hostile_canaries import ENVIRONMENT, Canary, _processes
from hostile_file import Hostile

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render import refusal
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.types import Rendering

ROOT = Path(__file__).with_name("hostile")
CATEGORIES = ("network", "files", "resources", "processes")
QUICK, PATIENT = 1.0, 60.0
"""Seconds for programs that never end, and for those that end by themselves, however busy the machine."""
GOOD = "import matplotlib.pyplot as plt\nplt.figure(figsize=(3, 2))\nplt.plot([1, 3, 2])\nplt.title('{title}')\n"


@dataclass
class Run:
    """What came of one program. ``screened``: the screen was on. ``status`` is "lost" when there was no answer."""

    program: Hostile
    screened: bool
    status: str
    attempts: int
    escapes: list[str]
    detail: str = ""


@dataclass
class Found:
    """All runs, and what was seen beside them."""

    runs: list[Run] = field(default_factory=list)
    peaks: dict[str, float] = field(default_factory=dict)
    looks: int = 0
    good: list[bytes] = field(default_factory=list)
    statistics: list = field(default_factory=list)
    left: dict[str, list] = field(default_factory=dict)
    seconds: float = 0.0


def programs(*categories: str) -> list[Hostile]:
    return [Hostile(path) for name in categories or CATEGORIES for path in sorted((ROOT / name).glob("*.py"))]


def bare(program: Hostile, base: Path) -> list[str]:
    """Run a program without any layer, as this user. Returns what the canaries saw."""
    canary = Canary(program.path.stem, base, program.source)
    (folder := base / f"{program.path.stem}-cwd").mkdir()
    try:
        command = [sys.executable, "-c", canary.fill(program.source)]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, env=os.environ)
        return canary.seen(ended.stdout + ended.stderr)
    finally:
        canary.close()


def run(chosen: list[Hostile], workers: int = 2) -> Found:
    """Run the programs, screened and not, in ``workers`` workers for the endless and as many for the others."""
    found, started = Found(), time.monotonic()
    with _own_temporary_folder() as folder, mock.patch.dict(os.environ, {ENVIRONMENT: os.urandom(8).hex()}):
        descriptors = len(os.listdir("/proc/self/fd"))
        settings = {"cache_size": 0, "memory_mib": 512}
        with ChartRenderer(workers, QUICK, **settings) as quick, ChartRenderer(workers, PATIENT, **settings) as patient:
            for pool in (quick._pool, patient._pool):  # small, so that filling it takes no time
                pool.limits = replace(pool.limits, folder_mib=64)
            farm = _Farm(quick, patient, workers, folder / "canaries")
            found.good.append(farm.good())
            with _Sampling(folder) as sampling:
                found.runs += farm.run(chosen, screened=True)
                with mock.patch.object(refusal, "screen", lambda *_: None):
                    found.runs += farm.run(chosen, screened=False)
            found.peaks, found.looks = sampling.peaks, sampling.looks
            found.good.append(farm.good())
            found.statistics = [quick.statistics.pool, patient.statistics.pool]
            jobs = [*folder.glob("visual-sdpo-*/job/*")]
        found.left = {
            "files of jobs": jobs,
            "processes": _processes(str(folder)),
            "folders": [*folder.glob("visual-sdpo-*")],
            "descriptors": list(range(descriptors, len(os.listdir("/proc/self/fd")))),
        }
    found.seconds = time.monotonic() - started
    return found


class _Farm:
    def __init__(self, quick: ChartRenderer, patient: ChartRenderer, workers: int, base: Path) -> None:
        self._quick, self._patient, self._workers, self._base = quick, patient, workers, base
        base.mkdir(mode=0o755)

    def good(self) -> bytes:
        """The picture of a program that is not hostile."""
        rendering = self._patient.render(bare_program(GOOD.format(title="good")))
        assert rendering.execution.ok, rendering.execution
        return rendering.scenes[0].image

    def run(self, chosen: list[Hostile], *, screened: bool) -> list[Run]:
        alone = [program for program in chosen if program.says("canary") == "earlier"]
        with ThreadPoolExecutor(self._workers) as endless, ThreadPoolExecutor(self._workers) as others:
            waiting = []
            for program in chosen:
                if program not in alone:
                    threads = endless if program.endless else others
                    waiting.append(threads.submit(self._one, program, screened))
            runs = [future.result() for future in waiting]
        return runs + [self._one(program, screened) for program in alone]

    def _one(self, program: Hostile, screened: bool) -> Run:
        renderer = self._quick if program.endless else self._patient
        folder = self._base / f"{'screened' if screened else 'bare'}"
        canary = Canary(program.name.replace("/", "-"), folder, program.source)
        try:
            if program.says("canary") == "earlier":
                self._remember(f"{canary.known}{canary.unknown}")
            try:
                rendering = renderer.render(bare_program(canary.fill(program.source)))
            except SandboxError as error:
                return Run(program, screened, "lost", getattr(error, "attempts", 1), canary.seen(""), str(error))
            execution = rendering.execution
            return Run(
                program,
                screened,
                execution.status,
                execution.attempts,
                canary.seen(_returned(rendering)),
                str(execution),
            )
        finally:
            canary.close()

    def _remember(self, text: str) -> None:
        """Have every worker draw a chart that says ``text``, at the same time."""
        source = GOOD.format(title=text) + f"print('{text}' * 20)\nimport time\ntime.sleep(0.5)\n"
        with ThreadPoolExecutor(self._workers) as threads:
            for rendering in threads.map(self._patient.render, [bare_program(source)] * self._workers):
                assert rendering.execution.ok and text in rendering.execution.output, rendering.execution


def _returned(rendering: Rendering) -> str:
    """All that came back, as text."""
    return "\n".join([str(rendering.execution), str(rendering.record), *(str(s.elements) for s in rendering.scenes)])


@contextlib.contextmanager
def _own_temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        os.chmod(name, 0o755)
        with mock.patch.object(tempfile, "tempdir", name):
            yield Path(name)


class _Sampling:
    """Looks at the jobs of this process from outside every 20 ms: what they hold at most."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stop = folder, threading.Event()
        self.peaks = {"MiB in a folder": 0.0, "entries in a folder": 0, "MiB of a job": 0.0, "threads of a job": 0}
        self.looks = 0
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> _Sampling:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            for place in self._folder.glob("visual-sdpo-*/job"):
                size, entries = _size(place)
                self._raise("MiB in a folder", size / (1 << 20))
                self._raise("entries in a folder", entries)
            for worker in _children(os.getpid()):
                if str(self._folder).encode() not in _command(worker):
                    continue
                for job in _children(worker):
                    self.looks += 1
                    with contextlib.suppress(OSError):
                        lines = Path(f"/proc/{job}/status").read_text().splitlines()
                        status = dict(line.split(":\t") for line in lines if ":\t" in line)
                        self._raise("MiB of a job", int(status.get("RssAnon", "0 kB").split()[0]) / 1024)
                        self._raise("threads of a job", int(status["Threads"]))

    def _raise(self, name: str, value: float) -> None:
        self.peaks[name] = max(self.peaks[name], value)


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _size(folder: Path, levels: int = 2) -> tuple[int, int]:
    """(bytes, entries) of the first levels, as far as they stand still."""
    found, entries = 0, 0
    with contextlib.suppress(OSError), os.scandir(folder) as inside:
        for entry in inside:
            entries += 1
            with contextlib.suppress(OSError):
                found += entry.stat(follow_symlinks=False).st_blocks * 512
                below = _size(Path(entry.path), levels - 1) if levels > 1 and entry.is_dir() else (0, 0)
                found, entries = found + below[0], entries + below[1]
    return found, entries


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found
