"""Decks through the whole analysis: what becomes of each, whose its shapes are, and what it costs, warm and cold.

    python tests/benchmarks/slides.py                       the decks of slide_decks/
    python tests/benchmarks/slides.py --source DIR --cold 12 --sheets SHEETS

Warm is our renderer: the program in a fork of a warm interpreter, traced and jailed, and its deck turned into a PDF in
a fork of a warm LibreOffice. Cold is what people do by hand for the same deck: ``soffice --headless --convert-to pdf``,
a new process with a profile that was never used; also with one that was. Their programs are strangers' and run in the
sandbox only, so what people pay before that is shown by its least part, a new ``python`` that loads python-pptx, opens
the deck and saves it: whatever the program itself does is left out there, and counted in ours. Ours goes on to pictures
and elements, which no cold way does; the last ratio has that in it.
Warm and cold take turns, deck by deck, in one run. With other work on the machine wall times say little: CPU seconds
are steadier. ``--sheets`` writes contact sheets of every finding, nine a page, as for the gallery of charts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contact_sheet import Tile, write_sheets

from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program
from verl_visual_sdpo.inspection.render import report as reports
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program
from verl_visual_sdpo.inspection.render.slide import SlideRenderer
from verl_visual_sdpo.inspection.sandbox import Outcome, SandboxPool
from verl_visual_sdpo.types import Analysis, Task

DECKS = Path(__file__).with_name("slide_decks")
COLD_SECONDS = 120.0
REMAKE = "import sys, pptx; pptx.Presentation(sys.argv[1]).save(sys.argv[2])"


@dataclass
class Cost:
    """Seconds of wall time and of CPU, one entry a deck."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, *parts: Sequence[float]) -> None:
        """One deck: the sums of what its parts took, each (wall, CPU)."""
        wall, cpu = (sum(column) for column in zip(*parts))
        self.wall.append(wall)
        self.cpu.append(cpu)

    def line(self, name: str) -> str:
        if not self.wall:
            return f"{name:<40} not run"
        ordered = sorted(self.wall)
        p95 = ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)]
        cpu = f"CPU s median {statistics.median(self.cpu):.3f}"
        return f"{name:<40} {cpu}, wall s median {statistics.median(ordered):.3f}, 95th {p95:.3f}, decks {len(ordered)}"


@contextlib.contextmanager
def noted(pool: SandboxPool) -> Iterator[list[Outcome]]:
    """The outcomes of a pool's jobs, as they come."""
    outcomes, run = [], pool.run

    def noting(*args: object, **kwargs: object) -> Outcome:
        outcomes.append(run(*args, **kwargs))
        return outcomes[-1]

    pool.run = noting
    yield outcomes
    pool.run = run


def cold(deck: bytes, profile: Path) -> list[tuple[float, float]]:
    """(wall, CPU) seconds of a new interpreter that makes the deck's file, and of the ``soffice`` that converts it."""
    with tempfile.TemporaryDirectory(prefix="cold-") as folder:
        given, made = Path(folder, "given.pptx"), Path(folder, "deck.pptx")
        given.write_bytes(deck)
        saving = [sys.executable, "-c", REMAKE, str(given), str(made)]
        converting = [str(find_program() / "soffice"), "--headless", "--norestore", "--convert-to", "pdf"]
        converting += ["--outdir", folder, f"-env:UserInstallation={profile.as_uri()}", str(made)]
        costs = [timed(saving), timed(converting)]
        if not made.with_suffix(".pdf").exists():
            raise SystemExit("soffice wrote no PDF")
    return costs


def timed(command: list[str]) -> tuple[float, float]:
    """(wall, CPU) seconds of a command and all that it starts."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(COLD_SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=DECKS, help="a folder of programs")
    parser.add_argument("--cold", type=int, default=8, help="decks that are also made and converted cold (0: none)")
    parser.add_argument("--sheets", type=Path, metavar="DIR", help="write contact sheets of all findings there")
    parser.add_argument("--quiet", action="store_true", help="no line a deck")
    arguments = parser.parse_args()
    files = sorted(arguments.source.glob("*.py"))
    if not files:
        raise SystemExit(f"no program in {arguments.source}")
    statuses, kinds, owned, unseen, found = Counter(), Counter(), Counter(), Counter(), Counter()
    tiles, slides = [], 0
    programs, office, (warm, whole, remade, soffice, used) = Cost(), Cost(), (Cost() for _ in range(5))
    with tempfile.TemporaryDirectory(prefix="cold-profile-") as folder, SlideRenderer(cache_size=0) as renderer:
        renderer.render(bare_program("import pptx", "slide"))
        for number, file in enumerate(files):
            program = bare_program(file.read_text(encoding="utf-8-sig"), "slide")
            with noted(renderer._programs) as ran, noted(renderer._office) as shown:
                analysis = analyse_program(program, Task("slide"), renderer)
            execution = analysis.execution
            for outcomes, cost in ((ran, programs), (shown, office)):
                cost.wall += [outcome.seconds for outcome in outcomes[-1:]]
                cost.cpu += [outcome.cpu_seconds for outcome in outcomes[-1:]]
            statuses[execution.status] += 1
            slides += len(analysis.scenes)
            count(analysis, kinds, owned, unseen)
            found.update(defect.detector for defect in analysis.defects)
            for defect in analysis.defects if arguments.sheets else ():
                tiles.append(Tile.of(defect, analysis.scenes[defect.page], f"{file.stem}, slide {defect.page + 1}"))
            if shown and execution.ok and len(soffice.wall) < arguments.cold * (number + 1) / len(files):
                deck = reports.unframe(ran[-1].result)[2][0]
                profile = Path(folder, str(number))
                making, converting = cold(deck, profile)
                remade.add(making)
                soffice.add(converting)
                used.add(cold(deck, profile)[1])
                warm.add(reports.unframe(shown[-1].result)[0]["converting"])
                whole.add(*((outcome.seconds, outcome.cpu_seconds) for outcome in (ran[-1], shown[-1])))
            if not arguments.quiet:
                told = f"{len(analysis.scenes)} slides, {len(analysis.defects)} findings"
                if execution.error is not None:
                    told = f"{execution.error.type}: {execution.error.message[:80]}"
                print(f"{file.stem[-40:]:<40} {execution.status:<14} {execution.seconds:6.2f} s  {told}", flush=True)
        memory = {name: sum(w._resident_mib() for w in pool._idle) for name, pool in pools(renderer).items()}
    if arguments.sheets:
        print(f"{len(write_sheets(tiles, arguments.sheets))} contact sheets in {arguments.sheets}")
    print(
        f"\nprograms {len(files)}, slides {slides}: "
        + ", ".join(f"{status} {n}" for status, n in statuses.most_common())
    )
    total = kinds.total()
    print(f"elements {total}, with an owner {owned.total()} ({owned.total() / max(total, 1):.2%})")
    for kind, n in kinds.most_common():
        print(f"  {kind:<14} {n:5}  owned {owned[kind] / n:7.2%}  not painted {unseen[kind]}")
    print(f"findings {found.total()}: " + ", ".join(f"{detector} {n}" for detector, n in found.most_common()))
    print(programs.line("program, deck handed over"))
    print(office.line("deck shown and read, all of it"))
    ways = {
        "deck to PDF, warm": warm,
        "soffice, new profile": soffice,
        "soffice, profile used before": used,
        "program, PDF, pictures, elements: ours": whole,
        "python that opens and saves the deck": remade,
    }
    for name, cost in ways.items():
        print(cost.line(name))
    if warm.wall:
        print(f"soffice with a new profile over warm: {over([soffice], warm)}; with a used one: {over([used], warm)}")
        print(f"python and soffice with a new profile over all of ours: {over([remade, soffice], whole)}")
    print("resident MiB of the warm parents: " + ", ".join(f"{name} {mib:.0f}" for name, mib in memory.items()))


def pools(renderer: SlideRenderer) -> dict[str, SandboxPool]:
    return {"programs": renderer._programs, "LibreOffice": renderer._office}


def over(parts: Sequence[Cost], one: Cost) -> str:
    """How many times as much the parts take together, medians."""
    wall = sum(statistics.median(part.wall) for part in parts) / statistics.median(one.wall)
    cpu = sum(statistics.median(part.cpu) for part in parts) / statistics.median(one.cpu)
    return f"{cpu:.1f} in CPU, {wall:.1f} in wall time"


def count(analysis: Analysis, kinds: Counter, owned: Counter, unseen: Counter) -> None:
    for scene in analysis.scenes:
        for element in scene.elements:
            kinds[element.kind] += 1
            owned[element.kind] += bool(element.owners)
            unseen[element.kind] += element.style.get("seen") is False


if __name__ == "__main__":
    main()
