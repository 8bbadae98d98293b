"""What a page costs: a cold Chromium for each page beside the warm renderer, which also says who owns what.

``python tests/benchmarks/web_throughput.py [--source FOLDER] [--pages N] [--rounds N]``. The ways take turns over the
same pages. CPU seconds are those of all processes that a way starts; they are steadier than wall times on a busy
machine. The cold way is a browser process that writes a screenshot and nothing else.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from web_pages import whole

from verl_visual_sdpo.inspection.detect import detect
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, chromium, processes

WRITTEN = Path(__file__).parents[1] / "inspection" / "web_pages"


@dataclass
class Way:
    """``show`` shows one page and says whether that went well; ``cpu`` is what the way's processes have used so far."""

    name: str
    at_once: int
    show: Callable[[Path], bool]
    cpu: Callable[[], float]
    seconds: list[float] = field(default_factory=list)
    used: float = 0.0
    wall: float = 0.0
    failed: int = 0

    def run(self, paths: list[Path]) -> None:
        used, started = self.cpu() + _own_cpu(), time.monotonic()
        with ThreadPoolExecutor(self.at_once) as threads:
            for seconds, ok in threads.map(self._timed, paths):
                self.seconds.append(seconds)
                self.failed += not ok
        self.wall += time.monotonic() - started
        self.used += self.cpu() + _own_cpu() - used

    def _timed(self, path: Path) -> tuple[float, bool]:
        started = time.monotonic()
        ok = self.show(path)
        return time.monotonic() - started, ok

    def line(self) -> str:
        count = len(self.seconds)
        median = statistics.median(self.seconds)
        return f"{self.name:44} {self.used / count:8.3f} {median:8.2f} {count / self.wall:8.2f} {self.failed:6}"


def _own_cpu() -> float:
    return time.process_time()


def cold(program: Path) -> Callable[[Path], bool]:
    def show(path: Path) -> bool:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            picture = Path(folder) / "page.png"
            command = [str(program), "--headless", *chromium.SWITCHES, f"--user-data-dir={folder}/profile"]
            command += ["--window-size=1280,800", "--virtual-time-budget=2000", f"--screenshot={picture}"]
            subprocess.run([*command, path.resolve().as_uri()], capture_output=True, timeout=120, check=False)
            return picture.is_file()

    return show


def warm(renderer: WebRenderer, inspect: bool) -> Callable[[Path], bool]:
    def show(path: Path) -> bool:
        rendering = renderer.render(bare_program(whole(path), "web"))
        for scene in rendering.scenes if inspect else ():
            detect(scene, 0, {}, "web")
        return rendering.execution.ok

    return show


def cpu_of(renderer: WebRenderer) -> Callable[[], float]:
    import os

    return lambda: processes.cpu_seconds(processes.tree(os.getpid())[1:])


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, default=WRITTEN, help="a folder of pages (default: the tests')")
    parser.add_argument("--pages", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    paths = sorted(arguments.source.rglob("*.html"))[: arguments.pages]
    program = chromium.find(None, None)
    print(f"{len(paths)} pages, {arguments.rounds} rounds, {program}")
    ways: list[Way] = []
    for at_once in (1, 2):
        ways.append(Way(f"cold browser, screenshot only, {at_once} at once", at_once, cold(program), _of_children))
    made = []
    for at_once, inspect in ((1, False), (2, False), (2, True)):
        renderer = WebRenderer(at_once, 30.0, cache_size=0)
        made.append(renderer)
        with ThreadPoolExecutor(at_once) as threads:  # all browsers are up before anything is timed
            list(threads.map(lambda n, r=renderer: r.render(bare_program(f"<p>{n}", "web")), range(2 * at_once)))
        told = "with detectors, " if inspect else ""
        ways.append(Way(f"ours, {told}{at_once} worker(s)", at_once, warm(renderer, inspect), cpu_of(renderer)))
    try:
        for _ in range(arguments.rounds):
            for way in ways:
                way.run(paths)
    finally:
        for renderer in made:
            renderer.close()
    print(f"{'':44} {'CPU s':>8} {'median':>8} {'pages/s':>8} {'failed':>6}")
    for way in ways:
        print(way.line())


if __name__ == "__main__":
    main()
