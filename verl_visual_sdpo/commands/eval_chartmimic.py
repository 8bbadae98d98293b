"""``visual-sdpo eval chartmimic``: ChartMimic's Direct Mimic task, from answers or from an endpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from verl_visual_sdpo.commands import evaluation
from verl_visual_sdpo.errors import InvalidInputError

if TYPE_CHECKING:
    from verl_visual_sdpo.benchmarks.chartmimic.data import Split
    from verl_visual_sdpo.benchmarks.chartmimic.evaluate import Evaluation
    from verl_visual_sdpo.benchmarks.chartmimic.judge import Judge
    from verl_visual_sdpo.inspection.render import Renderer

EPILOG = """\
the data (Apache-2.0, 600 tasks in direct_600/, 1800 in direct_1800/; the first edition's 500 in ori_500/):
  https://huggingface.co/datasets/ChartMimic/ChartMimic: unpack dataset-iclr.tar.gz into dataset/
  a folder of bar_1.py, bar_1.png, bar_1.pdf, ...; figure sizes come from dimentions_info.jsonl beside or above it, or
  from the reference programs themselves

examples:
  # score answers: ID.py (programs) or ID.md / ID.txt (responses), one for each task
  visual-sdpo eval chartmimic --data dataset --split 600 --predictions answers/ --out outputs/chartmimic

  # ask a model first (vLLM, SGLang, any OpenAI-compatible server), then let another one judge
  export VISUAL_SDPO_API_KEY=...
  visual-sdpo eval chartmimic --data dataset/direct_600 --endpoint http://localhost:8000/v1 --model Qwen3-VL-8B \\
      --judge-endpoint http://localhost:8001/v1 --judge-model Qwen3-VL-32B --out outputs/chartmimic

what comes out, in --out: summary.json, results.jsonl (one line a task), page.html (reference beside prediction),
pictures/, predictions/ (the answers of an endpoint). The same command goes on where an earlier run stopped.

Low is the mean of four F1 scores over all tasks, programs that fail count 0; High is the judge's, null without one;
Overall = (Low + High) / 2. Figures under another --without are not ChartMimic's and are named so. --without knows:
"""


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    from verl_visual_sdpo.benchmarks.chartmimic.quirks import QUIRKS

    quirks = "".join(f"  {name:<18}{text}\n" for name, text in QUIRKS.items())
    parser = subparsers.add_parser(
        "chartmimic",
        help="ChartMimic, Direct Mimic: execution, four low-level scores, a judge's",
        description="Score programs that were written from ChartMimic's pictures (arXiv 2406.09961, Direct Mimic).",
        epilog=EPILOG + quirks + "\nexit status: 0 scored, 2 bad usage or data, 3 our machinery or an endpoint failed",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="the data set, or one split's folder")
    add("--split", choices=("500", "600", "1800"), help="which split (default: the one that is there)")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--predictions", type=Path, metavar="DIR", help="answers: ID.py, or responses ID.md, ID.txt")
    source.add_argument("--endpoint", metavar="URL", help="ask a model for them: root of an OpenAI-compatible API")
    add("--model", metavar="NAME", help="the model's name at the endpoint")
    evaluation.add_out(parser)
    add("--judge-endpoint", metavar="URL", help="an endpoint whose model judges (without: High is null)")
    add("--judge-model", metavar="NAME", help="the judge's name there")
    add(
        "--api-key-env",
        default="VISUAL_SDPO_API_KEY",
        metavar="VAR",
        help="variable with the endpoint's key (%(default)s)",
    )
    add("--judge-key-env", default="", metavar="VAR", help="variable with the judge's key (that of --api-key-env)")
    add("--concurrency", type=int, default=16, metavar="N", help="questions under way at once (%(default)s)")
    add("--request-timeout", type=float, default=300.0, metavar="S", help="seconds of one exchange (%(default)g)")
    add("--max-tokens", type=int, default=4096, metavar="N", help="tokens of an answer (%(default)s, as there)")
    add("--temperature", type=float, default=0.0, metavar="T", help="of the model (%(default)g, as there)")
    add("--without", action="append", default=[], metavar="QUIRK", help="switch a quirk of the public scorer off")
    evaluation.add_choice(parser, broken="references do not draw here")
    add("--memory", type=int, default=2048, metavar="MIB", help="memory a program may take (%(default)s)")
    evaluation.add_running(parser, "programs", "a program", 60.0, "; there: any")
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.benchmarks.chartmimic.data import load_split
    from verl_visual_sdpo.benchmarks.chartmimic.evaluate import Evaluation
    from verl_visual_sdpo.benchmarks.chartmimic.quirks import quirks_without
    from verl_visual_sdpo.inspection.render.chart import ChartRenderer

    _check(arguments)
    quirks = quirks_without(arguments.without)
    split = load_split(arguments.data, arguments.split, only=arguments.only, limit=arguments.limit)
    judge = _judge(arguments)
    workers = max(arguments.workers, arguments.concurrency if judge else 0)
    limits = {"policy": arguments.policy, "memory_mib": arguments.memory, "cache_size": 0}
    with ChartRenderer(arguments.workers, arguments.timeout, **limits) as renderer:
        answers = _answers(arguments, split, renderer)
        scoring = Evaluation(split, answers, renderer, arguments.out, quirks, judge, workers)
        rows, broken = scoring.run()
    if broken and not arguments.leave_out_broken:
        raise InvalidInputError(_explain(broken))
    _report(arguments, scoring, rows, broken)
    return 0


def _report(arguments: argparse.Namespace, scoring: Evaluation, rows: list[dict], broken: dict[str, str]) -> None:
    from verl_visual_sdpo.benchmarks.chartmimic.page import page
    from verl_visual_sdpo.benchmarks.chartmimic.table import summary, table

    found = summary(
        rows,
        scoring.split,
        source=str(arguments.predictions) if arguments.predictions else arguments.model,
        filter_text=evaluation.chosen(arguments),
        quirks=scoring.quirks,
        judge=scoring.judge.name if scoring.judge else None,
        left_out=broken,
    )
    evaluation.conclude(arguments, found, lambda: page(found, rows, scoring.split, arguments.out), table)


def _answers(arguments: argparse.Namespace, split: Split, renderer: Renderer) -> dict[str, Path]:
    from verl_visual_sdpo.benchmarks.chartmimic.answers import Model, generate
    from verl_visual_sdpo.benchmarks.chartmimic.programs import read_predictions
    from verl_visual_sdpo.benchmarks.chartmimic.questions import question
    from verl_visual_sdpo.inspection.trace.answers import AnswerCache
    from verl_visual_sdpo.inspection.trace.endpoint import ChatEndpoint

    if arguments.predictions:
        return read_predictions(arguments.predictions, split)
    seconds = arguments.request_timeout
    endpoint = ChatEndpoint(
        arguments.endpoint, arguments.model, api_key_env=arguments.api_key_env, seconds=seconds, retries=4
    )
    options = {"temperature": arguments.temperature, "max_tokens": arguments.max_tokens}
    model = Model(endpoint, AnswerCache(arguments.out / "answers"), options, 3 * seconds)
    tasks = {example.id: lambda example=example: question(example, renderer) for example in split.examples}
    return generate(tasks, model, arguments.out / "predictions", workers=arguments.concurrency)


def _judge(arguments: argparse.Namespace) -> Judge | None:
    from verl_visual_sdpo.benchmarks.chartmimic.judge import Judge
    from verl_visual_sdpo.inspection.trace.answers import AnswerCache
    from verl_visual_sdpo.inspection.trace.endpoint import ChatEndpoint

    if not arguments.judge_endpoint:
        return None
    key = arguments.judge_key_env or arguments.api_key_env
    seconds = arguments.request_timeout
    endpoint = ChatEndpoint(
        arguments.judge_endpoint, arguments.judge_model, api_key_env=key, seconds=seconds, retries=4
    )
    return Judge(endpoint, AnswerCache(arguments.out / "verdicts"), 3 * seconds)


def _check(arguments: argparse.Namespace) -> None:
    evaluation.check_counts(arguments, "workers", "concurrency", "max_tokens", "limit", "memory")
    evaluation.check_seconds(arguments, "timeout", "request_timeout")
    if arguments.endpoint and not arguments.model:
        raise InvalidInputError("--endpoint needs --model, the name the model has there")
    if bool(arguments.judge_endpoint) != bool(arguments.judge_model):
        raise InvalidInputError("--judge-endpoint and --judge-model go together")


def _explain(broken: dict[str, str]) -> str:
    shown = "".join(f"\n  {reason}" for reason in list(broken.values())[:10])
    more = f"\n  and {len(broken) - 10} more" if len(broken) > 10 else ""
    return (
        f"{len(broken)} references do not draw here; a missing library is mended with pip install "
        f"'verl_visual_sdpo[eval]', and --leave-out-broken goes on without these tasks:{shown}{more}"
    )
