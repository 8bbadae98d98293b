"""Reward for slides, for any verl project: run the python-pptx program, let LibreOffice show its deck, look at it.

In verl::

    reward.custom_reward_function.path=pkg://reward_fns.slide     (or the path of this file)
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.workers=2

There is nothing to be like: the score is how few defects the slides have and how good they look, times how much of what
the instruction asks for can be read there. The instruction is ``extra_info["instruction"]`` of the data row (``prepare
aeslides`` writes it); ``ground_truth`` is "", or the program of a deck whose content is asked for. Numbers are numbers,
because verl averages every key over a validation set; ``status`` and ``evidence`` are text, because its dumps are JSON
lines. What ``undetermined`` means is told in ``reward_fns/chart.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verl_visual_sdpo.inspection.scoring import Scorer

_scorer = Scorer("slide")


async def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **kwargs: Any
) -> dict[str, float | str]:
    """Score one response; the keys are the same whatever happened, and those of ``reward_fns/chart.py`` but for the
    terms: ``fidelity_slide_aspect``, ``_whitespace``, ``_collision``, ``_imbalance`` as AeSlides means them
    (``inspection/fidelity/slide.py``). ``gate`` is the share of the asked content (``inspection/content_slide.py``): 0
    for a deck without a readable text.

    ``kwargs`` (verl's reward_kwargs) are those of ``reward_fns/chart.py`` without the audit's and data_weight, and:
    ratio, width over height that slides are meant to have (16 / 9); width of the pictures in px and max_slides looked
    at; memory_mib and office_timeout of the renderer. ``extra_info["options"]`` overrides ratio, width and max_slides
    for one row. Raises InvalidInputError for any other, SandboxUnavailableError when LibreOffice is not there or the
    machine cannot isolate programs as the policy asks; never for anything the model wrote.
    """
    return await _scorer.score(data_source, solution_str, ground_truth, extra_info, kwargs)
