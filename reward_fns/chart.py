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

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, SandboxUnavailableError
from verl_visual_sdpo.inspection.pipeline import (
    BLAME,
    DETECTOR_IDS,
    Budget,
    NeutralScore,
    Tracing,
    Upkeep,
    analyse_async,
    default_renderer,
    gather_evidence,
    keep_references,
    tracing_of,
)
from verl_visual_sdpo.types import Analysis, Evidence, Execution, Task

TERMS = ("text", "layout", "type", "color", "data")
RENDERER_SETTINGS = ("workers", "timeout", "policy", "cache_size", "upkeep", "audit", "audit_salt", "unverified")
REWARD_SETTINGS = ("data_weight",)
EVIDENCE_SETTINGS = ("picture_max_pixels", "rubric_chars", "oracle")
FAULT_SETTINGS = ("on_failure", "references")
ON_FAILURE = ("neutral", "raise")
TRACE = "trace"  # the route of tracing; its settings are called trace_endpoint, trace_model, ...
FROM_VERL = ("reward_router_address", "reward_model_tokenizer")  # verl hands these to every reward when it has them

logger = logging.getLogger(__name__)
_neutral = NeutralScore()
_references: list[str] = []  # the folder that is in use, once one was asked for


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
    settings, budget, max_pixels = _settings(kwargs)
    _keep_references(kwargs.get("references"))
    right_program = ground_truth if kwargs.get("oracle") else None
    renderer, tracing = default_renderer("chart", **settings), _tracing(kwargs)
    task = Task("chart", reference=ground_truth or "", options=_options(extra_info, kwargs))
    try:
        analysis = await analyse_async(solution_str, task, renderer, budget, tracing)
        row = _scored(analysis, gather_evidence(analysis, max_pixels, right_program))
    except SandboxUnavailableError:
        raise
    except Exception as error:  # a long run must not end because of one row, nor may the row pass for a zero
        if kwargs.get("on_failure") == "raise":
            raise
        logger.exception("a response of %s could not be judged and is left out", data_source)
        return _undetermined(error, _neutral.score(task.reference))
    _neutral.judged(task.reference, row["score"])
    return row


def _scored(analysis: Analysis, evidence: Evidence) -> dict[str, float | str]:
    reward, found = analysis.reward, Counter(defect.detector for defect in analysis.defects)
    return {
        "score": reward.score,
        "executed": reward.executed,
        "quality": reward.quality,
        "fidelity": reward.fidelity,
        "gate": reward.gate,
        **{f"fidelity_{term}": float(analysis.fidelity.get(term, 1.0)) for term in TERMS},
        "defects": float(len(analysis.defects)),
        **{_count_key(detector): float(found[detector]) for detector in DETECTOR_IDS},
        "blame_undetermined": float(sum(one.detector == BLAME for one in analysis.undetermined)),
        "undetermined": 0.0,
        **_costs(analysis.execution),
        **_integrity(analysis.execution),
        "status": analysis.execution.status,
        "evidence": evidence.to_json(),
    }


def _undetermined(error: Exception, score: float) -> dict[str, float | str]:
    numbers = ("executed", "quality", "fidelity", "gate", *(f"fidelity_{term}" for term in TERMS), "defects")
    evidence = Evidence(determined=False, status="undetermined", words=f"{type(error).__name__}: {error}")
    return {
        "score": score,
        **dict.fromkeys(numbers, 0.0),
        **{_count_key(detector): 0.0 for detector in DETECTOR_IDS},
        "blame_undetermined": 0.0,
        "undetermined": 1.0,
        **_costs(Execution("no_program", attempts=getattr(error, "attempts", 0))),
        **_integrity(Execution("no_program")),
        "status": evidence.status,
        "evidence": evidence.to_json(),
    }


def _costs(execution: Execution) -> dict[str, float]:
    return {
        "render_seconds": execution.seconds,
        "render_wait_seconds": execution.waited,
        "render_attempts": float(execution.attempts),
        "render_cached": float(execution.cached),
    }


def _integrity(execution: Execution) -> dict[str, float]:
    return {
        "forbidden": float(execution.status == "forbidden"),
        "audit_unverified": float(execution.audit == "unverified"),
        "audit_contradicted": float(execution.audit == "contradicted"),
    }


def _count_key(detector: str) -> str:
    return "defect_" + detector.replace("-", "_")


def _settings(kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], Budget, int | None]:
    known = (*RENDERER_SETTINGS, *REWARD_SETTINGS, *EVIDENCE_SETTINGS, *FAULT_SETTINGS, TRACE)
    others = {name for name in kwargs if not name.startswith(f"{TRACE}_")}
    if unknown := sorted(others - set(known) - set(FROM_VERL)):
        raise InvalidInputError(f"reward_kwargs has no {', '.join(unknown)}; it has {', '.join(known)}")
    max_pixels = kwargs.get("picture_max_pixels")
    if max_pixels is not None and max_pixels < 1:
        raise InvalidInputError(f"reward_kwargs.picture_max_pixels={max_pixels} must be at least 1 (null: never scale)")
    if not 0 <= (weight := kwargs.get("data_weight", 0)) <= 1:
        raise InvalidInputError(f"reward_kwargs.data_weight={weight} must be from 0 (off) to 1")
    if (choice := kwargs.get("on_failure", ON_FAILURE[0])) not in ON_FAILURE:
        raise InvalidInputError(f"reward_kwargs.on_failure={choice!r} is not one of {', '.join(ON_FAILURE)}")
    budget = Budget(rubric_chars=kwargs["rubric_chars"]) if "rubric_chars" in kwargs else Budget()
    settings = {name: kwargs[name] for name in RENDERER_SETTINGS if name in kwargs}
    if "upkeep" in settings:
        settings["upkeep"] = _upkeep(settings["upkeep"])
    return settings, budget, max_pixels


def _upkeep(given: Mapping[str, Any]) -> Upkeep:
    known = [field.name for field in fields(Upkeep)]
    if unknown := sorted(set(given) - set(known)):
        raise InvalidInputError(f"reward_kwargs.upkeep has no {', '.join(unknown)}; it has {', '.join(known)}")
    return Upkeep(**given)


def _keep_references(folder: str | None) -> None:
    if folder is not None and [folder] != _references:
        keep_references(folder)
        _references[:] = [folder]


def _tracing(kwargs: Mapping[str, Any]) -> Tracing:
    settings = {n.removeprefix(f"{TRACE}_"): value for n, value in kwargs.items() if n.startswith(f"{TRACE}_")}
    return tracing_of(kwargs.get(TRACE, "introspection"), **settings)


def _options(extra_info: Mapping[str, Any] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """``extra_info["options"]`` of the data row, before settings of the whole run; parquet fills the keys that other
    rows have with None."""
    options = (extra_info or {}).get("options") or {}
    of_the_run = {name: kwargs[name] for name in REWARD_SETTINGS if name in kwargs}
    return of_the_run | {name: value for name, value in options.items() if value is not None}
