"""Every knob of the distillation term, who it belongs to, and what it may be. Standard library only.

**Paper** marks what arXiv 2606.10334 defines (it discloses no values); **SDPO** a published setting of the text-only
predecessor; **ours** what this project decided where the paper is silent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, check_names

DIVERGENCES = ("reverse_kl", "forward_kl", "jensen_shannon")
ESTIMATORS = ("topk", "sampled", "full")
DISTILL = ("all", "defective", "failed")
CHANNELS = ("image", "rubric", "error", "reference")
CREDITS = ("traced", "uniform", "uniform_matched", "random", "shuffled", "oracle")
CREDIT_MATCHES = ("kl", "weight")
FEEDBACKS = ("own", "shuffled")
KL_DECAYS = ("linear", "cosine", "step")
WEIGHTS = ("plain", "mean_one")
TEACHERS = ("current", "frozen", "ema", "trust_region")


@dataclass(frozen=True, slots=True)
class DistillationConfig:
    """``loss = kl_coef * mean(w_t * KL_t) + beta * GRPO``, with ``w_t = 1 + (alpha - 1) * resp(s(t))``.

    Example:
        >>> DistillationConfig.from_mapping({"alpha": 3.0, "channels": ["rubric", "error"]}).alpha
        3.0
    """

    alpha: float = 2.0
    """Paper: weight of a token whose statement is fully to blame; 1 weighs all tokens alike. Value ours: the KL sits
    on the guilty tokens by itself, so a large alpha acts like a larger kl_coef."""
    beta: float = 1.0
    """Paper: factor of verl's own policy loss (GRPO). 0 distils only, which collapsed in our toy runs."""
    kl_coef: float = 1.0
    """Ours (1 is the paper): factor of the distillation term. 0 leaves plain GRPO; the teacher is then not run."""
    kl_decay_steps: int = 0
    """Ours: kl_coef falls to 0 over this many training steps, then the teacher rests; 0 keeps it constant. The method
    helps most early, and a strong constant KL to the current weights has collapsed in our toy runs."""
    kl_decay: str = "linear"
    """Ours: how it falls: ``linear``; ``cosine``, half a wave; ``step``, all at once at the end."""
    kl_warmup_steps: int = 0
    """Ours: kl_coef rises linearly over this many training steps before it falls; 0 starts with all of it."""
    teacher: str = "current"
    """Paper: ``current``, the student's own weights. Against collapse, at the price of one more copy of the trained
    weights in host memory: ``frozen``, those the run started from; ``ema``, their moving average (SDPO's published
    runs); ``trust_region``, the current teacher's log-probs pulled towards the frozen one's (SDPO), two passes."""
    teacher_rate: float = 0.05
    """SDPO: how far ``ema`` moves towards the student each step, or the current teacher's share in ``trust_region``."""
    divergence: str = "reverse_kl"
    """Paper: ``reverse_kl``, KL(student || teacher). Ours, to compare: ``forward_kl``, KL(teacher || student), and
    ``jensen_shannon``, the mean of both distributions' KL to their mixture (SDPO's published runs)."""
    entry_clip: float | None = None
    """Ours: no vocabulary entry adds more than this to a position's divergence (a public study of forward KL took
    0.05). None: no limit. For the estimators ``topk`` and ``full``."""
    estimator: str = "topk"
    """Ours: ``topk`` compares the student's top_k entries and one bucket for the rest at every position; ``sampled``
    uses the sampled token's log-ratio alone (cheaper, noisier); ``full`` compares the whole vocabulary. For ``full``
    the teacher runs inside the update, beside each micro-batch, because its logits (as many at each position as the
    vocabulary has entries) are too large to be kept; with several mini-batches a step it therefore moves with them."""
    top_k: int = 100
    """SDPO: vocabulary entries per position of the ``topk`` estimator."""
    importance_clip: float | None = 2.0
    """SDPO: upper limit of pi_now / pi_rollout, which weighs each token when the student has moved on since the
    rollout. None: no weighing, which is exact only while each rollout is used for one step."""
    distill: str = "all"
    """Ours: which rollouts have a teacher. ``all`` with any feedback; ``defective`` with a defect or a failed
    execution; ``failed`` with a failed execution only."""
    channels: tuple[str, ...] = ("image", "rubric", "error")
    """Paper: what the teacher sees. ``image`` the rendered picture; ``rubric`` the JSON of defects and likeness;
    ``error`` the words for an execution that failed. Alone, ``reference`` (the reference code) is the paper's
    baseline OPSD: see ``config/baseline/opsd.yaml``."""
    rubric_chars: int = 4000
    """Ours: a longer rubric keeps its most severe defects and counts the others; also ``budgets.cut_rubric``."""
    traceback_lines: int = 20
    """Ours: the error words keep this many of their last lines, where a traceback says what matters."""
    image_max_pixels: int = 1024 * 1024
    """Ours: a larger picture is scaled down to this many pixels before the teacher sees it."""
    max_teacher_prompt_length: int = 8192
    """Ours: tokens of the teacher's prompt, its pictures included. A longer one is built again with smaller budgets
    (``budgets.shorter``), never cut; one that is too long even then is counted and not distilled."""
    weights: str = "plain"
    """Paper: ``plain``, w as it is, so that a response with more blame is distilled more. Ours: ``mean_one``, divided
    by its mean over the response, so that alpha moves the KL within a response and not between responses."""
    credit: str = "traced"
    """Ours, for ablations: where the weights come from. ``traced`` (the method); ``uniform`` every token weighs 1;
    ``uniform_matched`` every token weighs the same, as much in all as traced; ``random`` a response's responsibilities
    dealt anew to its statements; ``shuffled`` those of another rollout; ``oracle`` 1 on the statements that differ
    from the reference program (the reward must be given ``oracle=True``)."""
    credit_match: str = "kl"
    """Ours: what ``uniform_matched``, ``random``, ``shuffled`` and ``oracle`` share with ``traced`` in every
    micro-batch, or the comparison is between two strengths: ``kl`` the sum of w * KL, ``weight`` the mean weight."""
    feedback: str = "own"
    """Ours, for ablations: what the teacher reads. ``own`` (the method) or ``shuffled``, another rollout's, of another
    prompt where there is one; weights stay the rollout's own."""
    ablation_seed: int = 0
    """Ours: of the random choices of ``credit``, ``feedback`` and the answers of ``benefit_every``."""
    benefit_every: int = 0
    """Ours: ``teacher/benefit`` is measured in the first step and every so many steps behind it, while the teacher
    works; 0: never. It costs two answers, renderings included, to each of ``benefit_prompts`` prompts. The rollout
    engine must have room for ``max_teacher_prompt_length`` and an answer (checked at the start)."""
    benefit_prompts: int = 64
    """Ours: of a step's prompts, how many are asked. The standard error is logged: for rewards that spread by 0.3,
    about 0.05 at 64."""
    template: str = ""
    """Ours: path of a text file in place of the built-in feedback text, or the name of another built-in one (``opsd``);
    see ``distillation.teacher``. "" keeps it."""

    def __post_init__(self) -> None:
        for name, least in _NUMBERS.items():
            if not (name.endswith("_clip") and getattr(self, name) is None):
                _check_number(name, getattr(self, name), least)
        for name, least in _COUNTS.items():
            _check_count(name, getattr(self, name), least)
        for name, allowed in _CHOICES.items():
            _check_choice(name, getattr(self, name), allowed)
        if not 0 < self.teacher_rate < 1:
            raise InvalidInputError(
                f"teacher_rate is {self.teacher_rate}; it must lie between 0 (that would be teacher=frozen) "
                "and 1 (teacher=current)"
            )
        if not isinstance(self.template, str):
            raise InvalidInputError(
                f'template is {self.template!r}; give the path of a text file, or "" for the default'
            )
        object.__setattr__(self, "channels", _checked_channels(self.channels))
        self._check_what_goes_together()

    def _check_what_goes_together(self) -> None:
        if self.estimator == "sampled" and self.teacher == "trust_region":
            raise InvalidInputError("teacher trust_region mixes distributions; estimator sampled has none: choose topk")
        if self.estimator == "sampled" and (self.divergence != "reverse_kl" or self.entry_clip is not None):
            raise InvalidInputError(
                f"estimator sampled sees one token and knows reverse_kl without entry_clip only, not {self.divergence} "
                f"with entry_clip {self.entry_clip}; choose estimator topk"
            )
        if self.kl_coef == 0 and self.beta == 0:
            raise InvalidInputError("kl_coef and beta are both 0: nothing would be trained; raise one of them")

    @property
    def active(self) -> bool:
        """Whether the distillation term is in the loss at all."""
        return self.kl_coef > 0

    def kl_coef_at(self, step: int) -> float:
        """The factor in training step ``step`` (the first is 1): risen over ``kl_warmup_steps``, then fallen."""
        if step <= self.kl_warmup_steps:
            return self.kl_coef * step / (self.kl_warmup_steps + 1)
        if not self.kl_decay_steps:
            return self.kl_coef
        passed = min((step - 1 - self.kl_warmup_steps) / self.kl_decay_steps, 1.0)
        shapes = {"linear": 1.0 - passed, "cosine": 0.5 + 0.5 * math.cos(math.pi * passed), "step": float(passed < 1)}
        return self.kl_coef * shapes[self.kl_decay]

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> DistillationConfig:
        """Build from a plain mapping (a yaml group, already resolved). Keys left out keep their defaults.

        Raises:
            InvalidInputError: an unknown key (the nearest known one is named), or a value out of its range.
        """
        check_names("visual_sdpo", mapping, [f.name for f in fields(cls)])
        return cls(**mapping)


# The least that a number may be; a clip may also be None.
_NUMBERS = {
    "alpha": 1.0,
    "beta": 0.0,
    "kl_coef": 0.0,
    "importance_clip": 1.0,
    "entry_clip": 0.0,
    "teacher_rate": 0.0,
}
_COUNTS = {
    **dict.fromkeys(("top_k", "rubric_chars", "traceback_lines", "image_max_pixels", "max_teacher_prompt_length"), 1),
    **dict.fromkeys(("kl_decay_steps", "kl_warmup_steps", "ablation_seed", "benefit_every"), 0),
    "benefit_prompts": 1,
}
_CHOICES = {
    "teacher": TEACHERS,
    "divergence": DIVERGENCES,
    "estimator": ESTIMATORS,
    "distill": DISTILL,
    "credit": CREDITS,
    "credit_match": CREDIT_MATCHES,
    "feedback": FEEDBACKS,
    "kl_decay": KL_DECAYS,
    "weights": WEIGHTS,
}


def _check_number(name: str, value: Any, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInputError(f"{name} is {value!r}; give a number (in yaml 1.0e-3, not 1e-3)")
    if not (math.isfinite(value) and value >= least):
        raise InvalidInputError(f"{name} is {value}; it must be finite and at least {least:g}")


def _check_count(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInputError(f"{name} is {value!r}; give a whole number of at least {least}")


def _check_choice(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidInputError(f"{name} is {value!r}; choose from {', '.join(allowed)}")


def _checked_channels(channels: Any) -> tuple[str, ...]:
    if not isinstance(channels, (tuple, list)):
        raise InvalidInputError(f"channels is {channels!r}; give a list, for example [image, rubric]")
    for channel in channels:
        _check_choice("channels", channel, CHANNELS)
    if not channels:
        raise InvalidInputError(f"channels is empty; name some of {', '.join(CHANNELS)}, or set kl_coef to 0")
    return tuple(channels)
