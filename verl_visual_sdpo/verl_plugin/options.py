"""What of verl's configuration this plug-in cannot honour yet: refused at the start rather than silently wrong."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.teacher import check_template
from verl_visual_sdpo.errors import InvalidInputError, UnsupportedOptionError
from verl_visual_sdpo.verl_plugin.health import HealthConfig
from verl_visual_sdpo.verl_plugin.register import ASYNC_TRAINER, ROLLOUT, TRAINER

TRAINERS = (TRAINER, ASYNC_TRAINER)
ANSWERS_LONG = (ROLLOUT, "vllm")  # rollout engines that take max_tokens and a seed with each request

# option, whether its value is refused, why and what to do; while the distillation term is on
REFUSED = (
    (
        "trainer.v1.trainer_mode",
        lambda value: value not in TRAINERS,
        f"verl's own trainers know no teacher: choose {' or '.join(TRAINERS)}. For separate_async, which has a worker "
        "of its own, none is written yet",
    ),
    ("distillation.enabled", bool, "verl's own distillation brings its own loss: disable it, or use trainer_mode=sync"),
    (
        "actor_rollout_ref.actor.strategy",
        lambda value: value not in ("fsdp", "fsdp2"),
        "our engine extends verl's FSDP engine: use fsdp2 (or fsdp on GPUs)",
    ),
    (
        "actor_rollout_ref.model.use_fused_kernels",
        bool,
        "fused kernels never build the logits that the teacher is compared on: set it to False",
    ),
    (
        "algorithm.rollout_correction.bypass_mode",
        bool,
        "the pass over old log-probs, which it skips, also finds the student's likeliest tokens: set it to False",
    ),
    (
        "actor_rollout_ref.actor.use_prefix_grouper",
        bool,
        "a grouped prompt is laid out in another way than the responses are looked for: set it to False",
    ),
    (
        "actor_rollout_ref.rollout.multi_turn.enable",
        bool,
        "feedback speaks of one answer, not of a conversation with tools: set it to False",
    ),
    ("reward.reward_model.enable", bool, "rewards must come with evidence: use a reward function (reward_fns/)"),
)


def settings_of(config: DictConfig) -> DistillationConfig:
    """The group ``visual_sdpo``, validated. Raises InvalidInputError naming the key."""
    return DistillationConfig.from_mapping(OmegaConf.to_container(config.visual_sdpo, resolve=True))


def health_of(config: DictConfig) -> HealthConfig:
    """The group ``health``, validated. Raises InvalidInputError naming the key."""
    return HealthConfig.from_mapping(OmegaConf.to_container(config.health, resolve=True))


def check_options(config: DictConfig) -> None:
    """Raises UnsupportedOptionError for the first option that does not go with a teacher (``kl_coef > 0``) or a CPU."""
    settings = settings_of(config)
    health_of(config)
    if settings.active:
        check_template(settings)
    strategy = config.actor_rollout_ref.actor.strategy
    if settings.active and settings.teacher != "current" and strategy != "fsdp2":
        raise UnsupportedOptionError(
            f"visual_sdpo.teacher={settings.teacher} keeps parameters by shard, which FSDP1 lays out in its own way: "
            f"set actor_rollout_ref.actor.strategy=fsdp2 (now {strategy}), or teacher=current"
        )
    if settings.active:
        _check_layout(config, settings)
        _check_benefit(config, settings, OmegaConf.select(config, "actor_rollout_ref.rollout.max_model_len"))
    for name, refused, why in REFUSED if settings.active else ():
        value = OmegaConf.select(config, name)
        if value is not None and refused(value):
            raise UnsupportedOptionError(f"{name}={value} does not go with visual_sdpo.kl_coef > 0: {why}")
    if config.trainer.device == "cpu" and strategy != "fsdp2":
        raise UnsupportedOptionError(f"actor_rollout_ref.actor.strategy={strategy} does not run on a CPU: use fsdp2")


def _check_layout(config: DictConfig, settings: DistillationConfig) -> None:
    """Sequence parallelism, LoRA and token budgets, which go together with some options and not with others."""
    group = config.actor_rollout_ref
    parallel = group.actor.ulysses_sequence_parallel_size
    if parallel > 1 and settings.estimator == "full":
        raise UnsupportedOptionError(
            f"visual_sdpo.estimator=full compares logits of the whole vocabulary, which are not gathered over the "
            f"actor_rollout_ref.actor.ulysses_sequence_parallel_size={parallel} ranks of a group: choose topk, or set "
            "it to 1"
        )
    if parallel > 1 and config.trainer.device == "cpu":
        raise UnsupportedOptionError(
            f"actor_rollout_ref.actor.ulysses_sequence_parallel_size={parallel} needs flash-attn, which a CPU has "
            "not: set it to 1"
        )
    lora = group.model.get("lora_rank", 0) or (group.model.get("lora") or {}).get("rank", 0)
    if lora and group.rollout.name == ROLLOUT and not (group.model.get("lora") or {}).get("merge", False):
        raise UnsupportedOptionError(
            f"actor_rollout_ref.rollout.name={ROLLOUT} takes whole weights: with LoRA (rank {lora}) set "
            "actor_rollout_ref.model.lora.merge=True"
        )
    longest = settings.max_teacher_prompt_length + config.data.max_response_length
    budget = group.rollout.log_prob_max_token_len_per_gpu
    if group.rollout.log_prob_use_dynamic_bsz and settings.estimator != "full" and budget * parallel < longest:
        raise UnsupportedOptionError(
            f"a teacher's row may have {longest} tokens (visual_sdpo.max_teacher_prompt_length and "
            f"data.max_response_length), a micro-batch of the log-prob pass {budget * parallel}: raise "
            f"actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu to {-(-longest // parallel)}, or lower the first"
        )


def _check_benefit(config: DictConfig, settings: DistillationConfig, room: int | None) -> None:
    """``benefit_every`` lets the rollout engine answer teacher prompts. ``room``: tokens that a row may have there."""
    if not settings.benefit_every:
        return
    rollout, asked = config.actor_rollout_ref.rollout, f"visual_sdpo.benefit_every={settings.benefit_every}"
    if rollout.name not in ANSWERS_LONG:
        raise UnsupportedOptionError(
            f"{asked} with actor_rollout_ref.rollout.name={rollout.name}: a prompt longer than rollout.prompt_length "
            f"is answered by {' and '.join(ANSWERS_LONG)} only; choose one of them, or benefit_every=0"
        )
    needed = settings.max_teacher_prompt_length + rollout.response_length
    if room and room < needed:
        raise UnsupportedOptionError(
            f"{asked} needs room for a teacher's prompt and an answer, {needed} tokens, and there is {room}: set "
            f"actor_rollout_ref.rollout.max_model_len={needed} (at most the model's max_position_embeddings), or "
            f"visual_sdpo.max_teacher_prompt_length={max(room - rollout.response_length, 0)}, or benefit_every=0"
        )


def check_model(config: DictConfig, processor: Any, settings: DistillationConfig, room: int | None = None) -> None:
    """A teacher that should see pictures needs a processor; verl goes on without one when it fails to load.

    ``room``: the tokens for which the model has positions, where it tells.
    """
    if settings.active:
        _check_benefit(config, settings, room)
    if settings.active and "image" in settings.channels and processor is None:
        raise InvalidInputError(
            f"{config.actor_rollout_ref.model.path} has no processor that loads, so its teacher cannot see pictures. "
            "Without torchvision set actor_rollout_ref.model.external_lib=verl_visual_sdpo.verl_plugin.processor; "
            "for a model that reads text only set visual_sdpo.channels=[rubric,error]"
        )
