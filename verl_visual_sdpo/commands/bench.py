"""``visual-sdpo bench``: how well are defects found and blamed."""

from __future__ import annotations

import argparse
from pathlib import Path

from verl_visual_sdpo.commands.tracing import add_trace_arguments, tracing_from
from verl_visual_sdpo.errors import InvalidInputError

EXAMPLES = """examples:
  visual-sdpo bench defects --domain chart --seed 0 --out bench/gen-seed0
  visual-sdpo bench defects --domain chart --seed 0 --source matplotlib-3.11.2 --out bench/gallery-seed0
  visual-sdpo bench defects --domain chart --kinds faint-text tiny-text --twins 6 --out bench/try
  visual-sdpo bench defects --domain chart --seed 0 --out bench/vlm --trace vlm --endpoint URL --model NAME
  visual-sdpo bench defects --domain web --seed 0 --out bench/pages-seed0
  visual-sdpo bench defects --domain slide --seed 0 --twins 12 --harmless 21 --out bench/slides-seed0
  visual-sdpo bench defects --domain slide --seed 0 --source DECK_PROGRAMS --twins 2 --harmless 4 --out bench/decks

what it does: plants one defect at a known statement of a clean program, and keeps the twin only where plain
matplotlib's own ink shows the defect; makes controls that change the picture without a defect; then inspects them all.
Of pages, a browser of the bench's own must see the defect; there, table.txt holds misses, alarms and blame errors too,
results.json every finding, pages/ what was inspected; of slides, a deck printed by a plain LibreOffice must show it,
and programs/ holds what was inspected.

what it writes below --out:
  table.txt          by kind, mechanism and change of the planting, 95 % intervals in brackets:
                     recall        planted defects that were found at their place
                     precision     findings of the kind's own detector that were planted (one that the ink confirms
                                   elsewhere, or that the clean program has too, counts neither way)
                     top1, top3    blame: the planted statement, or one that shares its fault, is named first, or among
                                   the first three; equals are ranked by lot and the expected credit is given
                     strict        top1 without those that share the fault
                     mass          share of all responsibility on the planted statement
                     mapped1, 3    with --trace vlm: top1 and top3 of the model's blame (0 where it cannot tell)
                     undetermined  planted defects not found while their detector said that it could not decide
  results.json       the same figures, every program, every finding
  misses.txt, false_alarms.txt, blame_errors.txt    with program text, planted lines marked >>, accepted ones +
  programs/          the twins, controls and clean programs
  sheets/            contact sheets: clean | twin, the planted place framed in red, wrong findings in blue

exit status: 0 done, 2 bad usage, 3 our own machinery failed
"""


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "bench",
        help="measure how well defects are found and blamed",
        description="Benchmarks of the inspection.",
    )
    benches = parser.add_subparsers(dest="bench", required=True, metavar="BENCH")
    defects = benches.add_parser(
        "defects",
        help="plant defects in clean programs: recall, precision, blame",
        description="Plant one defect at a known statement of clean programs and see what is found and who is blamed.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    defects.add_argument(
        "--domain", choices=("chart", "web", "slide"), default="chart", help="what the programs draw (default: chart)"
    )
    defects.add_argument("--seed", type=int, default=0, help="same seed, same programs, same twins (default 0)")
    defects.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    defects.add_argument(
        "--source",
        type=Path,
        metavar="DIR",
        help="real programs: a folder of .py files, or matplotlib's source tree; of pages a folder of .html files; of "
        "slides one of .py files that save decks (LibreOffice opens these outside the sandbox) "
        "(default: built-in generators)",
    )
    defects.add_argument(
        "--kinds", nargs="+", metavar="KIND", help="only these kinds of defect (default: all; a wrong one lists them)"
    )
    defects.add_argument("--twins", type=int, default=24, metavar="N", help="twins of each kind (default 24)")
    defects.add_argument(
        "--harmless", type=int, default=48, metavar="N", help="clean programs, and as many controls (default 48)"
    )
    defects.add_argument("--workers", type=int, default=2, metavar="N", help="programs run at once (default 2)")
    defects.add_argument(
        "--policy",
        choices=("strict", "permissive"),
        default="strict",
        help="where an isolation layer does not hold: refuse, or warn and go on",
    )
    add_trace_arguments(defects)
    return parser


def run(arguments: argparse.Namespace) -> int:
    if arguments.domain == "web":
        from verl_visual_sdpo.benchmarks.defectbench.web.bench import run as run_bench
        from verl_visual_sdpo.benchmarks.defectbench.web.kinds import KINDS
    elif arguments.domain == "slide":
        from verl_visual_sdpo.benchmarks.defectbench.slide.bench import run as run_bench
        from verl_visual_sdpo.benchmarks.defectbench.slide.kinds import KINDS
    else:
        from verl_visual_sdpo.benchmarks.defectbench.bench import run as run_bench
        from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
    from verl_visual_sdpo.benchmarks.defectbench.settings import Settings

    unknown = [kind for kind in arguments.kinds or () if kind not in KINDS]
    if unknown:
        raise InvalidInputError(f"--kinds {' '.join(unknown)} not known; choose from {', '.join(KINDS)}")
    for name, least in (("twins", 1), ("harmless", 0), ("workers", 1)):
        if getattr(arguments, name) < least:
            raise InvalidInputError(f"--{name} {getattr(arguments, name)} must be {least} or more")
    if arguments.source and not arguments.source.is_dir():
        raise InvalidInputError(f"--source {arguments.source} is not a folder")
    beside = tracing_from(arguments)
    if arguments.domain != "chart" and beside.mapper:
        raise InvalidInputError("--trace other than introspection is scored on charts only; leave it out")
    settings = Settings(
        seed=arguments.seed,
        out=arguments.out,
        twins=arguments.twins,
        kinds=tuple(arguments.kinds or KINDS),
        harmless=arguments.harmless,
        source=arguments.source,
        workers=arguments.workers,
        policy=arguments.policy,
        beside=beside if beside.mapper else None,
    )
    print(run_bench(settings))
    print(f"wrote {arguments.out}/")
    return 0
