"""Blame by asking a vision-language model: the paper's second route, for drawing that is not instrumented.

The model sees the picture with one defect framed and numbered, reads what the defect is and the numbered statements of
the program, and names those responsible as strict JSON. Its answer is checked against the statements; whatever does
not hold leaves the blame of that defect *undetermined* with a named reason, and never becomes a guess.

To serve the paper's backbone on one GPU with vLLM (0.11 or later), and to use it::

    vllm serve Qwen/Qwen3-VL-8B-Instruct --max-model-len 32768 --limit-mm-per-prompt.video 0
    visual-sdpo inspect chart.py --trace vlm --endpoint http://127.0.0.1:8000/v1 --model Qwen/Qwen3-VL-8B-Instruct

Known limits
    The region of a statement is not known here: IoU counts as 1 for a statement that is named. The program is text in
    the prompt, so one that addresses the model in its strings may steer the blame; blame weighs tokens and never enters
    the reward. Each defect is one request.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

from verl_visual_sdpo.errors import EndpointError, InvalidInputError, check_names
from verl_visual_sdpo.inspection.trace.answers import AnswerCache
from verl_visual_sdpo.inspection.trace.endpoint import ChatEndpoint
from verl_visual_sdpo.inspection.trace.marking import marked_png
from verl_visual_sdpo.inspection.trace.question import messages, read_answer, schema
from verl_visual_sdpo.types import MAPPED, Blame, Defect, Program, Scene, Undetermined

BLAME = "blame"  # Undetermined.detector of a defect whose blame a model could not tell
SHARES = (1.0, 0.5, 0.25)  # of the severity, for the first, second and third statement that the model names
PATIENCE = 0.5  # seconds past the total that a call may take to notice its own deadline

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VlmSettings:
    """Where the model answers and what that may cost."""

    endpoint: str
    """Base address of an OpenAI-compatible server, e.g. ``http://127.0.0.1:8000/v1``."""
    model: str
    """The name under which it serves its model."""
    api_key_env: str = "VISUAL_SDPO_API_KEY"
    """Environment variable with the API key; none is sent where it is not set. The key itself is no setting."""
    seconds: float = 30.0
    """Of one request."""
    total_seconds: float = 60.0
    """Of all requests about one program, waiting for a free place and pauses before further attempts included."""
    retries: int = 2
    """Further attempts after 429, 5xx or a failed connection."""
    backoff_seconds: float = 0.5
    """Pause before the first of them; doubles each time."""
    concurrency: int = 4
    """Requests under way at once in this process."""
    most_defects: int = 8
    """Defects of one program that are asked about, the most severe ones."""
    picture_max_pixels: int = 1024 * 1024
    """A larger picture is scaled down before it is sent."""
    answer_bytes: int = 1 << 20
    """A longer answer is refused."""
    cache: str = ""
    """Folder for answers, by model, prompt and picture; "" keeps none (rollouts hardly ever repeat)."""

    def __post_init__(self) -> None:
        for name in ("seconds", "total_seconds", "backoff_seconds"):
            self._check(name, (int, float), 0.001)
        for name in ("concurrency", "most_defects", "picture_max_pixels", "answer_bytes"):
            self._check(name, (int,), 1)
        self._check("retries", (int,), 0)

    def _check(self, name: str, types: tuple[type, ...], least: float) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, types) or not math.isfinite(value) or value < least:
            what = "a number" if float in types else "a whole number"
            raise InvalidInputError(f"{name} is {value!r}; give {what} of at least {least:g}")

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> VlmSettings:
        """Build from names and values. Raises InvalidInputError for one that is missing, unknown or out of range."""
        known = [f.name for f in fields(cls)]
        check_names("the mapper", settings, known)
        for name in ("endpoint", "model"):
            if not settings.get(name):
                raise InvalidInputError(f"blame by a model needs its {name}; see visual-sdpo inspect --help")
        return cls(**settings)


class VlmMapper:
    """Names statements for defects by asking a model. Thread-safe; its requests share one bounded pool of threads.

    Raises InvalidInputError for an address, model name, key or cache folder that cannot be used.
    """

    def __init__(self, settings: VlmSettings) -> None:
        self._settings = settings
        self._endpoint = ChatEndpoint(
            settings.endpoint,
            settings.model,
            api_key_env=settings.api_key_env,
            seconds=settings.seconds,
            retries=settings.retries,
            backoff_seconds=settings.backoff_seconds,
            answer_bytes=settings.answer_bytes,
        )
        self._answers = AnswerCache(settings.cache)
        self._pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="vlm")
        self._told: set[str] = set()  # reasons that were logged

    @property
    def name(self) -> str:
        """The model that is asked."""
        return self._settings.model

    def map(
        self, program: Program, scenes: Sequence[Scene], defects: Sequence[Defect], asked: Sequence[int]
    ) -> tuple[tuple[Blame, ...], tuple[Undetermined, ...]]:
        """Blame for the defects with the indices ``asked``, and those that stay without it, each with its reason.

        Returns within ``total_seconds``, whatever the endpoint does, and raises nothing on its account.
        """
        deadline = time.monotonic() + self._settings.total_seconds
        worst_first = sorted(asked, key=lambda i: (-defects[i].severity, i))
        calls = {
            i: self._pool.submit(self._named, program, scenes, defects[i], i + 1, deadline)
            for i in worst_first[: self._settings.most_defects]
        }
        blames, unmapped = [], []
        for i in asked:
            try:
                named = self._result(calls.get(i), deadline)
            except EndpointError as error:
                self._tell(error)
                reason = f"{error} (defect {i + 1}, {defects[i].detector})"
                unmapped.append(Undetermined(BLAME, reason, defects[i].element_ids, defects[i].page))
            else:
                severity = defects[i].severity
                blames += [Blame(i, s, round(severity * share, 6), MAPPED) for s, share in zip(named, SHARES)]
        return tuple(blames), tuple(unmapped)

    def close(self) -> None:
        """Wait for requests under way, and take no more."""
        self._pool.shutdown(cancel_futures=True)

    def _result(self, call: Future[tuple[int, ...]] | None, deadline: float) -> tuple[int, ...]:
        if call is None:
            raise EndpointError(
                "not-asked", f"at most {self._settings.most_defects} defects, the most severe ones, are asked about"
            )
        try:
            return call.result(timeout=max(deadline + PATIENCE - time.monotonic(), 0))
        except TimeoutError:
            call.cancel()
            raise EndpointError("timeout", f"the total of {self._settings.total_seconds:g} s is used up") from None

    def _named(
        self, program: Program, scenes: Sequence[Scene], defect: Defect, number: int, deadline: float
    ) -> tuple[int, ...]:
        """The statements to blame for one defect, from the cache or from the model."""
        scene = scenes[defect.page]
        try:
            picture = marked_png(scene.image, defect.boxes, number, self._settings.picture_max_pixels)
        except OSError:
            raise EndpointError("no-picture", "there is no picture to show to a model") from None
        question = self._endpoint.question(messages(program, scene, defect, number, picture), schema(program))
        if (kept := self._answers.get(question)) is not None:
            try:
                return read_answer(kept, program)
            except EndpointError:
                logger.debug("a kept answer is spoilt; the model is asked again")
        answer = self._endpoint.ask(question, deadline)
        named = read_answer(answer, program)
        self._answers.put(question, answer)
        return named

    def _tell(self, error: EndpointError) -> None:
        """Each reason once: what is wrong with an endpoint is wrong a thousand times."""
        if error.reason not in self._told:
            self._told.add(error.reason)
            logger.warning("no blame from the model at %s: %s", self._settings.endpoint, error)
