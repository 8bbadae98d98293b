"""The render farm as a way of the throughput bench, beside those of ``plain_fork.py``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gallery import GALLERY_IMPORTS
from plain_fork import Cost
from processes import children, cpu_seconds

from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program, gather_evidence
from verl_visual_sdpo.inspection.render import chart
from verl_visual_sdpo.inspection.sandbox import Outcome
from verl_visual_sdpo.types import Task

TIMEOUT = 60.0
WARM_UP = "import time\ntime.sleep(1)\n"


class Ours:
    """The whole analysis of a program, picture and evidence included, through ``workers`` workers.

    ``modules`` are loaded before: what a worker loads once in its life is not the price of the first that asks.
    ``audit`` is the share of programs whose figures are drawn apart from them.
    """

    def __init__(self, workers: int = 1, modules: Sequence[str] = (), audit: float = 1.0) -> None:
        settings = {"cache_size": 0, "allowed_imports": GALLERY_IMPORTS, "audit": audit}
        self.renderer = chart.ChartRenderer(workers, TIMEOUT, **settings)
        warm_up = "".join(f"import {name}\n" for name in modules) + WARM_UP
        known = set(children(os.getpid()))
        self.outcomes: list[Outcome] = []
        with ThreadPoolExecutor(workers) as threads:  # all workers are warm before anything is timed
            list(threads.map(lambda number: self._analyse(f"{warm_up}{number}"), range(workers)))
        self.parents = [pid for pid in children(os.getpid()) if pid not in known]
        self._watch()

    def run(self, path: Path) -> Cost:
        source, done = path.read_text(encoding="utf-8"), len(self.outcomes)
        parents, own, started = self._parents_cpu(), time.process_time(), time.perf_counter()
        ok = self._analyse(source)
        wall, own = time.perf_counter() - started, time.process_time() - own
        child = sum(outcome.cpu_seconds for outcome in self.outcomes[done:])
        return Cost(wall, child, self._parents_cpu() - parents, own, ok)

    def close(self) -> None:
        self.renderer.close()

    def _analyse(self, source: str) -> bool:
        analysis = analyse_program(bare_program(source), Task("chart"), self.renderer)
        gather_evidence(analysis).to_json()
        return analysis.execution.ok

    def _parents_cpu(self) -> float:
        return sum(map(cpu_seconds, self.parents))

    def _watch(self) -> None:
        run = self.renderer._pool.run

        def watched(*arguments: Any, **options: Any) -> Outcome:
            self.outcomes.append(run(*arguments, **options))
            return self.outcomes[-1]

        self.renderer._pool.run = watched
