"""The launcher's configuration: complete, true to the settings it mirrors, and refused where it cannot be honoured."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hydra import compose, initialize_config_module
from hydra.core.plugins import Plugins

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.errors import InvalidInputError, UnsupportedOptionError
from verl_visual_sdpo.verl_plugin.health import HealthConfig
from verl_visual_sdpo.verl_plugin.main import OnSearchPath
from verl_visual_sdpo.verl_plugin.options import check_model, check_options, health_of, settings_of


@pytest.fixture(scope="module")
def composed():
    Plugins.instance().register(OnSearchPath)  # as the launcher does
    with initialize_config_module("verl_visual_sdpo.verl_plugin.config", version_base=None):
        yield lambda *overrides: compose("visual_sdpo", overrides=["hardware=cpu", *overrides])


def test_the_yaml_mirrors_the_settings(composed):
    config = composed()
    assert settings_of(config) == DistillationConfig()
    assert set(config.visual_sdpo) == set(asdict(DistillationConfig()))
    assert health_of(config) == HealthConfig() and set(config.health) == set(asdict(HealthConfig()))


def test_a_misspelt_setting_is_named(composed):
    with pytest.raises(InvalidInputError, match="did you mean 'alpha'"):
        settings_of(composed("+visual_sdpo.alhpa=3"))


def test_verl_accepts_the_cpu_configuration(composed, model_path):
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config

    config = composed(
        f"actor_rollout_ref.model.path={model_path}",
        "data.train_batch_size=4",
        "actor_rollout_ref.actor.ppo_mini_batch_size=4",
        "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4",
        "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4",
    )
    check_options(config)
    validate_config(config, need_reference_policy(config), need_critic(config))
    assert config.trainer.v1.trainer_mode == "visual_sdpo" and not need_critic(config)


@pytest.mark.parametrize(
    "override",
    [
        "trainer.v1.trainer_mode=separate_async",
        "actor_rollout_ref.actor.use_prefix_grouper=True",
        "actor_rollout_ref.rollout.multi_turn.enable=True",
        "actor_rollout_ref.model.use_fused_kernels=True",
        "algorithm.rollout_correction.bypass_mode=True",
        "distillation.enabled=True",
        "reward.reward_model.enable=True",
    ],
)
def test_what_a_teacher_cannot_honour_is_refused(composed, override):
    name = override.split("=")[0]
    with pytest.raises(UnsupportedOptionError, match=name):
        check_options(composed(override))
    check_options(composed(override, "visual_sdpo.kl_coef=0"))


SEQUENCE_PARALLEL = "actor_rollout_ref.actor.ulysses_sequence_parallel_size=2"


@pytest.mark.parametrize(
    ("overrides", "mend"),
    [
        ([SEQUENCE_PARALLEL], "needs flash-attn"),
        ([SEQUENCE_PARALLEL, "trainer.device=cuda", "visual_sdpo.estimator=full"], "choose topk, or set it to 1"),
        (["actor_rollout_ref.model.lora_rank=8"], r"lora\.merge=True"),
        (
            ["actor_rollout_ref.rollout.log_prob_use_dynamic_bsz=True", "data.max_response_length=9000"],
            "raise .* to 17192",
        ),
    ],
    ids=[
        "sequence parallel on a CPU",
        "whole vocabulary, sequence parallel",
        "LoRA not merged",
        "teacher rows too long",
    ],
)
def test_what_does_not_go_together_is_refused(composed, overrides, mend):
    with pytest.raises(UnsupportedOptionError, match=mend):
        check_options(composed(*overrides))
    check_options(composed(*overrides, "visual_sdpo.kl_coef=0"))


def test_a_teacher_that_answers_needs_room_in_the_rollout_engine(composed):
    measured = ["visual_sdpo.benefit_every=10", "visual_sdpo.max_teacher_prompt_length=2000"]
    config = composed(*measured)
    check_options(config)
    check_model(config, object(), settings_of(config), room=2512)
    with pytest.raises(UnsupportedOptionError, match="2512 tokens, and there is 2511"):
        check_model(config, object(), settings_of(config), room=2511)
    vllm = [*measured, "actor_rollout_ref.rollout.name=vllm"]
    check_options(composed(*vllm, "actor_rollout_ref.rollout.max_model_len=2512"))
    with pytest.raises(UnsupportedOptionError, match="max_model_len=2512 .*max_teacher_prompt_length=1500"):
        check_options(composed(*vllm, "actor_rollout_ref.rollout.max_model_len=2012"))
    with pytest.raises(UnsupportedOptionError, match="rollout.name=sglang.*transformers and vllm only"):
        check_options(composed(*measured, "actor_rollout_ref.rollout.name=sglang"))


def test_what_does_go_together_is_not(composed):
    check_options(composed(SEQUENCE_PARALLEL, "trainer.device=cuda"))
    check_options(composed("actor_rollout_ref.model.lora_rank=8", "++actor_rollout_ref.model.lora.merge=True"))
    check_options(composed("trainer.v1.trainer_mode=visual_sdpo_colocate_async", "visual_sdpo.estimator=full"))


def test_a_cpu_runs_fsdp2_only(composed):
    with pytest.raises(UnsupportedOptionError, match="use fsdp2"):
        check_options(composed("actor_rollout_ref.actor.strategy=fsdp"))


def test_a_teacher_that_should_see_needs_a_processor(composed):
    config = composed("actor_rollout_ref.model.path=some/model")
    with pytest.raises(InvalidInputError, match="external_lib"):
        check_model(config, None, settings_of(config))
    check_model(config, None, DistillationConfig(channels=("rubric", "error")))


def test_the_papers_baselines_are_one_override_each(composed):
    opsd = settings_of(composed("+baseline=opsd"))
    assert opsd.channels == ("reference",) and opsd.alpha == 1.0 and opsd.active
    assert not settings_of(composed("+baseline=grpo")).active
    assert composed("+baseline=zero_shot").trainer.val_only
    assert settings_of(composed("+baseline=opsd", "visual_sdpo.alpha=3.0")).alpha == 3.0


def test_a_template_that_hides_a_channel_is_refused(composed, tmp_path):
    (tmp_path / "text.txt").write_text("Found: $rubric")
    with pytest.raises(InvalidInputError, match="no \\$picture"):
        check_options(composed(f"visual_sdpo.template={tmp_path / 'text.txt'}"))


def test_a_kept_teacher_wants_shards_it_knows(composed):
    check_options(composed("visual_sdpo.teacher=ema"))
    with pytest.raises(UnsupportedOptionError, match="fsdp2"):
        check_options(composed("visual_sdpo.teacher=ema", "actor_rollout_ref.actor.strategy=fsdp"))
