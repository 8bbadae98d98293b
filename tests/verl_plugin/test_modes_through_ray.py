"""Whole runs of the real trainer through Ray, in other modes: they train to the weights of the plain one.

Sampling leaves no choice and the optimiser is linear in the gradient, so that two runs can be compared.
"""

from __future__ import annotations

import pytest
from test_end_to_end import MEASURED, OURS, REPEATABLE, data, train, weights  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow

COMMON = [*REPEATABLE, "trainer.total_training_steps=1", "trainer.save_freq=1", "visual_sdpo.importance_clip=null"]
DISTILLED = [*COMMON, "visual_sdpo.kl_coef=5.0"]
OTHER = {
    "packed, dynamic, checkpointing, colocate_async": [
        *("trainer.v1.trainer_mode=visual_sdpo_colocate_async", "visual_sdpo_plugin.teacher_workers=1"),
        *("trainer.v1.colocate_async.num_warmup_batches=0", "actor_rollout_ref.model.use_remove_padding=True"),
        *("actor_rollout_ref.model.enable_gradient_checkpointing=True", "actor_rollout_ref.actor.use_dynamic_bsz=True"),
        *("actor_rollout_ref.actor.ppo_max_token_len_per_gpu=600", "visual_sdpo.top_k=100000", *MEASURED),
        "actor_rollout_ref.rollout.log_prob_use_dynamic_bsz=True",
        "actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu=1100",
    ],
    "whole vocabulary": [
        *("visual_sdpo.estimator=full", "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=2", *MEASURED)
    ],
}


def test_other_modes_train_to_the_same_weights(train, model_path, tmp_path):  # noqa: F811
    from safetensors.torch import load_file

    start = load_file(model_path / "model.safetensors")
    steps, checkpoints = train(OURS, *DISTILLED, "visual_sdpo.top_k=100000")
    assert steps[0]["distill/kl"] > 0 and steps[0]["teacher/rollouts"] == 1
    truth = weights(checkpoints, 1)
    moved = max(float((truth[name] - start[name]).abs().max()) for name in start)
    assert moved > 1e-3, "the run has trained"
    for number, (mode, overrides) in enumerate(OTHER.items()):
        checkpoints.rename(tmp_path / f"before {number}")
        steps, checkpoints = train(OURS, *DISTILLED, *overrides)
        found = weights(checkpoints, 1)
        apart = max(float((truth[name] - found[name].reshape(truth[name].shape)).abs().max()) for name in truth)
        assert apart < 2e-3 * moved, f"{mode}: up to the order of summation"
        assert steps[0]["teacher/rollouts"] == 1
        assert steps[0]["teacher/prompt_length/mean"] > 128, "more than data.max_prompt_length, and yet:"
        assert steps[0]["teacher/benefit_prompts"] == 4 and steps[0]["teacher/benefit_unanswered"] == 0
