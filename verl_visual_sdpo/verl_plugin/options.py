"""What of verl's configuration this plug-in cannot honour yet: refused at the start rather than silently wrong."""

from __future__ import annotations

from typing import Any

from omegaconf import DictConfig, OmegaConf

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.errors import InvalidInputError, UnsupportedOptionError
from verl_visual_sdpo.verl_plugin.health import HealthConfig

# option, whether its value is refused, why and what to do
REFUSED = (
    ("distillation.enabled", bool, "verl's own distillation brings its own loss: disable it, or use trainer_mode=sync"),
    (
        "actor_rollout_ref.actor.strategy",
        lambda value: value not in ("fsdp", "fsdp2"),
        "our engine extends verl's FSDP engine: use fsdp2 (or fsdp on GPUs)",
    ),
    (
        "actor_rollout_ref.actor.ulysses_sequence_parallel_size",
        lambda value: value > 1,
        "top-k log-probs are not gathered over a sequence-parallel group: set it to 1",
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
    strategy = config.actor_rollout_ref.actor.strategy
    if settings.active and settings.teacher != "current" and strategy != "fsdp2":
        raise UnsupportedOptionError(
            f"visual_sdpo.teacher={settings.teacher} keeps parameters by shard, which FSDP1 lays out in its own way: "
            f"set actor_rollout_ref.actor.strategy=fsdp2 (now {strategy}), or teacher=current"
        )
    for name, refused, why in REFUSED if settings.active else ():
        value = OmegaConf.select(config, name)
        if value is not None and refused(value):
            raise UnsupportedOptionError(f"{name}={value} does not go with visual_sdpo.kl_coef > 0: {why}")
    if config.trainer.device == "cpu" and strategy != "fsdp2":
        raise UnsupportedOptionError(f"actor_rollout_ref.actor.strategy={strategy} does not run on a CPU: use fsdp2")


def check_model(config: DictConfig, processor: Any, settings: DistillationConfig) -> None:
    """A teacher that should see pictures needs a processor; verl goes on without one when it fails to load."""
    if settings.active and "image" in settings.channels and processor is None:
        raise InvalidInputError(
            f"{config.actor_rollout_ref.model.path} has no processor that loads, so its teacher cannot see pictures. "
            "Without torchvision set actor_rollout_ref.model.external_lib=verl_visual_sdpo.verl_plugin.processor; "
            "for a model that reads text only set visual_sdpo.channels=[rubric,error]"
        )
