"""The credit-weighted distillation term, as pure tensor functions.

    L = mean over response tokens of  w_t * KL( student(.|x, y_<t) || stop_grad teacher(.|x, v, y_<t) )

(Visual-SDPO, arXiv 2606.10334; the estimators are ours, k = 100 and the importance clip are SDPO's settings.)

Shape suffixes: B responses, T response tokens, N positions of any responses, K vocabulary entries kept per position,
V the vocabulary.
Log-probabilities are natural logs of *normalised* distributions at the temperature of the rollout. Half precision is
widened to float32 on entry. No gradient ever reaches a teacher's tensor.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.utils.checkpoint import checkpoint

from verl_visual_sdpo.config import DIVERGENCES, DistillationConfig
from verl_visual_sdpo.distillation.ablation import credit_weights
from verl_visual_sdpo.distillation.credit import guilty_mask
from verl_visual_sdpo.errors import InvalidInputError

# Where one side rules a token out altogether (log q = -inf) the KL would be infinite; e^-100 stands in for that 0.
_FLOOR = -100.0

Sums = dict[str, torch.Tensor]


def distillation_loss(
    config: DistillationConfig,
    *,
    student_BT: torch.Tensor,
    teacher_BT: torch.Tensor,
    old_BT: torch.Tensor,
    responsibilities_BT: torch.Tensor,
    mask_BT: torch.Tensor,
    credit_BT: torch.Tensor | None = None,
    student_topk_BTK: torch.Tensor | None = None,
    teacher_topk_BTK: torch.Tensor | None = None,
    divergence_BT: torch.Tensor | None = None,
) -> tuple[torch.Tensor, Sums]:
    """The per-token loss that ``config`` asks for, before ``kl_coef`` and before aggregation.

    Args:
        student_BT: log-probs of the sampled tokens under the current student, with gradient.
        teacher_BT: the same tokens under the teacher.
        old_BT: the same tokens under the policy that sampled them.
        responsibilities_BT: ``resp(s(t))`` in [0, 1], as traced.
        credit_BT: what weighs in their place, for the ablations that deal credit otherwise (``config.credit``).
        mask_BT: True on response tokens of rollouts that have a teacher. Elsewhere loss and gradient are exactly 0,
            whatever the other tensors hold there.
        student_topk_BTK, teacher_topk_BTK: log-probs of both at the same K ids (estimator ``topk``); the ids should be
            the student's likeliest, since the reverse KL weighs by the student's probabilities.
        divergence_BT: :func:`full_divergence` of every position (estimator ``full``), with gradient: it is made where
            the logits are, since (B, T, V) numbers are not carried around.

    Returns:
        (loss_BT, sums): aggregate the loss as the policy loss is aggregated; see :func:`kl_metrics` for the sums.
    """
    mask_BT = mask_BT.bool()
    student_BT, teacher_BT, old_BT = (_wide(x).masked_fill(~mask_BT, 0.0) for x in (student_BT, teacher_BT, old_BT))
    teacher_BT = teacher_BT.detach()
    if config.estimator == "topk":
        if student_topk_BTK is None or teacher_topk_BTK is None:
            raise InvalidInputError("estimator 'topk' needs student_topk_BTK and teacher_topk_BTK; or choose 'sampled'")
        kl_BT = topk_divergence(
            student_topk_BTK.masked_fill(~mask_BT[..., None], 0.0),
            teacher_topk_BTK.masked_fill(~mask_BT[..., None], 0.0),
            config.divergence,
            config.entry_clip,
        )
    elif config.estimator == "full":
        if divergence_BT is None:
            raise InvalidInputError("estimator 'full' needs divergence_BT, made by full_divergence; or choose 'topk'")
        kl_BT = _wide(divergence_BT).masked_fill(~mask_BT, 0.0)
    else:
        kl_BT = sampled_reverse_kl(student_BT, teacher_BT)
    importance_BT = importance_weights(student_BT, old_BT, config.importance_clip)
    strength_BT = kl_BT.detach() * importance_BT if config.credit_match == "kl" else torch.ones_like(kl_BT)
    return credit_weighted(
        kl_BT,
        credit_weights(config, responsibilities_BT, credit_BT, strength_BT.masked_fill(~mask_BT, 0.0), mask_BT),
        mask_BT,
        importance_BT=importance_BT,
        guilty_BT=guilty_mask(responsibilities_BT),
        gap_BT=teacher_BT - student_BT,
    )


# --------------------------------------------------------------------------- KL per position


def exact_divergence(
    student_logits_BTV: torch.Tensor,
    teacher_logits_BTV: torch.Tensor,
    divergence: str = "reverse_kl",
    entry_clip: float | None = None,
) -> torch.Tensor:
    """The divergence over the whole vocabulary, (B, T) or any leading shape, from *logits*: what the others estimate.

    ``entry_clip`` as for :func:`topk_divergence`.
    """
    log_p_BTV = torch.log_softmax(_wide(student_logits_BTV), dim=-1)
    log_q_BTV = torch.log_softmax(_wide(teacher_logits_BTV.detach()), dim=-1)
    return _summed(_terms(log_p_BTV, log_q_BTV, divergence), entry_clip)


def full_divergence(
    student_logits_NV: torch.Tensor,
    teacher_logits_NV: torch.Tensor,
    divergence: str = "reverse_kl",
    entry_clip: float | None = None,
    *,
    temperature_N: torch.Tensor | None = None,
    rows: int = 256,
) -> torch.Tensor:
    """:func:`exact_divergence` of N positions, (N,), for vocabularies of real size.

    ``rows`` positions at a time are widened to float32, and computed again in the backward pass: beside both logits,
    in whatever precision they come, no more than a few times ``rows * V`` numbers are held.

    Args:
        temperature_N: what the student's logits are divided by; the teacher's are, too.
    """
    if temperature_N is None:
        temperature_N = torch.ones(len(student_logits_NV), device=student_logits_NV.device)

    def one(student_RV: torch.Tensor, teacher_RV: torch.Tensor, temperature_R: torch.Tensor) -> torch.Tensor:
        scale_R1 = temperature_R[:, None]
        return exact_divergence(_wide(student_RV) / scale_R1, _wide(teacher_RV) / scale_R1, divergence, entry_clip)

    return by_rows(one, student_logits_NV, teacher_logits_NV.detach(), temperature_N, rows=rows)


def log_probs_at(
    logits_NV: torch.Tensor, temperature_N: torch.Tensor, ids_NK: torch.Tensor, *, rows: int = 256
) -> torch.Tensor:
    """Log-probs of the entries ``ids_NK`` under ``softmax(logits / temperature)``, (N, K); as sparing of memory."""

    def one(logits_RV: torch.Tensor, temperature_R: torch.Tensor, ids_RK: torch.Tensor) -> torch.Tensor:
        logits_RV = _wide(logits_RV) / temperature_R[:, None]
        return logits_RV.gather(-1, ids_RK) - logits_RV.logsumexp(-1, keepdim=True)

    return by_rows(one, logits_NV, temperature_N, ids_NK, rows=rows)


def by_rows(function: Callable[..., torch.Tensor], first: torch.Tensor, *others: torch.Tensor, rows: int):
    """``function(first, *others)``, ``rows`` rows at a time; what it holds between is made again for the gradient."""
    pieces = zip(first.split(rows), *(x.split(rows) for x in others))
    if first.requires_grad and torch.is_grad_enabled():
        return torch.cat([checkpoint(function, *piece, use_reentrant=False) for piece in pieces])
    return torch.cat([function(*piece) for piece in pieces])


def topk_divergence(
    student_BTK: torch.Tensor,
    teacher_BTK: torch.Tensor,
    divergence: str = "reverse_kl",
    entry_clip: float | None = None,
) -> torch.Tensor:
    """The divergence between the two distributions over K entries and one bucket for everything else, (B, T).

    Never above the exact one (merging outcomes loses information) and equal to it when K = V. Gradient through the
    bucket too: without it the student could lower the loss by moving mass out of the K entries. ``entry_clip`` bounds
    what each entry (and the bucket) adds: one beyond it has no gradient, and a sum may then be below 0.
    """
    log_p_BTK, log_q_BTK = _wide(student_BTK), _wide(teacher_BTK.detach())
    log_p_BTK = torch.cat([log_p_BTK, _log_rest(log_p_BTK)], dim=-1)
    log_q_BTK = torch.cat([log_q_BTK, _log_rest(log_q_BTK)], dim=-1)
    return _summed(_terms(log_p_BTK, log_q_BTK, divergence), entry_clip)


def pulled_towards(
    current_TK: torch.Tensor, anchor_TK: torch.Tensor, share: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The trust-region teacher: ``log q = share * log current + (1 - share) * log anchor - log Z`` by vocabulary entry.

    Both come as log-probs at the same K entries (any leading shape). Z is summed over the K entries and the bucket of
    the rest, for which the mixture's mass can only be bounded; with K = V it is exact.

    Returns:
        (log_q_TK, log_Z_T): the mixture at the K entries, and its normaliser for other entries of the same position.
    """
    current_TK, anchor_TK = _wide(current_TK), _wide(anchor_TK)
    mixed_TK = share * current_TK.clamp(min=_FLOOR) + (1.0 - share) * anchor_TK.clamp(min=_FLOOR)
    rest_T1 = share * _log_rest(current_TK) + (1.0 - share) * _log_rest(anchor_TK)
    log_Z_T = torch.cat([mixed_TK, rest_T1], dim=-1).logsumexp(dim=-1)
    return mixed_TK - log_Z_T[..., None], log_Z_T


def sampled_reverse_kl(student_BT: torch.Tensor, teacher_BT: torch.Tensor) -> torch.Tensor:
    """One-sample estimate of the reverse KL from the sampled token alone, (B, T); single values may be negative.

    Value: ``log p - log q`` ("k1"), whose mean under the student is the KL. Gradient: ``(log p - log q) * grad log p``,
    whose mean is the gradient of the KL, since the remaining term ``E[grad log p]`` is 0. Differentiating k1 itself
    would leave that zero-mean term alone, and k3 has the gradient of the *forward* KL; "k2" has this same gradient.
    Weighed with :func:`importance_weights` both means stay right for tokens that an older policy sampled.
    """
    log_p_BT, log_q_BT = _wide(student_BT), _wide(teacher_BT.detach()).clamp(min=_FLOOR)
    gap_BT = (log_p_BT - log_q_BT).detach()
    return gap_BT * (1.0 + log_p_BT - log_p_BT.detach())


def importance_weights(student_BT: torch.Tensor, old_BT: torch.Tensor, clip: float | None) -> torch.Tensor:
    """``min(pi_now / pi_rollout, clip)`` of the sampled tokens, (B, T), without gradient; ones where clip is None.

    The sampled estimator needs it to stay unbiased off-policy. For a KL over the vocabulary its mean is 1 and it
    merely damps tokens that the student has left since; SDPO applies it there as well, and so do we.
    """
    if clip is None:
        return torch.ones_like(student_BT, requires_grad=False)
    return (student_BT - old_BT).detach().clamp(max=math.log(clip)).exp()


# --------------------------------------------------------------------------- weighting and metrics


def credit_weighted(
    kl_BT: torch.Tensor,
    weights_BT: torch.Tensor,
    mask_BT: torch.Tensor,
    *,
    guilty_BT: torch.Tensor,
    gap_BT: torch.Tensor,
    importance_BT: torch.Tensor | None = None,
) -> tuple[torch.Tensor, Sums]:
    """``mask * weight * importance * KL`` per token, and what the metrics need.

    Args:
        kl_BT: any of the estimates above.
        guilty_BT: tokens of blamed statements.
        gap_BT: teacher's minus student's log-prob of the sampled token.

    Returns:
        (loss_BT, sums). The sums are float scalars without gradient that *add up* over micro-batches and ranks.
    """
    mask_BT = mask_BT.bool()
    kl_BT = kl_BT.masked_fill(~mask_BT, 0.0)
    loss_BT = kl_BT * weights_BT.detach().masked_fill(~mask_BT, 0.0)
    if importance_BT is not None:
        loss_BT = loss_BT * importance_BT.detach().masked_fill(~mask_BT, 0.0)
    return loss_BT, _sums(kl_BT, loss_BT, weights_BT, mask_BT, mask_BT & guilty_BT.bool(), gap_BT)


@torch.no_grad()
def _sums(kl_BT, loss_BT, weights_BT, mask_BT, guilty_BT, gap_BT) -> Sums:
    def over(mask: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        return values.masked_fill(~mask, 0.0).sum(dtype=torch.float32)

    return {
        "tokens": mask_BT.sum(dtype=torch.float32),
        "guilty_tokens": guilty_BT.sum(dtype=torch.float32),
        "kl": over(mask_BT, kl_BT),
        "guilty_kl": over(guilty_BT, kl_BT),
        "weighted_kl": over(mask_BT, loss_BT),
        "weight": over(mask_BT, weights_BT),
        "gap": over(mask_BT, gap_BT),
        "guilty_gap": over(guilty_BT, gap_BT),
    }


def kl_metrics(sums: dict[str, float | torch.Tensor]) -> dict[str, float]:
    """Ratios of the summed sums; a ratio without a denominator is left out.

    ``kl`` and ``weighted_kl`` are means per distilled token, ``guilty_kl_share`` the part of the KL on blamed tokens
    (outside [0, 1] where a sampled estimate is negative), ``guilty_token_share`` their part of the tokens,
    ``gap_guilty`` and ``gap_other`` the mean of teacher's minus student's log-prob: negative is disapproval.
    """
    s = {name: float(value) for name, value in sums.items()}
    ratios = {
        "kl": (s["kl"], s["tokens"]),
        "weighted_kl": (s["weighted_kl"], s["tokens"]),
        "mean_weight": (s["weight"], s["tokens"]),
        "guilty_token_share": (s["guilty_tokens"], s["tokens"]),
        "guilty_kl_share": (s["guilty_kl"], s["kl"]),
        "gap_guilty": (s["guilty_gap"], s["guilty_tokens"]),
        "gap_other": (s["gap"] - s["guilty_gap"], s["tokens"] - s["guilty_tokens"]),
    }
    return {name: above / below for name, (above, below) in ratios.items() if below != 0}


# --------------------------------------------------------------------------- numerics


def _terms(log_p: torch.Tensor, log_q: torch.Tensor, divergence: str) -> torch.Tensor:
    """What each entry adds to the divergence of student p and teacher q; same shape. Sums to it over the entries."""
    if divergence == "reverse_kl":
        return _relative_entropy(log_p, log_q)
    if divergence == "forward_kl":
        return _relative_entropy(log_q, log_p)
    if divergence == "jensen_shannon":
        log_m = torch.logaddexp(log_p.clamp(min=_FLOOR), log_q.clamp(min=_FLOOR)) - math.log(2.0)
        return 0.5 * (_relative_entropy(log_p, log_m) + _relative_entropy(log_q, log_m))
    raise InvalidInputError(f"divergence is {divergence!r}; choose from {', '.join(DIVERGENCES)}")


def _summed(terms: torch.Tensor, entry_clip: float | None) -> torch.Tensor:
    return (terms if entry_clip is None else terms.clamp(max=entry_clip)).sum(dim=-1)


def _relative_entropy(log_a: torch.Tensor, log_b: torch.Tensor) -> torch.Tensor:
    """a (log a - log b) by entry; entries with a = 0 add nothing, in value and in gradient."""
    live = log_a > -math.inf
    log_a = log_a.masked_fill(~live, 0.0)
    terms = log_a.exp() * (log_a - log_b.clamp(min=_FLOOR))
    return terms.masked_fill(~live, 0.0)


def _log_rest(log_p_BTK: torch.Tensor) -> torch.Tensor:
    """log of the mass outside the K entries, (B, T, 1).

    Below a few ulp the mass is rounding noise (always so at K = V): it is held there, with gradient 0.
    """
    noise = 4 * torch.finfo(log_p_BTK.dtype).eps
    log_inside = torch.logsumexp(log_p_BTK, dim=-1, keepdim=True).clamp(max=-noise)
    # log(1 - e^x) by whichever form does not cancel (Maechler 2012, "Accurately computing log(1 - exp(-|a|))").
    return torch.where(
        log_inside > -math.log(2.0), torch.log(-torch.expm1(log_inside)), torch.log1p(-torch.exp(log_inside))
    )


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x if x.dtype in (torch.float32, torch.float64) else x.float()
