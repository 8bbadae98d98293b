"""How the ways of the throughput bench scale: programs a second with several at once."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farm import Ours
from plain_fork import Cold, PlainFork
from processes import children, descendants, memory_mib
from tqdm import tqdm

from verl_visual_sdpo.inspection.sandbox.statistics import Quantiles

WAYS = ("cold", "plain fork", "ours", "ours, audit 0")
"""``audit 0``: figures are drawn in their programs' own processes, as in the plain fork."""
SAMPLE_SECONDS = 0.1


def start(way: str, scratch: Path, modules: Sequence[str], workers: int = 1) -> Any:
    """One instance of a way, warm."""
    if way == "cold":
        return Cold(scratch)
    if way == "plain fork":
        return PlainFork(scratch, modules)
    return Ours(workers, modules, audit=0.0 if way.endswith("audit 0") else 1.0)


def scaling(paths: list[Path], scratch: Path, modules: Sequence[str], counts: Sequence[int]) -> list[dict[str, Any]]:
    rows = []
    for count in counts:
        batch = {}
        for way in tqdm(WAYS, unit="way", desc=f"{count} at once"):
            batch[way] = _at_once(way, paths, scratch, modules, count)
        rows += [
            {"workers": count, "way": way, **row, "over_cold": row["per_second"] / batch["cold"]["per_second"]}
            for way, row in batch.items()
        ]
    return rows


def _at_once(way: str, paths: list[Path], scratch: Path, modules: Sequence[str], count: int) -> dict[str, Any]:
    """All programs through ``count`` of a way's instances. Ours share one pool and inspect in twice as many threads."""
    others = set(children(os.getpid()))
    if way.startswith("ours"):
        instances = [start(way, scratch, modules, count)] * (2 * count)
    else:
        instances = [start(way, scratch, modules) for _ in range(count)]
    free: queue.Queue[Any] = queue.Queue()
    for instance in instances:
        free.put(instance)

    def one(path: Path) -> float:
        instance = free.get()
        started = time.perf_counter()
        try:
            instance.run(path)
            return time.perf_counter() - started
        finally:
            free.put(instance)

    peaks = [0.0]
    with _peak_memory(others, peaks), ThreadPoolExecutor(len(instances)) as threads:
        started = time.perf_counter()
        walls = list(threads.map(one, paths))
        seconds = time.perf_counter() - started
    for instance in set(instances):
        instance.close()
    wall = Quantiles.of(walls)
    row = {"per_second": len(paths) / seconds, "wall": {"median": wall.median, "p95": wall.p95}}
    return row | {"mib": max(peaks) / count}


@contextmanager
def _peak_memory(others: set[int], peaks: list[float]) -> Iterator[None]:
    """Samples the proportional memory of everything this process started, but ``others``."""
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            started = [pid for pid in children(os.getpid()) if pid not in others]
            peaks.append(sum(memory_mib(pid) for child in started for pid in (child, *descendants(child))))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
