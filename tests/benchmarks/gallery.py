"""How much of real charts is seen and owned: the static examples of the matplotlib gallery through the renderer.

    python tests/benchmarks/gallery.py [--source DIR] [--limit N] [--seed S] [--workers W] [--out TABLE] [--sheets DIR]

``--source`` is an unpacked matplotlib source tree or any folder of chart programs; without it the sdist of the pinned
matplotlib is fetched with pip. Prints programs by status, the share of visible artists with an owner statement,
defects a program and seconds a program. ``--sheets`` writes contact sheets of every finding, nine a page: the picture
with the finding framed (red: what is wrong, blue: what it stands in relation to), program and message. The gallery is
nearly clean, so looking at them tells a false alarm from a taste and from a defect of the gallery's own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contact_sheet import Tile, write_sheets
from tqdm import tqdm

from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program
from verl_visual_sdpo.inspection.render.chart import ChartRenderer
from verl_visual_sdpo.inspection.sandbox.screen import ALLOWED_IMPORTS
from verl_visual_sdpo.types import Task

NOT_STATIC = frozenset({"animation", "event_handling", "user_interfaces", "widgets"})
"""Folders of the gallery whose examples wait for somebody in front of a screen."""
GALLERY_IMPORTS = ALLOWED_IMPORTS | {
    *(
        "basic_units",
        "gc",
        "inspect",
        "multiprocessing",
        "packaging",
        "pickle",
        "shutil",
        "subprocess",
        "threading",
        "xml",
    )
}
"""The gallery also shows off what a chart program has no business with; the walls behind the screen stay up."""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments.source) if arguments.source else _unpack_matplotlib(Path(scratch))
        programs = list(programs_in(folder))
        random.Random(arguments.seed).shuffle(programs)
        programs = programs[: arguments.limit]
        with ChartRenderer(
            arguments.workers, arguments.timeout, cache_size=0, allowed_imports=GALLERY_IMPORTS
        ) as renderer:
            rows = _measure(renderer, programs, folder, arguments.workers)
    if arguments.sheets:
        tiles = (tile for row in rows for tile in row["tiles"])
        print(f"{len(write_sheets(tiles, Path(arguments.sheets)))} contact sheets in {arguments.sheets}")
    for row in rows:
        del row["tiles"]
    table = summarise(rows)
    print(format_table(table))
    if arguments.out:
        Path(arguments.out).write_text(json.dumps({"summary": table, "programs": rows}, indent=1), encoding="utf-8")


def summarise(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of the table, from one row a program (as :func:`_measure` makes them)."""
    drawn = [row for row in rows if row["status"] == "ok"]
    seconds, whole = (sorted(row[key] for row in drawn) or [0.0] for key in ("seconds", "whole_seconds"))
    found = Counter(detector for row in drawn for detector in row["defects"])
    visible, owned = sum(row["visible"] for row in rows), sum(row["owned"] for row in rows)
    return {
        "programs": len(rows),
        "statuses": dict(Counter(row["status"] for row in rows).most_common()),
        "visible": visible,
        "owned_share": owned / visible if visible else 0.0,
        "seconds_median": statistics.median(seconds),
        "seconds_95th": _percentile_95(seconds),
        "whole_seconds_median": statistics.median(whole),
        "whole_seconds_95th": _percentile_95(whole),
        "defects_per_program": found.total() / max(len(drawn), 1),
        "defects": dict(found.most_common()),
        "unowned_kinds": dict(sum((Counter(row["unowned"]) for row in rows), Counter()).most_common()),
    }


def _percentile_95(ordered: list[float]) -> float:
    return ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]


def format_table(table: dict[str, Any]) -> str:
    statuses = ", ".join(f"{status} {count}" for status, count in table["statuses"].items())
    return (
        f"programs             {table['programs']}  ({statuses})\n"
        f"visible artists      {table['visible']}\n"
        f"with an owner        {table['owned_share']:.2%}   without: {table['unowned_kinds'] or 'none'}\n"
        f"seconds, drawing     median {table['seconds_median']:.2f}, 95th {table['seconds_95th']:.2f}\n"
        f"seconds, analysis    median {table['whole_seconds_median']:.2f}, 95th {table['whole_seconds_95th']:.2f}\n"
        f"defects a program    {table['defects_per_program']:.2f}  {table['defects']}"
    )


def _measure(renderer: ChartRenderer, programs: list[Path], folder: Path, workers: int) -> list[dict[str, Any]]:
    def measure(path: Path) -> dict[str, Any]:
        started = time.perf_counter()
        analysis = analyse_program(bare_program(path.read_text(encoding="utf-8")), Task("chart"), renderer)
        whole = time.perf_counter() - started
        elements = [element for scene in analysis.scenes for element in scene.elements]
        execution = analysis.execution
        return {
            "program": str(path.relative_to(folder)),
            "status": execution.status,
            "line": execution.error.line if execution.error else None,
            "error": execution.reason,
            "visible": len(elements),
            "owned": sum(bool(element.owners) for element in elements),
            "unowned": dict(Counter(element.kind for element in elements if not element.owners)),
            "defects": [defect.detector for defect in analysis.defects],
            "tiles": [
                Tile.of(defect, analysis.scenes[defect.page], f"{path.relative_to(folder).name}, page {defect.page}")
                for defect in analysis.defects
            ],
            "seconds": execution.seconds,
            "whole_seconds": whole,
        }

    with ThreadPoolExecutor(workers) as threads:
        return list(tqdm(threads.map(measure, programs), total=len(programs), unit="chart"))


def programs_in(folder: Path) -> Iterator[Path]:
    examples = next(iter(sorted(folder.rglob("galleries/examples"))), folder)
    for path in sorted(examples.rglob("*.py")):
        if path.relative_to(examples).parts[0] not in NOT_STATIC:
            yield path


def _unpack_matplotlib(scratch: Path) -> Path:
    """The sdist by pip's own download. pip goes on to ask the build for metadata, which fails at once without build
    tools; by then the source is unpacked, and ``--no-clean`` leaves it."""
    requirement = f"matplotlib=={version('matplotlib')}"
    command = [sys.executable, "-m", "pip", "download", "--no-clean", "--no-deps", "--no-build-isolation"]
    command += ["--no-binary", "matplotlib", "--dest", str(scratch), requirement]
    done = subprocess.run(command, env=os.environ | {"TMPDIR": str(scratch)}, capture_output=True, text=True)
    if not any(scratch.rglob("galleries/examples")):
        raise SystemExit(
            f"pip could not fetch the source of {requirement}; give it with --source:\n{done.stderr[-2000:]}"
        )
    return scratch


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", help="matplotlib's source tree, or a folder of chart programs")
    parser.add_argument("--limit", type=int, help="only so many programs, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=20.0)
    parser.add_argument("--sheets", metavar="DIR", help="write contact sheets of all findings into this folder")
    parser.add_argument("--out", help="write the summary and one row a program as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
