"""Reward for web pages, for any verl project: render the page, look at it, compare it with the reference.

In verl::

    reward.custom_reward_function.path=pkg://reward_fns.web     (or the path of this file)
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.workers=2

``ground_truth`` is reference HTML, a recorded reference, or "" for none. Pages run in a Chromium that no request
leaves. Numbers are numbers, because verl averages every key over a validation set; ``status`` and ``evidence`` are
text, because its dumps are JSON lines. What ``undetermined`` means is told in ``reward_fns/chart.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verl_visual_sdpo.inspection.scoring import Scorer

_scorer = Scorer("web")


async def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **kwargs: Any
) -> dict[str, float | str]:
    """Score one response; the keys are the same whatever happened, and those of ``reward_fns/chart.py`` but for the
    terms: ``fidelity_block``, ``_text``, ``_position``, ``_color`` as Design2Code defines them and ``_pixels``, our
    comparison of the pictures (1 without a reference). The score takes the last three of the benchmark's terms for as
    much as was paired (``inspection/fidelity/web.py``): a page with one sentence of fifty is worth little.

    ``kwargs`` (verl's reward_kwargs) are those of ``reward_fns/chart.py`` without the audit's, and: chromium, the
    browser to start; tailwind, a local build for pages that ask for its script; viewport_width, viewport_height and
    full_page of the picture; pixels_weight, the share of the pictures' comparison in the likeness (0.2; 0: none).
    Raises InvalidInputError for any other, SandboxUnavailableError when the machine cannot isolate pages as the
    policy asks; never for anything the model wrote.
    """
    return await _scorer.score(data_source, solution_str, ground_truth, extra_info, kwargs)
