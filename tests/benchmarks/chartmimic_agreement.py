"""Do our ChartMimic scores agree with a straight reading of their definitions, and what does an example cost?

    python tests/benchmarks/chartmimic_agreement.py [--source DIR] [--programs 140] [--seed S] [--workers W] [--timed N]
                                                    [--out TABLE.json]

Pairs are real programs (matplotlib's gallery, or --source): each against the next two, and a copy of each with small
changes against the program itself and the next one. The straight reading (``chartmimic_straight.py``) runs every
program four times in processes of their own behind plain hooks, draws texts into a PDF with the ticks really cleared,
and tries every assignment of colours where there are not too many; it shares no code with the package. Prints, for
each score, the largest and the mean absolute difference, the rank correlation, and every pair that differs.

--timed measures N pairs both ways, one after the other: the public scorer's structure (two runs and eight interpreter
starts an example) against ours (two runs in the warm sandbox).
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chartmimic_straight_scores import KINDS, straight_scores
from gallery import GALLERY_IMPORTS, _unpack_matplotlib, programs_in
from scipy.stats import spearmanr
from tqdm import tqdm

from verl_visual_sdpo.benchmarks.chartmimic.programs import program_of
from verl_visual_sdpo.benchmarks.chartmimic.scores import terms
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.chart import ChartRenderer

STRAIGHT = Path(__file__).with_name("chartmimic_straight.py")
SECONDS = 60
SAME = 1e-6
NEEDS_OTHERS = ("basic_units", "usetex", "multiprocess", "subprocess", "FuncAnimation", "input(")


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(arguments.source) if arguments.source else _unpack_matplotlib(Path(scratch))
        programs = _prepare(folder, arguments)
        straight = _run_straight(programs, arguments.workers, arguments.keep)
        ours = _run_ours(programs, arguments.workers)
        rows = list(_compare(programs, ours, straight))
        found: dict[str, Any] = {"agreement": summarise(rows), "pairs": rows}
        print(format_table(found["agreement"], rows), flush=True)
        if arguments.timed:
            pairs = [(row["drawn"], row["reference"]) for row in rows]
            random.Random(arguments.seed).shuffle(pairs)
            found["seconds"] = _time(programs, pairs[: arguments.timed], Path(scratch))
            print(_time_line(found["seconds"]))
    if arguments.out:
        Path(arguments.out).write_text(json.dumps(found, indent=1), encoding="utf-8")


# --------------------------------------------------------------------------- programs


def _prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, str]:
    """Programs by name, originals ``NAME`` and changed copies ``NAME*``, as the benchmark runs them."""
    paths = [p for p in programs_in(folder) if not any(w in p.read_text(encoding="utf-8") for w in NEEDS_OTHERS)]
    rng = random.Random(arguments.seed)
    rng.shuffle(paths)
    programs: dict[str, str] = {}
    for path in paths:
        if len(programs) >= arguments.programs:
            break
        program = program_of(path.read_text(encoding="utf-8"), path.stem, response=False)
        if program.problem is None:
            programs[path.stem] = program.source
            programs[path.stem + "*"] = change(program.source, rng)
    return programs


def change(source: str, rng: random.Random) -> str:
    """The program with up to three small changes: a statement that only calls is dropped or done twice, a word or a
    number is another one. The last statement (the saving) stays."""
    tree = ast.parse(source)
    for _ in range(rng.randint(1, 3)):
        calls = [i for i, s in enumerate(tree.body[:-1]) if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call)]
        constants = [
            node
            for statement in tree.body[:-1]
            for node in ast.walk(statement)
            if isinstance(node, ast.Constant) and type(node.value) in (str, float)
        ]
        what = rng.choice(("drop", "twice", "constant", "constant"))
        if what == "constant" and constants:
            node = rng.choice(constants)
            node.value = f"{node.value}r" if isinstance(node.value, str) else node.value * 1.5
        elif calls:
            i = rng.choice(calls)
            tree.body[i : i + 1] = [] if what == "drop" else [tree.body[i]] * 2
    return ast.unparse(tree) + "\n"


# --------------------------------------------------------------------------- both sides


def _run_ours(programs: dict[str, str], workers: int) -> dict[str, Any]:
    """What the driver noted of each program, None where it failed."""
    with (
        ChartRenderer(workers, 5 * SECONDS, cache_size=0, memory_mib=2048, allowed_imports=GALLERY_IMPORTS) as renderer,
        ThreadPoolExecutor(workers) as threads,
    ):

        def notes(source: str) -> Any:
            rendering = renderer.render(bare_program(source), {"chartmimic": True})
            return rendering.record["chartmimic"] if rendering.execution.ok else None

        return dict(zip(programs, tqdm(threads.map(notes, programs.values()), total=len(programs), desc="ours")))


def _run_straight(programs: dict[str, str], workers: int, keep: str | None) -> dict[str, dict[str, Any]]:
    """The straight reading of each program, by kind; None where it failed. Every run has a process of its own, forked
    from one that has matplotlib loaded and no hook on. ``keep`` is a file of finished runs, to go on from."""
    import chartmimic_straight  # noqa: F401 (children inherit it)
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot  # noqa: F401

    keys = {
        (n, kind): hashlib.sha256(f"{kind} {s}".encode()).hexdigest() for n, s in programs.items() for kind in KINDS
    }
    file = Path(keep) if keep else None
    lines = file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []
    found = dict(json.loads(line) for line in lines)
    jobs = [(key, kind, programs[name]) for (name, kind), key in keys.items() if key not in found]
    with (
        multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=1) as pool,
        open(file or os.devnull, "a", encoding="utf-8") as kept,
    ):
        for key, result in tqdm(pool.imap(_straight_job, jobs, chunksize=1), total=len(jobs), desc="straight"):
            found[key] = result
            print(json.dumps([key, result]), file=kept, flush=True)
    return {name: {kind: found[keys[name, kind]] for kind in KINDS} for name in programs}


def _straight_job(job: tuple[str, str, str]) -> tuple[str, Any]:
    import chartmimic_straight

    key, kind, source = job
    with tempfile.TemporaryDirectory() as scratch, open(os.devnull, "w") as nowhere:
        os.chdir(scratch)
        signal.signal(signal.SIGVTALRM, _too_long)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)  # of its own, however busy the machine
        try:
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                return key, json.loads(json.dumps(chartmimic_straight.run(kind, source)))
        except (Exception, SystemExit):
            return key, None
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            os.chdir("/")


def _too_long(*_: Any) -> None:
    raise TimeoutError(f"more than {SECONDS} s")


# --------------------------------------------------------------------------- comparison


def _compare(programs: dict[str, str], ours: dict[str, Any], straight: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of the pairs of which both programs ran in every run of either side."""
    runs = [n for n in programs if ours[n] is not None and all(v is not None for v in straight[n].values())]
    originals = [name for name in runs if not name.endswith("*")]
    following = originals[1:] + originals[:1], originals[2:] + originals[:2]
    pairs = [pair for others in following for pair in zip(others, originals)]
    pairs += [(name + "*", other) for name, *near in zip(originals, originals, following[0]) for other in near]
    for drawn, reference in (pair for pair in pairs if pair[0] in runs):
        mine = terms(ours[drawn], ours[reference], Path(reference).stem)
        yield {
            "drawn": drawn,
            "reference": reference,
            "ours": {kind: mine[kind] for kind in KINDS},
            "straight": straight_scores(straight[drawn], straight[reference]),
            "many_colors": max(len(straight[n]["color"]) for n in (drawn, reference)) > 10,
        }


def summarise(rows: list[dict[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {"pairs": len(rows), "with more than ten colours": sum(r["many_colors"] for r in rows)}
    for kind in (*KINDS, "low"):
        mine, theirs = ([_score(row[side], kind) for row in rows] for side in ("ours", "straight"))
        apart = [abs(a - b) for a, b in zip(mine, theirs)]
        table[kind] = {
            "largest": max(apart),
            "mean": statistics.fmean(apart),
            "rank": float(spearmanr(mine, theirs).statistic),
            "differ": sum(d > SAME for d in apart),
            "mean score": statistics.fmean(theirs),
        }
    return table


def _score(scores: dict[str, float], kind: str) -> float:
    return statistics.fmean(scores.values()) if kind == "low" else scores[kind]


def format_table(table: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    lines = [f"{table['pairs']} pairs of real programs ({table['with more than ten colours']} with over ten colours)"]
    lines.append(f"{'':<8}{'mean score':>12}{'mean |d|':>12}{'largest |d|':>13}{'rank corr.':>12}{'differ':>8}")
    for kind in (*KINDS, "low"):
        t = table[kind]
        figures = f"{t['mean score']:>12.4f}{t['mean']:>12.6f}{t['largest']:>13.6f}{t['rank']:>12.5f}{t['differ']:>8}"
        lines.append(f"{kind:<8}{figures}")
    for row in rows:
        for kind in KINDS:
            if abs(row["ours"][kind] - row["straight"][kind]) > SAME:
                values = f"ours {row['ours'][kind]:.4f}, straight {row['straight'][kind]:.4f}"
                lines.append(f"  {kind}: {row['drawn']} against {row['reference']}: {values}")
    return "\n".join(lines)


# --------------------------------------------------------------------------- time


def _time(programs: dict[str, str], pairs: list[tuple[str, str]], scratch: Path) -> dict[str, list[float]]:
    """Seconds of every pair: ours, and with the public scorer's structure of processes."""
    seconds: dict[str, list[float]] = {"ours": [], "public structure": []}
    with ChartRenderer(1, SECONDS, cache_size=0, memory_mib=2048, allowed_imports=GALLERY_IMPORTS) as renderer:
        renderer.render(bare_program("import matplotlib.pyplot as plt\nplt.plot([1, 2])\n"))  # the worker is up
        for drawn, reference in tqdm(pairs, desc="timed"):
            started = time.perf_counter()
            notes = [renderer.render(bare_program(programs[n]), {"chartmimic": True}) for n in (drawn, reference)]
            terms(*(n.record["chartmimic"] for n in notes), reference)
            seconds["ours"].append(time.perf_counter() - started)
            started = time.perf_counter()
            _public_structure(programs[drawn], programs[reference], scratch)
            seconds["public structure"].append(time.perf_counter() - started)
    return seconds


def _public_structure(drawn: str, reference: str, scratch: Path) -> None:
    files = {}
    for name, source in (("drawn", drawn), ("reference", reference)):
        files[name] = scratch / f"{name}.py"
        files[name].write_text(source, encoding="utf-8")
    for _ in range(2):  # does it run; and again, to keep its picture
        _start(str(files["drawn"]), cwd=scratch)
    found: dict[str, dict[str, Any]] = {"drawn": {}, "reference": {}}
    for kind in KINDS:
        for name, file in files.items():
            out = scratch / "out.json"
            _start(str(STRAIGHT), kind, str(file), str(out), cwd=scratch)
            found[name][kind] = json.loads(out.read_text(encoding="utf-8"))
    straight_scores(found["drawn"], found["reference"])


def _start(*command: str, cwd: Path) -> None:
    environment = os.environ | {"MPLBACKEND": "Agg"}
    subprocess.run([sys.executable, *command], cwd=cwd, env=environment, check=True, capture_output=True)


def _time_line(seconds: dict[str, list[float]]) -> str:
    ours, public = (statistics.fmean(values) for values in seconds.values())
    median = [statistics.median(values) for values in seconds.values()]
    return (
        f"seconds an example, {len(seconds['ours'])} pairs one after the other: ours mean {ours:.2f}, median "
        f"{median[0]:.2f}; ten interpreter starts mean {public:.2f}, median {median[1]:.2f}: {public / ours:.1f} times"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", help="matplotlib's source tree, or a folder of chart programs")
    parser.add_argument("--programs", type=int, default=140, help="programs, half of them changed copies (140)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--keep", metavar="FILE", help="finished straight runs, to go on from; it knows programs, not readings"
    )
    parser.add_argument("--timed", type=int, default=0, metavar="N", help="pairs to time both ways")
    parser.add_argument("--out", help="write the summary and one row a pair as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
