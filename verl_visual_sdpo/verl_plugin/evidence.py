"""What the reward saw of each rollout, out of the rows that verl keeps of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Evidence

logger = logging.getLogger(__name__)

NOT_JUDGED = Evidence(determined=False, status="undetermined")


def evidence_of(info: dict[str, Any], filler: bool) -> Evidence:
    """A row's evidence. Rows that verl added to fill a batch count as not judged.

    Raises InvalidInputError when the reward function gives none: every rollout would be left out.
    """
    if filler:
        return NOT_JUDGED
    if not isinstance(info.get("evidence"), str):
        raise InvalidInputError(
            f"the reward returned {sorted(info) or 'a bare number'} without 'evidence', by which this trainer learns: "
            "set reward.custom_reward_function.path=pkg://reward_fns.chart, or trainer.v1.trainer_mode=sync"
        )
    try:
        return Evidence.from_json(info["evidence"])
    except ValueError:
        logger.exception("a rollout's evidence cannot be read; the rollout is left out")
        return NOT_JUDGED


def check_references(evidence: Sequence[Evidence], channels: tuple[str, ...]) -> None:
    """Raises InvalidInputError where the teacher should read references alone, and a whole batch has none."""
    if channels == ("reference",) and evidence and not any(seen.reference for seen in evidence):
        raise InvalidInputError(
            "visual_sdpo.channels=[reference] (baseline OPSD), and no row of this batch has reward_model.ground_truth: "
            "nobody would be distilled. Prepare data with references, or open another channel"
        )
