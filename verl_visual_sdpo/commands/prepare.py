"""``visual-sdpo prepare``: public data sets to verl parquet."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verl_visual_sdpo.data.splits import Summary

EXAMPLE = """examples:
  visual-sdpo prepare chart2code --source Chart2Code-160k --out data/chart2code --workers 32
  visual-sdpo prepare webcode2m --source webcode2m/data --out data/webcode2m --limit 50000
  visual-sdpo prepare tailwind --out data/tailwind
  visual-sdpo prepare websight --source HuggingFaceM4/WebSight --tailwind data/tailwind --out data/websight
  visual-sdpo prepare aeslides --source AeSlides-7k --prompt-column instruction --out data/aeslides

Web sets are streamed, from a folder of their parquet or JSON-lines files or from their hub; pictures from other
machines become placeholders of the same size. A run that was stopped goes on where it was when the same command is
given again. prepare tailwind is no data set: it fetches (with npm) the builds of Tailwind that pages ask for; name the
folder as --tailwind here, or as VISUAL_SDPO_TAILWIND wherever pages are shown.
exit status: 0 done
"""
DATASETS = {
    "chart2code": "Chart2Code-160K, its executable subset",
    "webcode2m": "WebCode2M, pages from the wild",
    "websight": "WebSight v0.2, pages that a model wrote, with Tailwind",
    "aeslides": "instructions for slides, AeSlides-7k or others",
    "tailwind": "no set, but the builds of Tailwind that WebSight's pages ask for",
}
WEB_ONLY = {"lang": "en", "min_score": 0.0, "max_chars": 8000, "tailwind": None, "chromium": None}


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "prepare",
        help="turn a public data set into verl parquet files",
        description="Turn a public data set into train.parquet and val.parquet, with the rejects and their reasons.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    listed = "; ".join(f"{name}: {what}" for name, what in DATASETS.items())
    parser.add_argument("dataset", choices=tuple(DATASETS), help=listed)
    parser.add_argument("--source", metavar="DIR", help="the data set as it was downloaded, or its name")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    parser.add_argument("--val", type=int, default=500, metavar="N", help="rows for validation (500)")
    parser.add_argument("--seed", type=int, default=0, help="draws the validation rows (0)")
    parser.add_argument(
        "--max-pixels", type=int, default=1024 * 1024, metavar="N", help="larger pictures are scaled down (1048576)"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="read only the first N records")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N", help="render workers (all cores)")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="S", help="seconds a program may take (10)")
    parser.add_argument(
        "--policy", choices=("strict", "permissive"), default="strict", help="isolation, as for inspect (strict)"
    )
    parser.add_argument("--restart", action="store_true", help="judge every record again")
    web = parser.add_argument_group("web pages")
    web.add_argument("--lang", default="en", help="webcode2m: language of the pages, any: all (en)")
    web.add_argument("--min-score", type=float, default=0.0, metavar="X", help="webcode2m: least quality score (0)")
    web.add_argument("--max-chars", type=int, default=8000, metavar="N", help="longer pages are left out (8000)")
    web.add_argument("--tailwind", metavar="DIR", help="a local copy of Tailwind (VISUAL_SDPO_TAILWIND)")
    web.add_argument(
        "--chromium", metavar="FILE", help="the browser (default: VISUAL_SDPO_CHROMIUM, or one that is found)"
    )
    slides = parser.add_argument_group("slides")
    slides.add_argument("--prompt-column", metavar="NAME", help="aeslides: column with the instruction (prompt)")
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.errors import InvalidInputError

    if arguments.dataset == "tailwind":
        return _tailwind(arguments)
    if not arguments.source:
        raise InvalidInputError(f"prepare {arguments.dataset} needs --source, the data set as it was downloaded")
    for name, least in (("val", 0), ("limit", 1), ("workers", 1), ("max_pixels", 1), ("max_chars", 1)):
        value = getattr(arguments, name)
        if value is not None and value < least:
            raise InvalidInputError(f"--{name.replace('_', '-')} {value} must be at least {least}")
    if arguments.dataset in ("chart2code", "aeslides"):
        for name, default in WEB_ONLY.items():
            if getattr(arguments, name) != default and (arguments.dataset, name) != ("aeslides", "max_chars"):
                raise InvalidInputError(f"--{name.replace('_', '-')} is of use to web pages only; leave it out")
    if arguments.prompt_column and arguments.dataset != "aeslides":
        raise InvalidInputError("--prompt-column is of use to aeslides only; leave it out")
    if arguments.restart:
        shutil.rmtree(arguments.out / "shards", ignore_errors=True)
    make = {"chart2code": _charts, "aeslides": _slides}.get(arguments.dataset, _pages)
    summary = make(arguments)
    print(f"{summary.records} records: {summary.train} for training, {summary.val} for validation, in {arguments.out}")
    for reason, count in summary.rejects.items():
        print(f"{count:>8}  left out: {reason}")
    return 0


def _charts(arguments: argparse.Namespace) -> Summary:
    import matplotlib

    from verl_visual_sdpo.data.chart2code import prepare
    from verl_visual_sdpo.inspection.render.chart import ChartRenderer

    settings = {"timeout": arguments.timeout, "policy": arguments.policy}
    with ChartRenderer(workers=arguments.workers, cache_size=0, **settings) as renderer:
        return prepare(
            Path(arguments.source),
            arguments.out,
            renderer,
            plan={**settings, "matplotlib": matplotlib.__version__},
            max_pixels=arguments.max_pixels,
            **_common(arguments),
        )


def _pages(arguments: argparse.Namespace) -> Summary:
    from verl_visual_sdpo.data import web_pages, webcode2m, websight
    from verl_visual_sdpo.inspection.domains import domain_of
    from verl_visual_sdpo.inspection.render.web.tailwind import Tailwind

    if arguments.dataset == "webcode2m":
        kept = {"lang": arguments.lang, "min_score": arguments.min_score}
        module, read = (
            webcode2m,
            webcode2m.reader(None if arguments.lang == "any" else arguments.lang, arguments.min_score),
        )
    else:
        kept = {"tailwind": [build for build, _ in Tailwind.at(arguments.tailwind).files]}
        module, read = websight, websight.reader(bool(kept["tailwind"]))
    rules = web_pages.Rules(max_chars=arguments.max_chars, max_pixels=arguments.max_pixels)
    settings = {"timeout": arguments.timeout, "policy": arguments.policy}
    settings |= {name: value for name in ("tailwind", "chromium") if (value := getattr(arguments, name))}
    with domain_of("web").renderer(workers=arguments.workers, cache_size=0, **settings) as renderer:
        return web_pages.prepare(
            web_pages.stream(arguments.source, module.COLUMNS),
            read,
            arguments.out,
            renderer,
            data_source=module.DATA_SOURCE,
            plan={"source": arguments.source, "timeout": arguments.timeout, **kept},
            rules=rules,
            **_common(arguments),
        )


def _slides(arguments: argparse.Namespace) -> Summary:
    from verl_visual_sdpo.data.aeslides import prepare

    chosen = {name: getattr(arguments, name) for name in ("val", "seed", "limit", "max_chars")}
    return prepare(Path(arguments.source), arguments.out, prompt_column=arguments.prompt_column or "prompt", **chosen)


def _tailwind(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.data.tailwind import prepare

    for path in prepare(arguments.out):
        print(f"{path}  {path.stat().st_size} bytes")
    print(f"to show pages with it: --tailwind {arguments.out}, or VISUAL_SDPO_TAILWIND={arguments.out.resolve()}")
    return 0


def _common(arguments: argparse.Namespace) -> dict[str, Any]:
    names = ("workers", "val", "seed", "limit")
    return {name: getattr(arguments, name) for name in names}
