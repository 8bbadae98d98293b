"""The table of the hostile pages: how each family ended, what left the browser, how long it took to be stopped.

    python tests/benchmarks/hostile_pages_table.py [--family NAME ...] [--verbose]

Shows every page of ``tests/inspection/hostile/web`` as ``tests/inspection/test_web_hostile.py`` does. Exit status 1
when something left, one was not answered as its first lines say, or the browser was not well afterwards.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "inspection"), str(TESTS)]

import hostile_pages as suite  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", nargs="+", choices=suite.FAMILIES, default=suite.FAMILIES)
    parser.add_argument("--page", help="only pages whose names hold this")
    parser.add_argument("--verbose", action="store_true", help="a line for each page")
    options = parser.parse_args(arguments)
    runs, listener, started = [], suite.Listener(), time.monotonic()
    with suite.renderer() as renderer:
        for page in suite.pages(*options.family):
            if options.page and options.page not in page.name:
                continue
            runs.append(suite.show(page, renderer, listener))
            if options.verbose or not runs[-1].right:
                print(f"{page.name:40} {runs[-1].status:14} {runs[-1].over:6.2f} {runs[-1].detail[:150]}", flush=True)
        pool = renderer.statistics.pool
    listener.close()
    print(format_table(runs, options.family))
    seconds = time.monotonic() - started
    print(f"\n{seconds:.0f} s, {pool.started} browsers started, {pool.died} lost, {pool.retries} retries")
    return 0 if all(run.right for run in runs) else 1


def format_table(runs: Sequence[suite.Run], families: Sequence[str]) -> str:
    """In markdown. "Over": the longest time beyond its limit that a page had."""
    lines = ["| pages | number | ended as | left the browser | over, s | not as expected | browser not well after |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for family in (*families, "all"):
        mine = [run for run in runs if family in (run.page.path.parent.name, "all")]
        ends = ", ".join(f"{status} {count}" for status, count in Counter(run.status for run in mine).most_common())
        escapes, over = sum(len(run.escapes) for run in mine), max((run.over for run in mine), default=0.0)
        wrong, ill = sum(run.status not in run.page.expected for run in mine), sum(not run.healthy for run in mine)
        lines.append(f"| {family} | {len(mine)} | {ends} | {escapes} | {over:.1f} | {wrong} | {ill} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
