"""What the run logs about pictures, credit and teacher: plain dictionaries for verl's own loggers.

``visual/*`` what the rewards saw and what seeing it cost, ``trace/*`` where the blame fell, ``teacher/*`` what the
teacher was given and said, ``distill/*`` the distillation term itself. Means are over judged rollouts (``determined``)
unless the name says other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import torch

from verl_visual_sdpo.distillation.losses import kl_metrics
from verl_visual_sdpo.types import Evidence
from verl_visual_sdpo.verl_plugin.loss import SUMS
from verl_visual_sdpo.verl_plugin.teacher_inputs import SKIPS, TeacherInput

COSTS = ("render_seconds", "render_wait_seconds")  # of the runs that were made; the tail is what a step waits for
NOT_AVERAGED = ("undetermined", "render_attempts", *COSTS)


def visual_metrics(reward_infos: Sequence[Mapping[str, Any]], evidence: Sequence[Evidence]) -> dict[str, float]:
    """``visual/<key>``: the mean of every number of the reward, rates that a sum of defects hides, and the renderers.

    Of the renderers, over all rollouts: ``visual/render_seconds/mean``, ``/median``, ``/p95`` and ``/max`` of the runs
    that were made, the same of ``render_wait_seconds`` (for a worker), ``visual/render_runs`` and
    ``visual/render_retries`` (counts of the step; a retry follows a fault of ours), and the mean ``render_cached``.
    """
    judged = [(info, seen) for info, seen in zip(reward_infos, evidence) if seen.determined]
    metrics = {
        "visual/undetermined": 1.0 - len(judged) / max(len(evidence), 1),
        **_render_metrics(reward_infos),
        **{f"visual/status_{name}": count / len(judged) for name, count in _statuses(judged).items()},
    }
    if not judged:
        return metrics
    names = [name for name, value in judged[0][0].items() if isinstance(value, Real) and name not in NOT_AVERAGED]
    metrics |= {f"visual/{name}": _mean(float(info[name]) for info, _ in judged) for name in names}
    drawn = [seen for _, seen in judged if seen.status == "ok"]
    metrics["visual/execution_rate"] = len(drawn) / len(judged)
    if drawn:
        metrics["visual/defect_rate"] = _mean(seen.defects > 0 for seen in drawn)
        metrics["visual/defects_per_picture"] = _mean(seen.defects for seen in drawn)
    return metrics


def trace_metrics(evidence: Sequence[Evidence], inputs: Sequence[TeacherInput]) -> dict[str, float]:
    """``trace/*``: how much of the faults was traced, and how much of the responses is to blame.

    ``blamed_rate`` is the share of faulty rollouts (a defect or a failed execution) in which some statement answers.
    """
    guilt = [one.responsibilities for one, seen in zip(inputs, evidence) if seen.determined]
    faulty = [one for one, seen in zip(inputs, evidence) if seen.determined and (seen.defects or seen.status != "ok")]
    metrics = {}
    if guilt and (tokens := torch.cat(guilt)).numel():
        metrics["trace/guilty_tokens"] = float((tokens > 0).float().mean())
        metrics["trace/responsibility"] = float(tokens.mean())
    if faulty:
        metrics["trace/blamed_rate"] = _mean(bool((one.responsibilities > 0).any()) for one in faulty)
    return metrics


def teacher_metrics(inputs: Sequence[TeacherInput]) -> dict[str, float]:
    """``teacher/rollouts`` (share with a teacher), ``teacher/skipped_<why>`` (counts), ``teacher/shortened`` (count of
    prompts whose feedback was made smaller to fit), lengths of its prompts."""
    skipped = Counter(one.skip for one in inputs if one.skip)
    lengths = [one.prompt_length for one in inputs if one.row]
    metrics = {f"teacher/skipped_{why}": float(skipped[why]) for why in SKIPS}
    metrics["teacher/shortened"] = float(sum(one.shortened for one in inputs))
    metrics["teacher/rollouts"] = len(lengths) / max(len(inputs), 1)
    if lengths:
        metrics |= {"teacher/prompt_length/mean": _mean(lengths), "teacher/prompt_length/max": float(max(lengths))}
    return metrics


def distill_metrics(metrics: dict[str, Any]) -> None:
    """Rename the loss's own metrics from ``actor/...`` and make the ratios of its sums, in place."""
    sums = {}
    for name in [name for name in metrics if name.startswith(("actor/distill/", f"actor/{SUMS}"))]:
        value, own = metrics.pop(name), name.removeprefix("actor/")
        if own.startswith(SUMS):
            sums[own.removeprefix(SUMS)] = float(value)
        else:
            metrics[own] = value
    if sums:
        metrics.update({f"distill/{name}": value for name, value in kl_metrics(sums).items()})


def _render_metrics(infos: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Costs of the step's renderings; nothing for a reward that does not tell them."""
    attempts = [int(info["render_attempts"]) for info in infos if "render_attempts" in info]
    if not attempts:
        return {}
    metrics = {
        "visual/render_runs": float(sum(attempts)),
        "visual/render_retries": float(sum(max(count - 1, 0) for count in attempts)),
    }
    for name in COSTS:
        values = sorted(float(info[name]) for info in infos if info.get("render_attempts") and info[name] > 0)
        if values:
            ranks = {"median": 0.5, "p95": 0.95, "max": 1.0}
            metrics |= {f"visual/{name}/{rank}": _ranked(values, share) for rank, share in ranks.items()}
            metrics[f"visual/{name}/mean"] = _mean(values)
    return metrics


def _ranked(ordered: Sequence[float], share: float) -> float:
    """The nearest rank."""
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def _statuses(judged: Sequence[tuple[Mapping, Evidence]]) -> Counter[str]:
    return Counter(seen.status for _, seen in judged if seen.status != "ok")


def _mean(values: Any) -> float:
    values = [float(value) for value in values]
    return sum(values) / len(values)
