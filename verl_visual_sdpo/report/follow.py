"""Make verl's log readable: one line a step, the rest into a file.

python -m verl_visual_sdpo.verl_plugin.main ... 2>&1 | python -m verl_visual_sdpo.report.follow --log log.txt
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SHOWN = {  # metric of a step (its end, where the data source stands before it) -> what it is called on the line
    "visual/score": "reward",
    "visual/execution_rate": "run",
    "visual/defects_per_picture": "defects",
    "distill/kl": "KL",
    "actor/entropy": "entropy",
    "timing_s/step": "seconds",
}
VALIDATED = re.compile(r"val-(?:core|aux)/[^/]+/(reward|defects|executed)/mean@1$")
STEP = re.compile(r"\bstep:(\d+) - ")
PAIR = re.compile(r"(\S+?):(?:np\.\w+\()?(-?[\d.]+(?:e[-+]?\d+)?)\)?(?= - |$)")


def follow(lines: Iterable[str], log: Path, steps: int | None = None) -> None:
    """Copy ``lines`` to ``log`` and print one short line for each step."""
    started = time.monotonic()
    print("starting Ray and verl, which takes a minute or two ...", flush=True)
    with log.open("a", encoding="utf-8", buffering=1) as copy:
        for line in lines:
            copy.write(line)
            if step := STEP.search(line):
                minutes, seconds = divmod(int(time.monotonic() - started), 60)
                total = f"/{steps}" if steps else ""
                values = summary(parse(line[step.start() :].strip()))
                print(f"[{minutes:2d}:{seconds:02d}] step {step[1]}{total}  {values}", flush=True)


def parse(line: str) -> dict[str, float]:
    """The numbers of a line of verl's console logger: ``step:3 - visual/score:0.71 - ...``."""
    return {name: float(value) for name, value in PAIR.findall(line)}


def summary(metrics: Mapping[str, float]) -> str:
    """The metrics worth a glance: those of training, then those of a validation if there was one."""
    parts = [f"{label} {metrics[name]:.3g}" for name, label in SHOWN.items() if name in metrics]
    validated = [f"{m[1]} {value:.3g}" for name, value in metrics.items() if (m := VALIDATED.search(name))]
    return "  ".join(parts) + ("  | validation: " + "  ".join(validated) if validated else "")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Show the progress of a verl run that is piped in.")
    parser.add_argument("--log", required=True, type=Path, help="file that takes every line")
    parser.add_argument("--steps", type=int, help="steps in all, for the display")
    arguments = parser.parse_args(argv)
    follow(sys.stdin, arguments.log, arguments.steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
