"""A long run of the render farm under fire: thousands of charts while workers and their jobs are killed at random.

    python tests/benchmarks/soak.py [--jobs N] [--workers W] [--seed S] [--kill-every K] [--out FOLDER]

Every program carries its number, so an answer that belongs to another job is seen. One in K jobs meets a SIGKILL: of
the warm parent, of the job it runs, or of an idle parent, whichever the dice find. Prints a table, writes
``soak.json`` and a plot of the memory ``soak.png``; exit status 1 when a job was lost, answered twice or wrongly, when
a process, folder or descriptor is left, or when memory has grown.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from processes import children, descriptors, memory_mib
from tqdm import tqdm

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.types import Rendering

KINDS = {
    "ok": "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1.5))\nplt.plot([1, 2])\nplt.title('job {job}')\n",
    "runtime_error": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nraise ValueError('job {job}')\n",
    "no_output": "print('job {job}')\n",
    "memory": "print('job {job}', flush=True)\nx = bytearray(8 << 30)\n",
    "timeout": "print('job {job}', flush=True)\nwhile True:\n    pass\n",
}
SHARES = {"ok": 800, "runtime_error": 100, "no_output": 80, "memory": 18, "timeout": 2}
TIMEOUT = 2.0
SAMPLE_SECONDS = 0.5
GROWTH_MIB, GROWTH_SHARE = 24.0, 0.1
"""Memory counts as flat when the median of the last fifth is no more than this above that of the second fifth."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _arguments(arguments)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    found = soak(options.jobs, options.workers, options.seed, options.kill_every)
    print(format_table(found))
    (out / "soak.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    plot(found["samples"], out / "soak.png")
    return 1 if found["faults"] else 0


def soak(jobs: int, workers: int, seed: int, kill_every: int) -> dict[str, Any]:
    """Run the jobs and return what was seen; ``faults`` names what should not be."""
    before = descriptors()
    with tempfile.TemporaryDirectory(prefix="soak-") as scratch, _temporary_folder(scratch):
        os.chmod(scratch, 0o711)
        started, samples = time.perf_counter(), []
        with ChartRenderer(workers, TIMEOUT, cache_size=0) as renderer:
            gunner = _Gunner(seed, kill_every, scratch)
            with _sampling(samples, scratch):
                answers, odd = _run(renderer, jobs, workers, seed, gunner)
            pool = asdict(renderer.statistics.pool)
        seconds = time.perf_counter() - started
        left = {
            "processes": len(_processes(scratch)),  # those that have ended have no command line
            "folders": len(os.listdir(scratch)),
            "descriptors": max(descriptors() - before, 0),
        }
    found = {
        "jobs": jobs,
        "seconds": seconds,
        "jobs_per_second": jobs / seconds,
        "statuses": dict(Counter(status for _, status in answers).most_common()),
        "kills": dict(gunner.kills),
        "left": left,
        "memory_mib": {name: _ends_of([sample[name] for sample in samples]) for name in ("trainer", "workers")},
        "pool": pool,
        "samples": samples,
    }
    return found | {"faults": _faults(found, Counter(job for job, _ in answers), odd)}


def _faults(found: dict[str, Any], answered: Counter[int], odd: list[str]) -> list[str]:
    faults = list(odd)
    if lost := found["jobs"] - len(answered):
        faults.append(f"{lost} jobs were never answered")
    if twice := sum(count > 1 for count in answered.values()):
        faults.append(f"{twice} jobs were answered more than once")
    faults += [f"{count} {what} are left" for what, count in found["left"].items() if count]
    for name, (early, late) in found["memory_mib"].items():
        if late > early + max(GROWTH_MIB, GROWTH_SHARE * early):
            faults.append(f"memory of the {name} grew from {early:.0f} to {late:.0f} MiB")
    return faults


def format_table(found: dict[str, Any]) -> str:
    pool, memory = found["pool"], found["memory_mib"]
    kills = ", ".join(f"{who} {count}" for who, count in sorted(found["kills"].items())) or "none"
    return (
        f"jobs        {found['jobs']} in {found['seconds']:.0f} s ({found['jobs_per_second']:.1f}/s): "
        f"{', '.join(f'{status} {count}' for status, count in found['statuses'].items())}\n"
        f"kills       {kills}\n"
        f"workers     started {pool['started']}, died {pool['died']}, found dead idle {pool['died_idle']}, "
        f"recycled {pool['recycled']}\n"
        f"retries     {pool['retries']}, given up {pool['failed']}\n"
        f"seconds     waited {_quantiles(pool['wait'])}; ran {_quantiles(pool['run'])}\n"
        f"memory MiB  trainer {memory['trainer'][0]:.0f} -> {memory['trainer'][1]:.0f}, "
        f"workers {memory['workers'][0]:.0f} -> {memory['workers'][1]:.0f}\n"
        f"left        {', '.join(f'{what} {count}' for what, count in found['left'].items())}\n"
        f"faults      {'; '.join(found['faults']) or 'none'}"
    )


def plot(samples: list[dict[str, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, (memory, counts) = plt.subplots(2, 1, sharex=True, figsize=(9, 6), layout="constrained")
    jobs = [sample["jobs"] for sample in samples]
    for name, label in (("trainer", "this process, resident"), ("workers", "all workers, proportional")):
        memory.plot(jobs, [sample[name] for sample in samples], linewidth=0.8, label=label)
    memory.set(ylabel="MiB", title="Memory of the render farm", ylim=(0, None))
    memory.legend(loc="lower right")
    for name in ("processes", "descriptors", "folders"):
        counts.plot(jobs, [sample[name] for sample in samples], linewidth=0.8, label=name)
    counts.set(xlabel="jobs answered", ylabel="count", ylim=(0, None))
    counts.legend(loc="lower right")
    figure.savefig(path, dpi=120)
    plt.close(figure)


# --------------------------------------------------------------------------- the run


def _run(renderer: ChartRenderer, jobs: int, workers: int, seed: int, gunner: _Gunner) -> tuple[list, list[str]]:
    kinds = random.Random(seed).choices(list(SHARES), list(SHARES.values()), k=jobs)
    answers: list[tuple[int, str]] = []
    odd: list[str] = []

    def one(job: int) -> None:
        gunner.tick()
        try:
            rendering = renderer.render(bare_program(KINDS[kinds[job]].format(job=job)))
        except SandboxError as error:
            answers.append((job, "undetermined"))
            tqdm.write(f"job {job} was given up: {error}", file=sys.stderr)
            return
        answers.append((job, rendering.execution.status))
        if rendering.execution.status != kinds[job] or f"job {job}" not in _words(rendering):
            odd.append(f"job {job} ({kinds[job]}) got {rendering.execution}")

    with ThreadPoolExecutor(2 * workers) as threads, tqdm(total=jobs, unit="job") as bar:
        _DONE.clear()
        for _ in threads.map(one, range(jobs)):
            bar.update()
            _DONE.append(None)
    return answers, odd


_DONE: list[None] = []  # one a job, for the sampler


def _words(rendering: Rendering) -> str:
    texts = [element.text for scene in rendering.scenes for element in scene.elements]
    error = rendering.execution.error
    return " | ".join([*texts, rendering.execution.output, error.message if error else ""]) + " "


class _Gunner:
    """Kills one of the farm's processes, at random, every so many jobs; what else this process has started lives on."""

    def __init__(self, seed: int, every: int, scratch: str) -> None:
        self.kills: Counter[str] = Counter()
        self._scratch = scratch
        self._dice, self._every, self._ticks, self._lock = random.Random(seed), every, 0, threading.Lock()

    def tick(self) -> None:
        with self._lock:
            self._ticks += 1
            if not self._every or self._ticks % self._every:
                return
            parents = _parents(self._scratch)
            targets = [("parent", pid) for pid in parents]
            targets += [("job", pid) for parent in parents for pid in children(parent)]
            if targets:
                who, pid = self._dice.choice(targets)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills[who] += 1


# --------------------------------------------------------------------------- what is there


@contextlib.contextmanager
def _sampling(samples: list[dict[str, float]], scratch: str) -> Iterator[None]:
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            parents = _parents(scratch)
            samples.append(
                {
                    "jobs": len(_DONE),
                    "trainer": memory_mib("self", "Rss"),
                    "workers": sum(memory_mib(pid) for pid in parents),
                    "processes": len(parents),
                    "descriptors": descriptors(),
                    "folders": len(os.listdir(scratch)),
                }
            )

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def _temporary_folder(folder: str) -> Iterator[None]:
    usual, tempfile.tempdir = tempfile.gettempdir(), folder
    try:
        yield
    finally:
        tempfile.tempdir = usual


def _parents(scratch: str) -> list[int]:
    """The warm parents of the farm whose folders lie under ``scratch``."""
    return sorted(set(children(os.getpid())) & set(_processes(scratch)))


def _processes(scratch: str) -> list[int]:
    """Workers and jobs whose home is under ``scratch``, whoever their parent is by now: their command line says it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if scratch.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return [pid for pid in found if pid != os.getpid()]


def _ends_of(values: list[float]) -> tuple[float, float]:
    """Medians of the second and of the last fifth."""
    fifth = max(len(values) // 5, 1)
    return statistics.median(values[fifth : 2 * fifth] or values or [0]), statistics.median(values[-fifth:] or [0])


def _quantiles(seconds: dict[str, float]) -> str:
    return f"median {seconds['median']:.3f}, 95th {seconds['p95']:.3f}, max {seconds['max']:.2f}"


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the programs and of what is killed")
    parser.add_argument("--kill-every", type=int, default=50, help="one SIGKILL every so many jobs (0: none)")
    parser.add_argument("--out", default="outputs/soak", help="folder for soak.json and soak.png")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
