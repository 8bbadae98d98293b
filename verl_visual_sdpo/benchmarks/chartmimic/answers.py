"""The model's answers through an OpenAI-compatible endpoint: side by side, bounded, and on disk as each one comes."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.results import BrokenReferenceError
from verl_visual_sdpo.errors import EndpointError
from verl_visual_sdpo.inspection.trace.answers import AnswerCache
from verl_visual_sdpo.inspection.trace.endpoint import ChatEndpoint

MOST_FAILURES = 8
"""Questions that may stay without an answer before no more are asked: then it is the endpoint."""
NO_ANSWER = ("refused", "cut-off")
"""Reasons that are the model's own doing: it answered, without a program."""

Messages = Sequence[Mapping[str, Any]]


def image_part(png: bytes) -> dict[str, Any]:
    """A picture inside a chat message."""
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(png).decode()}"}}


@dataclass(frozen=True)
class Model:
    """Who is asked, and how: ``options`` (temperature, max_tokens, ...) go into every question."""

    endpoint: ChatEndpoint
    cache: AnswerCache
    options: Mapping[str, Any]
    seconds: float
    """How long one question may take, further attempts included."""

    def ask(self, messages: Messages) -> str:
        """The answer, "" where the model refused or ran into its limit of tokens. Raises EndpointError."""
        question = {"model": self.endpoint.model, "messages": list(messages), **self.options}
        known = self.cache.get(question)
        if known is not None:
            return known
        try:
            answer = self.endpoint.ask(question, time.monotonic() + self.seconds)
        except EndpointError as error:
            if error.reason not in NO_ANSWER:
                raise
            answer = ""
        self.cache.put(question, answer)
        return answer


def generate(
    tasks: Mapping[str, Callable[[], Messages]], model: Model, folder: Path, *, workers: int
) -> dict[str, Path]:
    """Ask for every task (id -> function that makes its messages) and write ``ID.md`` into ``folder`` as it comes.

    Answers that are known are not asked for again. Raises EndpointError when some stayed without an answer, after
    the others have been asked; the next run asks for these alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    failures: list[tuple[str, EndpointError]] = []

    def ask(name: str) -> None:
        if len(failures) < MOST_FAILURES:
            (folder / f"{name}.md").write_text(model.ask(tasks[name]()), encoding="utf-8")

    with ThreadPoolExecutor(workers, thread_name_prefix="ask") as threads:
        asked = {threads.submit(ask, name): name for name in tasks}
        for future in tqdm(as_completed(asked), total=len(asked), desc="answers", unit="task"):
            try:
                future.result()
            except EndpointError as error:
                failures.append((asked[future], error))
            except BrokenReferenceError:
                continue  # there is nothing to show; the evaluation names it
    if failures:
        name, error = failures[0]
        detail = f"{len(failures)} tasks have no answer yet ({name}: {error}); the same command asks for them again"
        raise EndpointError("unanswered", detail) from error
    return {name: path for name in tasks if (path := folder / f"{name}.md").exists()}
