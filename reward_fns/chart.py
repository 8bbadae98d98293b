"""Reward for chart code, for any verl project: run the program, look at the picture, compare it with the reference.

In verl::

    reward.custom_reward_function.path=pkg://reward_fns.chart     (or the path of this file)
    reward.custom_reward_function.name=compute_score
    +reward.custom_reward_function.reward_kwargs.workers=4

``ground_truth`` is reference matplotlib code, a recorded reference, or "" for none. Numbers are numbers, because verl
averages every key over a validation set; ``status`` and ``evidence`` are text, because its dumps are JSON lines.

A rollout that *our* machinery failed is ``undetermined``. The trainer of this package leaves it out everywhere. verl
alone cannot: there its score is neutral, the mean of what its group got so far, and neither rewards nor punishes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verl_visual_sdpo.inspection.scoring import Scorer

_scorer = Scorer("chart")


async def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: Mapping[str, Any] | None = None, **kwargs: Any
) -> dict[str, float | str]:
    """Score one response; the keys are the same whatever happened.

    Numbers: ``score`` in [0, 1] and its factors ``executed, quality, fidelity, gate``; ``fidelity_text``, ``_layout``,
    ``_type``, ``_color``, ``_data`` (1 without a reference); ``defects`` and ``defect_<detector>`` counts;
    ``blame_undetermined`` defects for which a model was asked for the statements to blame and could not tell;
    ``undetermined`` 1.0 when *our* machinery failed or the reference cannot be used: the score is then neutral (see
    above), the other numbers 0.0, and all mean nothing, so leave such rows out. What it cost: ``render_seconds`` of the
    run, ``render_wait_seconds`` for a worker, ``render_attempts`` (0: nothing was run), ``render_cached`` 1.0 when
    another rollout's run was used. Whose word it is (averages over many rollouts show a wave of forging): ``forbidden``
    1.0 when the program was refused, ``audit_unverified`` when its figures could not be drawn apart from it,
    ``audit_contradicted`` when they were and its own process said otherwise.
    Text: ``status`` of the run and ``evidence`` (``Evidence.to_json()``).

    ``kwargs`` (verl's reward_kwargs): workers, timeout (s), policy, cache_size of the renderer and its upkeep (jobs,
    growth_mib, retries, pause, max_waiting: see ``sandbox.Upkeep``); on_failure="raise" ends the run where a rollout
    would be undetermined; audit, the share of programs whose figures are drawn apart from them (1), with audit_salt for
    the lot, and unverified, "accept" or "refuse" those where that cannot be done;
    references, the folder on disk for renderings of references ("off": none);
    data_weight, the share of the plotted numbers in the likeness (0.2; 0: none, ChartMimic's mean alone);
    picture_max_pixels and rubric_chars of the evidence; oracle=True marks the statements that differ from the reference
    code (ablations); trace ("introspection", or "vlm" and "fallback" with trace_endpoint, trace_model and further
    settings of ``inspection.trace.vlm.VlmSettings``, each with the prefix trace_): an endpoint that fails costs blame,
    never score. Raises InvalidInputError for any other, SandboxUnavailableError when the machine cannot isolate
    programs as the policy asks; never for anything the model wrote.
    """
    return await _scorer.score(data_source, solution_str, ground_truth, extra_info, kwargs)
