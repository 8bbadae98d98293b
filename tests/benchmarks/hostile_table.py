"""The table of the hostile suite: what the screen stopped, what the kernel's layers stopped without it, what escaped.

    python tests/benchmarks/hostile_table.py [--workers W] [--category NAME ...]

Runs every program of ``tests/inspection/hostile`` twice, as ``tests/inspection/test_hostile.py`` does. Exit status 1
when one of them escaped or was not answered.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "inspection"))

import hostile_suite as suite  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="for the endless programs, and as many for the others")
    parser.add_argument("--category", nargs="+", choices=suite.CATEGORIES, default=suite.CATEGORIES)
    options = parser.parse_args(arguments)
    found = suite.run(suite.programs(*options.category), options.workers)
    print(format_table(found, options.category))
    return 1 if any(run.escapes or run.status == "lost" for run in found.runs) else 0


def format_table(found: suite.Found, categories: Sequence[str]) -> str:
    """In markdown. "Screen": refused before they ran. "Layers": of all programs, run without a screen, those that
    neither escaped nor were lost."""
    lines = ["| programs | number | stopped by the screen | held by the layers alone | escapes | lost |"]
    lines += ["|---|---|---|---|---|---|"]
    for category in (*categories, "all"):
        runs = [run for run in found.runs if category in (run.program.path.parent.name, "all")]
        screened = [run for run in runs if run.screened]
        bare = [run for run in runs if not run.screened]
        stopped = sum(run.status == "forbidden" and run.attempts == 0 for run in screened)
        held = sum(not run.escapes and run.status != "lost" for run in bare)
        escaped, lost = sum(bool(run.escapes) for run in runs), sum(run.status == "lost" for run in runs)
        lines.append(f"| {category} | {len(bare)} | {stopped} | {held} | {escaped} | {lost} |")
    peaks = ", ".join(f"{value:.0f} {name}" for name, value in found.peaks.items())
    return "\n".join([*lines, "", f"At most {peaks}; {found.seconds:.0f} s."])


if __name__ == "__main__":
    sys.exit(main())
