"""Real pages through the renderer: how they end, what they cost, and how much of them has an owner.

``python tests/benchmarks/web_pages.py --source FOLDER [--limit N] [--workers 2] [--inspect] [--sheets DIR]`` takes
every ``*.html`` under FOLDER. Style sheets that lie beside a page are put into it, as a model writes them; scripts,
pictures and what lies elsewhere are left as they are. ``--inspect`` runs the detectors, too, and counts what they find;
``--sheets`` also writes contact sheets of every finding, nine a sheet, as for the gallery of charts.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from contact_sheet import Tile, write_sheets

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.detect import detect
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, processes
from verl_visual_sdpo.types import Element

_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)


@dataclass
class Page:
    name: str
    status: str
    seconds: float
    elements: int = 0
    owned: int = 0
    styled: int = 0
    texts: int = 0
    told: Counter[str] = field(default_factory=Counter)
    tiles: list[Tile] = field(default_factory=list)


class Memory:
    """The most that this process, and all that it started, had in memory (MiB): looked at twice a second."""

    def __init__(self) -> None:
        self.own = self.others = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            own, *others = processes.tree(os.getpid())
            self.own = max(self.own, processes.memory_mib([own]))
            self.others = max(self.others, processes.memory_mib(others))


def whole(path: Path) -> str:
    """The page's text with the style sheets in it that lie beside it."""

    def inline(match: re.Match[str]) -> str:
        href = _HREF.search(match[0])
        if "stylesheet" not in match[0].lower() or href is None or "//" in href[1]:
            return match[0]
        beside = (path.parent / href[1].partition("?")[0]).resolve()
        if not beside.is_file():
            return match[0]
        return f"<style>{beside.read_text(errors='replace').replace('</style', '')}</style>"

    return _LINK.sub(inline, path.read_text(errors="replace"))


def look(renderer: WebRenderer, path: Path, inspect: bool, sheets: bool = False) -> Page:
    """One page; a failure of the machinery is a status of its own."""
    program, started = bare_program(whole(path), "web"), time.monotonic()
    try:
        rendering = renderer.render(program)
    except SandboxError as error:
        return Page(str(path), f"lost ({str(error)[:80]})", time.monotonic() - started)
    page = Page(str(path), rendering.execution.status, rendering.execution.seconds)
    for scene in rendering.scenes:
        page.elements += len(scene.elements)
        page.owned += sum(_is_owned(e) for e in scene.elements)
        texts = [e for e in scene.elements if e.outline]
        page.texts += len(texts)
        page.styled += sum(any(o.prop == "text" for o in e.owners) for e in texts)
        if inspect:
            defects = detect(scene, 0, {}, "web")[0]
            page.told.update(d.detector for d in defects)
            page.tiles += [Tile.of(d, scene, path.stem) for d in defects] if sheets else []
    return page


def _is_owned(element: Element) -> bool:
    return any(owner.tie == "created" for owner in element.owners)


def table(pages: list[Page], wall: float, memory: Memory, inspect: bool) -> str:
    """What is printed at the end."""
    seen = [p for p in pages if p.status == "ok"]
    seconds = sorted(p.seconds for p in seen)
    ends = ", ".join(f"{status} {count}" for status, count in Counter(p.status for p in pages).most_common())
    elements, texts = sum(p.elements for p in seen), sum(p.texts for p in seen)
    lines = [
        f"pages                {len(pages)}  ({ends})",
        f"visible elements     {elements}",
        f"with an owner        {sum(p.owned for p in seen) / max(elements, 1):.2%}",
        f"texts with their run {sum(p.styled for p in seen) / max(texts, 1):.2%} of {texts}",
    ]
    if seconds:
        late = seconds[min(int(0.95 * len(seconds)), len(seconds) - 1)]
        lines.append(f"seconds a page       median {statistics.median(seconds):.2f}, 95th {late:.2f}")
    lines.append(f"pages a second       {len(pages) / wall:.2f}")
    lines.append(f"memory, MiB          {memory.own:.0f} here, {memory.others:.0f} browsers and driver, at most")
    if inspect:
        told = sum((p.told for p in seen), Counter())
        each = ", ".join(f"{name} {count}" for name, count in told.most_common())
        lines.append(f"defects a page       {told.total() / max(len(seen), 1):.2f}  {each}")
        lines.append(f"pages without one    {sum(not p.told for p in seen)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, required=True, help="a folder of pages")
    parser.add_argument("--limit", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=10.0)
    parser.add_argument("--tailwind", help="a local copy of Tailwind's browser build")
    parser.add_argument("--inspect", action="store_true", help="run the detectors, too")
    parser.add_argument("--sheets", type=Path, metavar="DIR", help="write contact sheets of all findings there")
    parser.add_argument("--verbose", action="store_true", help="a line for each page")
    arguments = parser.parse_args()
    paths = sorted(arguments.source.rglob("*.html"))[: arguments.limit]
    inspect, sheets = arguments.inspect or bool(arguments.sheets), bool(arguments.sheets)
    with WebRenderer(arguments.workers, arguments.timeout, cache_size=0, tailwind=arguments.tailwind) as renderer:
        _ = renderer.layers  # the first browser is started before the clock
        started, pages = time.monotonic(), []
        with Memory() as memory, ThreadPoolExecutor(arguments.workers) as threads:
            for page in threads.map(lambda path: look(renderer, path, inspect, sheets), paths):
                pages.append(page)
                if arguments.verbose or page.status != "ok" or page.owned < page.elements:
                    counts = f"{page.owned:5}/{page.elements:<5}"
                    print(f"{page.status:14} {page.seconds:6.2f} s {counts} {page.name}", flush=True)
        wall = time.monotonic() - started
        print(table(pages, wall, memory, inspect))
        print(renderer.statistics)
    if sheets:
        written = write_sheets((tile for page in pages for tile in page.tiles), arguments.sheets)
        print(f"{len(written)} contact sheets in {arguments.sheets}")


if __name__ == "__main__":
    main()
