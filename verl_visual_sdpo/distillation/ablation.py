"""Credit and feedback that are wrong on purpose: the controls for the claim that accurate tracing matters.

Every mode but ``traced`` and ``uniform`` is scaled to the strength of ``traced``: the KL sits on guilty tokens by
itself, so weights of equal mean are not of equal effect, and an unmatched comparison is one between two learning rates.

Shapes: B responses, T response tokens.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import torch

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.credit import weights_of
from verl_visual_sdpo.types import Evidence

DEALT = ("random", "shuffled", "oracle")
"""Values of ``credit`` under which other responsibilities than the traced ones weigh."""


def credit_weights(
    config: DistillationConfig,
    responsibilities_BT: torch.Tensor,
    credit_BT: torch.Tensor | None,
    strength_BT: torch.Tensor,
    mask_BT: torch.Tensor,
) -> torch.Tensor:
    """Token weights under ``config.credit``, (B, T).

    Args:
        responsibilities_BT: as traced.
        credit_BT: those that weigh in their place, for the modes of ``DEALT``.
        strength_BT: what a weight multiplies, by which the modes are matched; 0 outside the mask.
        mask_BT: the distilled tokens, over which ``weights=mean_one`` takes its means.
    """

    def weigh(values_BT: torch.Tensor) -> torch.Tensor:
        plain_BT = weights_of(values_BT, config.alpha)
        return plain_BT if config.weights == "plain" else mean_one(plain_BT, mask_BT)

    traced_BT = weigh(responsibilities_BT)
    if config.credit == "traced":
        return traced_BT
    if config.credit == "uniform":
        return torch.ones_like(traced_BT)
    if config.credit == "uniform_matched":
        return matched(torch.ones_like(traced_BT), traced_BT, strength_BT)
    return matched(weigh(credit_BT), traced_BT, strength_BT)


def mean_one(weights_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
    """Each response's weights divided by their mean over its tokens of the mask; whatever the micro-batches are."""
    tokens_B1 = mask_BT.sum(dim=-1, keepdim=True).clamp(min=1)
    mean_B1 = weights_BT.masked_fill(~mask_BT.bool(), 0.0).sum(dim=-1, keepdim=True) / tokens_B1
    return torch.where(mean_B1 > 0, weights_BT / mean_B1.clamp(min=1e-8), weights_BT)


def matched(weights_BT: torch.Tensor, target_BT: torch.Tensor, strength_BT: torch.Tensor) -> torch.Tensor:
    """``weights_BT`` times one factor, so that ``sum(w * |strength|)`` is that of ``target_BT``.

    Where there is no strength at all they stay as they are.
    """
    strength_BT = strength_BT.abs()
    own = (weights_BT * strength_BT).sum()
    return weights_BT if own == 0 else weights_BT * ((target_BT * strength_BT).sum() / own)


def dealt_anew(evidence: Evidence, rng: random.Random) -> Evidence:
    """The same responsibilities on other statements of the same response."""
    values = [value for _, _, value in evidence.responsibilities]
    rng.shuffle(values)
    spans = ((start, end, value) for (start, end, _), value in zip(evidence.responsibilities, values))
    return replace(evidence, responsibilities=tuple(spans))


def stretched(responsibilities_T: torch.Tensor, length: int) -> torch.Tensor:
    """Another response's token responsibilities at the same relative places of one of ``length`` tokens."""
    if not len(responsibilities_T):
        return torch.zeros(length)
    return responsibilities_T[torch.arange(length) * len(responsibilities_T) // max(length, 1)]


def shuffled_credit(
    responsibilities: Sequence[torch.Tensor], groups: Sequence[str | None], rng: random.Random
) -> list[torch.Tensor]:
    """B tensors (T,): for each response those of another, by :func:`exchange`."""
    order = exchange(groups, rng)
    return [stretched(responsibilities[other], len(own)) for own, other in zip(responsibilities, order)]


def exchange(groups: Sequence[str | None], rng: random.Random) -> list[int]:
    """Who gets whose: a permutation without fixed points, between groups wherever the largest leaves room for it.

    Args:
        groups: the prompt of each row; rows of None keep their own. A single row keeps its own too.

    Example:
        >>> exchange(["a", "a", None, "b", "b"], random.Random(0))[2]
        2
    """
    rows = [i for i, group in enumerate(groups) if group is not None]
    names = list(dict.fromkeys(groups[i] for i in rows))
    rng.shuffle(names)
    rng.shuffle(rows)
    rows.sort(key=lambda i: names.index(groups[i]))  # stable: shuffled within a group
    largest = max((sum(groups[i] == name for i in rows) for name in names), default=0)
    step = largest if largest < len(rows) else 1
    order = list(range(len(groups)))
    for position, row in enumerate(rows):
        order[row] = rows[(position + step) % len(rows)]
    return order
