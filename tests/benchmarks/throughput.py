"""What inspection costs: the same programs cold, in a plain warm fork, and through the render farm, side by side.

    python tests/benchmarks/throughput.py [--source DIR] [--programs N] [--rounds R] [--workers 1 2] [--out TABLE.json]

Without ``--source`` (a folder of chart programs, or an unpacked matplotlib source tree) the programs are generated. The
three ways take turns program by program, so that whatever else the machine does hits all of them alike; CPU seconds
are the steadier figures. Prints CPU and latency by way, where ours goes beyond the drawing itself, and programs a
second by workers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from at_once import WAYS, scaling, start
from farm import TIMEOUT, Ours
from gallery import programs_in
from plain_fork import Cost
from tqdm import tqdm

from verl_visual_sdpo.benchmarks.defectbench.programs import GENERATORS
from verl_visual_sdpo.inspection import pipeline
from verl_visual_sdpo.inspection.render import chart
from verl_visual_sdpo.inspection.sandbox import LAYERS, Limits, SandboxPool
from verl_visual_sdpo.inspection.sandbox.screen import imported_modules
from verl_visual_sdpo.inspection.sandbox.statistics import Quantiles
from verl_visual_sdpo.inspection.sandbox.zygote import PRELOADABLE

SAVE = """
import matplotlib.pyplot as _plt
for _number in _plt.get_fignums():
    _plt.figure(_number).savefig(f"figure{_number}.png")
"""
"""Put behind a program that saves nothing: what it shows is drawn in every way, once."""
EMPTY_RUNS = 40
MARK = "PHASES "  # what ``phased_driver.py`` writes before its figures
OWN_STEPS = {"detection": "_detect_on_every_page", "blame": "trace", "grade": "grade", "feedback": "write_feedback"}


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory(prefix="throughput-") as scratch:
        os.chmod(scratch, 0o755)
        paths = list(_written(Path(scratch), options))
        modules = _modules(paths)
        costs = _side_by_side(paths, Path(scratch), modules, options.rounds)
        found = {
            "programs": len(paths),
            "ways": {way: _summary(rows) for way, rows in costs.items()},
            "split_ms": _split(paths, modules, costs),
            "scaling": scaling(paths, Path(scratch), modules, options.workers),
        }
    print(format_table(found))
    if options.out:
        Path(options.out).write_text(json.dumps(found, indent=1), encoding="utf-8")


def format_table(found: dict[str, Any]) -> str:
    ways, split = found["ways"], found["split_ms"]
    lines = [
        f"{found['programs']} programs, one at a time",
        f"{'':15}{'CPU s':>8}{'median s':>10}{'95th s':>9}{'failed':>8}",
    ]
    for way, row in ways.items():
        wall = row["wall"]
        lines.append(f"{way:15}{row['cpu']:8.3f}{wall['median']:10.3f}{wall['p95']:9.3f}{row['failed']:8d}")
    plain, cold = ways["plain fork"], ways["cold"]
    for way in WAYS[2:]:
        ours = ways[way]
        farm = (ours["child"] + ours["parent"]) / plain["cpu"]
        lines.append(
            f"CPU of {way} over the plain fork: {farm:.2f}x in the sandbox (provenance, isolation, reading of the "
            f"figure), {ours['cpu'] / plain['cpu']:.2f}x with the inspection; cold over it: "
            f"{cold['cpu'] / ours['cpu']:.2f}x"
        )
    lines += [
        "",
        "CPU ms a program",
        *(f"  {name:48}{value:9.1f}" for name, value in split.items()),
        "",
        f"{'workers':10}{'way':15}{'programs/s':>11}{'over cold':>11}{'median s':>10}{'95th s':>9}{'MiB a worker':>14}",
    ]
    for row in found["scaling"]:
        lines.append(
            f"{row['workers']:<10}{row['way']:15}{row['per_second']:11.2f}{row['over_cold']:10.2f}x"
            f"{row['wall']['median']:10.3f}{row['wall']['p95']:9.3f}{row['mib']:14.0f}"
        )
    return "\n".join(lines)


# --------------------------------------------------------------------------- one at a time


def _side_by_side(paths: list[Path], scratch: Path, modules: Sequence[str], rounds: int) -> dict[str, list[Cost]]:
    ways = {way: start(way, scratch, modules) for way in WAYS}
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    try:
        for number, path in enumerate(tqdm(paths * rounds, unit="program", desc="side by side")):
            for way in (*WAYS[number % len(WAYS) :], *WAYS[: number % len(WAYS)]):
                costs[way].append(ways[way].run(path))
    finally:
        for way in ways.values():
            way.close()
    fine = [all(rows) for rows in zip(*([cost.ok for cost in costs[way]] for way in WAYS))]
    for way in WAYS:  # a program that fails somewhere is no comparison
        failed = [cost for cost in costs[way] if not cost.ok]
        costs[way] = [cost for cost, ok in zip(costs[way], fine) if ok] + failed
    return costs


def _summary(rows: list[Cost]) -> dict[str, Any]:
    good = [row for row in rows if row.ok]
    means = {name: statistics.fmean(getattr(row, name) for row in good) for name in ("cpu", "child", "parent", "own")}
    wall = Quantiles.of(row.wall for row in good)
    return {**means, "wall": {"median": wall.median, "p95": wall.p95}, "failed": len(rows) - len(good)}


# --------------------------------------------------------------------------- where it goes


def _split(paths: list[Path], modules: Sequence[str], costs: dict[str, list[Cost]]) -> dict[str, float]:
    """CPU ms a program, means: the plain fork, then what ours spends beyond it, part by part."""
    plain, ours = _summary(costs["plain fork"]), _summary(costs["ours"])
    driver, chart.DRIVER = chart.DRIVER, Path(__file__).with_name("phased_driver.py")
    own: Counter[str] = Counter()
    try:
        with _own_steps_timed(own):
            arm = Ours(modules=modules)
            own.clear()
            for path in tqdm(paths, unit="program", desc="where it goes"):
                arm.run(path)
    finally:
        chart.DRIVER = driver
    arm.close()
    phases = sum((phases_of(outcome.output) for outcome in arm.outcomes), Counter())
    count, runs = len(paths), len(arm.outcomes) / len(paths)
    bare, jailed = _empty_job(LAYERS), _empty_job(())
    jail = (bare - jailed) * runs
    known = {f"child: {name}": 1000 * spent / count for name, spent in sorted(phases.items()) if name != "run"}
    known["child: putting on the jail"] = 1000 * jail
    rest = 1000 * (ours["child"] - plain["child"]) - sum(known.values())
    steps = {f"here: {name}": 1000 * spent / count for name, spent in own.items()}
    return {
        "plain fork: child (drawing, its own encoding)": 1000 * plain["child"],
        "plain fork: parent (fork, wait)": 1000 * plain["parent"],
        **known,
        "child: the rest (draw log, fork, less encoding)": rest,
        "parent of the jobs, beyond the plain one": 1000 * (ours["parent"] - plain["parent"]),
        **steps,
        "here: the rest": 1000 * ours["own"] - sum(steps.values()),
    }


def phases_of(output: str) -> Counter[str]:
    """What ``phased_driver.py`` left at the end of a job's output."""
    _, found, text = output.rpartition(MARK)
    return Counter(json.loads(text)) if found else Counter()


@contextmanager
def _own_steps_timed(spent: Counter[str]) -> Iterator[None]:
    def timed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            started = time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                spent[name] += time.thread_time() - started

        return run

    places = [(pipeline, attribute, name) for name, attribute in OWN_STEPS.items()]
    places.append((chart.ChartRenderer, "render", "screen, transport, reading the report"))
    before = [(place, attribute, getattr(place, attribute)) for place, attribute, _ in places]
    for place, attribute, name in places:
        setattr(place, attribute, timed(getattr(place, attribute), name))
    try:
        yield
    finally:
        for place, attribute, function in before:
            setattr(place, attribute, function)


def _empty_job(layers: Sequence[str]) -> float:
    """CPU seconds of a child that does nothing, behind these layers."""
    import warnings

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        os.chmod(folder, 0o755)
        driver = Path(folder) / "nothing.py"
        driver.write_text("def warm_up(): import matplotlib.pyplot\ndef run(payload, write): pass\n")
        without = [layer for layer in LAYERS if layer not in layers]
        with SandboxPool(driver, limits=Limits(seconds=TIMEOUT), policy="permissive", without=without) as pool:
            return statistics.median(pool.run({}).cpu_seconds for _ in range(EMPTY_RUNS))


# --------------------------------------------------------------------------- programs


def _modules(paths: list[Path]) -> list[str]:
    """What the programs import of what warm parents keep loaded."""
    wanted = {name for path in paths for name in imported_modules(path.read_text(encoding="utf-8"))}
    return sorted(wanted & PRELOADABLE)


def _written(scratch: Path, options: argparse.Namespace) -> Iterator[Path]:
    dice = random.Random(options.seed)
    if options.source:
        found = list(programs_in(Path(options.source)))
        dice.shuffle(found)
        sources = [path.read_text(encoding="utf-8") for path in found[: options.programs]]
    else:
        makers = [GENERATORS[number % len(GENERATORS)] for number in range(options.programs)]
        sources = [make(random.Random(options.seed + number)).source for number, make in enumerate(makers)]
    for number, source in enumerate(sources):
        if "savefig" not in source:
            source = source.replace("plt.show()", "pass") + SAVE
        path = scratch / f"program{number}.py"
        path.write_text(source, encoding="utf-8")
        yield path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="a folder of chart programs, or an unpacked matplotlib source tree")
    parser.add_argument("--programs", type=int, default=40, help="how many of them, by the seed")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is run one at a time")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="how many at once, for the scaling")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", help="write the figures as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
