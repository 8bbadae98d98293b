"""A response as verl scores it: what the reward functions of all domains share."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, SandboxUnavailableError
from verl_visual_sdpo.inspection import pipeline
from verl_visual_sdpo.inspection.domains import domain_of
from verl_visual_sdpo.inspection.neutral import NeutralScore
from verl_visual_sdpo.inspection.reference import keep_references
from verl_visual_sdpo.inspection.reward_row import Row, scored, undetermined
from verl_visual_sdpo.inspection.reward_settings import RewardSettings
from verl_visual_sdpo.types import Task

logger = logging.getLogger(__name__)
_references: list[str] = []  # the folder that is in use, once one was asked for


class Scorer:
    """Scores the responses of one domain; remembers what their groups were worth, for those it cannot judge."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self._neutral = NeutralScore()

    async def score(
        self,
        data_source: str,
        response: str,
        reference: str | None,
        extra_info: Mapping[str, Any] | None,
        kwargs: Mapping[str, Any],
    ) -> Row:
        """The row of one response (see ``reward_row``). ``kwargs`` are verl's reward_kwargs.

        Raises InvalidInputError for settings that do not fit, SandboxUnavailableError when the machine cannot isolate
        programs as the policy asks; never for anything the model wrote.
        """
        settings = RewardSettings.of(domain_of(self.domain), kwargs)
        _keep_references(settings.references)
        renderer = pipeline.default_renderer(self.domain, **settings.renderer)
        group = str(reference or _instruction(extra_info))
        try:
            _check(response, reference, extra_info)
            task = Task(self.domain, reference or "", _instruction(extra_info), _options(extra_info, settings.task))
            analysis = await pipeline.analyse_async(response, task, renderer, settings.budget, settings.tracing)
            right_program = reference if settings.oracle else None
            evidence = pipeline.gather_evidence(analysis, settings.picture_max_pixels, right_program)
            row = scored(self.domain, analysis, evidence)
        except SandboxUnavailableError:
            raise
        except Exception as error:  # a long run must not end because of one row, nor may the row pass for a zero
            if settings.on_failure == "raise":
                raise
            logger.exception("a response of %s could not be judged and is left out", data_source)
            return undetermined(self.domain, error, self._neutral.score(group))
        self._neutral.judged(group, row["score"])
        return row


def _keep_references(folder: str | None) -> None:
    if folder is not None and [folder] != _references:
        keep_references(folder)
        _references[:] = [folder]


def _check(response: Any, reference: Any, extra_info: Any) -> None:
    """Raises InvalidInputError for a row whose columns are not of verl's types."""
    if not isinstance(response, str):
        raise InvalidInputError(f"the response is a {type(response).__name__}; it must be text")
    if not isinstance(reference, str | None):
        raise InvalidInputError(
            f"ground_truth is a {type(reference).__name__}; it must be the reference's text, or empty"
        )
    options = extra_info.get("options") if isinstance(extra_info, Mapping) else extra_info
    if not isinstance(options, Mapping | None):
        raise InvalidInputError(f"extra_info, or its options, is a {type(options).__name__}; it must be a mapping")


def _instruction(extra_info: Mapping[str, Any] | None) -> str:
    """What was asked for, where the data row says so (``extra_info["instruction"]``)."""
    said = extra_info.get("instruction") if isinstance(extra_info, Mapping) else None
    return said if isinstance(said, str) else ""


def _options(extra_info: Mapping[str, Any] | None, of_the_run: Mapping[str, Any]) -> dict[str, Any]:
    """``extra_info["options"]`` of the data row, before settings of the whole run; parquet fills the keys that other
    rows have with None."""
    options = (extra_info or {}).get("options") or {}
    return {**of_the_run, **{name: value for name, value in options.items() if value is not None}}
