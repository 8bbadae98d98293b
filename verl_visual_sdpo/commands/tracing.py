"""Options of the commands that trace defects to statements, also with the help of a model."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verl_visual_sdpo.inspection.pipeline import Tracing
    from verl_visual_sdpo.types import Analysis

ROUTES = ("introspection", "vlm", "fallback")  # trace.MODES, which is too heavy to import for a help text
ROUNDS = 4  # times that a whole program may take the seconds of one answer
HELP = """\
--trace vlm asks a vision-language model which statements are to blame: it is shown the picture with one defect framed
and the numbered statements, and must answer in strict JSON; an answer that does not hold leaves the blame undetermined.
--trace fallback asks only about defects of elements whose drawing was not seen. Any OpenAI-compatible server will do;
vLLM (0.11 or later) on one GPU:
  vllm serve Qwen/Qwen3-VL-8B-Instruct --max-model-len 32768 --limit-mm-per-prompt.video 0
then
  --trace vlm --endpoint http://127.0.0.1:8000/v1 --model Qwen/Qwen3-VL-8B-Instruct
A key, where the server wants one (vllm serve --api-key), is read from $VISUAL_SDPO_API_KEY."""


def add_trace_arguments(parser: argparse.ArgumentParser) -> None:
    """--trace, --endpoint, --model, --api-key-env, --trace-seconds, --trace-cache."""
    group = parser.add_argument_group("who names the statements to blame", HELP)
    group.add_argument("--trace", choices=ROUTES, default=ROUTES[0], help="route of tracing (default: introspection)")
    group.add_argument("--endpoint", metavar="URL", help="base address of the server, e.g. http://127.0.0.1:8000/v1")
    group.add_argument("--model", metavar="NAME", help="the model it serves")
    group.add_argument(
        "--api-key-env", metavar="VARIABLE", help="environment variable of the key (VISUAL_SDPO_API_KEY)"
    )
    group.add_argument("--trace-seconds", type=float, metavar="S", help="seconds an answer may take (30)")
    group.add_argument(
        "--trace-cache",
        metavar="DIR",
        help="keeps answers, so that nothing is asked twice; '' keeps none (default: ~/.cache/verl_visual_sdpo/vlm)",
    )


def tracing_from(arguments: argparse.Namespace) -> Tracing:
    """The tracing that the options name. Raises InvalidInputError where they do not belong together."""
    from verl_visual_sdpo.inspection.pipeline import tracing_of

    given = {
        "endpoint": arguments.endpoint,
        "model": arguments.model,
        "api_key_env": arguments.api_key_env,
        "seconds": arguments.trace_seconds,
        "cache": arguments.trace_cache,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    if arguments.trace != ROUTES[0]:
        settings.setdefault("cache", str(_cache_folder()))
    if "seconds" in settings:
        settings["total_seconds"] = ROUNDS * settings["seconds"]
    return tracing_of(arguments.trace, **settings)


def untraced(analysis: Analysis) -> list[str]:
    """A line for each defect whose blame a model was asked for and could not tell."""
    from verl_visual_sdpo.inspection.pipeline import BLAME

    return [f"no blame by the model, {one.reason}" for one in analysis.undetermined if one.detector == BLAME]


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "verl_visual_sdpo" / "vlm"
