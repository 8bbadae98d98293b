"""The real trainer through Ray on a CPU: both arms train and resume, plain verl stands beside one, and other modes end
at the same weights.

Most of a run is the start of a dozen processes. So no test makes a run that another could be asked for, and all stand
in one file: two of them at a time would only wait for each other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from plugin_rows import png
from safetensors.torch import load_file
from whole_runs import run_whole

from verl_visual_sdpo.verl_plugin.main import COLLAPSED

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
OURS = ["-m", "verl_visual_sdpo.verl_plugin.main", "hardware=cpu"]
PLAIN_VERL = [
    *("-m", "verl.trainer.main_ppo", "hydra.searchpath=[pkg://verl_visual_sdpo.verl_plugin.config]", "+hardware=cpu"),
    *("algorithm.adv_estimator=grpo", "actor_rollout_ref.actor.strategy=fsdp2"),
]
# Limits so tight that a guard with one step of baseline stops at the next
TOUCHY = [
    *("health.baseline_steps=1", "health.window=1", "health.patience=1", "health.entropy_rise=1.00001"),
    *("health.grad_norm_rise=1.00001", "health.length_change=1.00001", "health.guilty_share_fall=0.99999"),
]
# Sampling that leaves no choice and an optimiser that is linear in the gradient: two runs can be compared.
REPEATABLE = [
    *("actor_rollout_ref.rollout.n=1", "actor_rollout_ref.rollout.top_k=1", "data.shuffle=False"),
    *("actor_rollout_ref.actor.optim.optimizer=SGD", "actor_rollout_ref.actor.optim.lr=1.0"),
    "actor_rollout_ref.actor.optim.weight_decay=0.0",
]
MEASURED = ["visual_sdpo.benefit_every=1", "visual_sdpo.max_teacher_prompt_length=1000"]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    rows = [
        {
            "data_source": "toy",
            "prompt": [{"role": "user", "content": f"<image>Draw {number} {'red ' * (number % 3)}bars."}],
            "images": [{"bytes": png(("blue", "green")[number % 2])}],
            "reward_model": {"style": "rule", "ground_truth": ""},
            "extra_info": {"index": number},
        }
        for number in range(8)
    ]
    path = tmp_path_factory.mktemp("data") / "charts.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.fixture
def train(data, model_path, tmp_path):
    """``train(launcher, *overrides)`` -> (metrics of each step, checkpoint folder)."""

    def run(launcher: list[str], *overrides: str, code: int = 0) -> tuple[list[dict], Path]:
        log, checkpoints = tmp_path / "metrics.jsonl", tmp_path / "checkpoints"
        command = [
            *(sys.executable, *launcher),
            *(f"actor_rollout_ref.model.path={model_path}", f"data.train_files={data}", f"data.val_files={data}"),
            *("data.train_batch_size=4", "data.max_prompt_length=128", "data.max_response_length=24"),
            *("actor_rollout_ref.rollout.n=2", "actor_rollout_ref.actor.ppo_mini_batch_size=4"),
            "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=4",
            "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=4",
            f"reward.custom_reward_function.path={HERE / 'plain_reward.py'}",
            *("trainer.val_before_train=False", "trainer.save_freq=2", f"trainer.default_local_dir={checkpoints}"),
            *("trainer.logger=[file]", "trainer.total_training_steps=2"),
            *overrides,
        ]
        variables = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
        variables["RAY_worker_niceness"] = "0"  # Ray's 15 starves its workers where others are busy
        variables["RAY_prestart_worker_first_driver"] = "0"  # verl's actors want another environment than those
        variables |= {"VERL_PLATFORM": "cpu", "PYTHONPATH": str(HERE), "VERL_FILE_LOGGER_PATH": str(log)}
        done = run_whole(command, env=variables, cwd=tmp_path, timeout=900)
        assert done.returncode == code, (done.stdout + done.stderr)[-6000:]
        return [json.loads(line)["data"] for line in log.read_text().splitlines()], checkpoints

    return run


def weights(checkpoints: Path, step: int) -> dict[str, torch.Tensor]:
    path = checkpoints / f"global_step_{step}" / "actor" / "model_world_size_1_rank_0.pt"
    state = torch.load(path, weights_only=False)
    return {name: getattr(value, "_local_tensor", value) for name, value in state.items()}


def test_visual_sdpo_trains_resumes_and_is_stopped_by_the_guard(train, tmp_path):
    unjudged = "+reward.custom_reward_function.reward_kwargs.unjudged_every=4"
    steps, checkpoints = train(OURS, unjudged, "visual_sdpo.teacher=ema", *MEASURED)
    the_benefit_was_measured_beside_training(steps)
    exported_is_a_plain_model(checkpoints, tmp_path)
    assert [step["training/global_step"] for step in steps] == [1, 2]
    for step in steps:
        assert step["distill/kl"] > 0 and step["distill/loss"] > 0 and step["actor/grad_norm"] > 0
        assert step["distill/mean_weight"] == pytest.approx(1 + 0.5 * step["distill/guilty_token_share"], rel=1e-3)
        assert step["teacher/skipped_failed"] == step["teacher/skipped_misaligned"] == 0
        assert step["teacher/rollouts"] == pytest.approx(1 - step["visual/undetermined"])
        assert step["teacher/skipped_undetermined"] == pytest.approx(8 * step["visual/undetermined"])
    assert any(step["visual/undetermined"] > 0 for step in steps), "some rollout was left out"
    controls = [
        "visual_sdpo.teacher=ema",
        "visual_sdpo.credit=shuffled",
        "visual_sdpo.feedback=shuffled",
        "visual_sdpo.divergence=jensen_shannon",
    ]
    resumed, checkpoints = train(OURS, unjudged, *controls, *TOUCHY, "trainer.total_training_steps=9", code=COLLAPSED)
    assert [step["training/global_step"] for step in resumed] == [3], "it went on where it had stopped"
    assert resumed[0]["distill/kl"] > 0 and resumed[0]["teacher/skipped_failed"] == 0
    assert resumed[0]["health/alarms"] > 0, "against the first run's baseline, and that step has a checkpoint:"
    moved = weights(checkpoints, 3)
    assert any(not torch.equal(value, moved[name]) for name, value in weights(checkpoints, 2).items())


def the_benefit_was_measured_beside_training(steps: list[dict]) -> None:
    """Teacher prompts are longer than ``data.max_prompt_length`` here. A quarter of the answers cannot be judged; that
    all of them are answered is seen with other modes."""
    for step in steps:
        assert step["teacher/prompt_length/mean"] > 128 and step["teacher/benefit_skipped_long"] == 0
        assert 1 <= step["teacher/benefit_prompts"] + step["teacher/benefit_unanswered"] <= 4, "one of each prompt"
        if step["teacher/benefit_prompts"]:
            apart = step["teacher/benefit_teacher"] - step["teacher/benefit_student"]
            assert step["teacher/benefit"] == pytest.approx(apart)
        assert step["timing_s/benefit"] > 0
    assert steps[0]["teacher/benefit_seed"] != steps[1]["teacher/benefit_seed"]


def exported_is_a_plain_model(checkpoints: Path, tmp_path: Path) -> None:
    """verl's merger makes one Hugging Face model of the shards: it loads, answers, and holds nothing of the teacher."""
    from transformers import AutoModelForImageTextToText

    out = tmp_path / "exported"
    command = [sys.executable, "-m", "verl.model_merger", "merge", "--backend", "fsdp", "--target_dir", str(out)]
    done = subprocess.run(
        [*command, "--local_dir", str(checkpoints / "global_step_2" / "actor")],
        env={**os.environ, "VERL_PLATFORM": "cpu", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    model = AutoModelForImageTextToText.from_pretrained(out)
    trained, state = weights(checkpoints, 2), model.state_dict()
    assert set(state) == set(trained), "nothing but the student"
    worst = max(float((state[name].float() - value.float()).abs().max()) for name, value in trained.items())
    assert worst < 5e-3, "up to the merger's bfloat16"
    answer = model.generate(torch.arange(5, 15)[None], max_new_tokens=4, do_sample=False)
    assert answer.shape[1] > 10


def test_grpo_is_verls_own_and_resumes(train, tmp_path):
    """Plain verl trains two steps. Ours goes on from the first and does the second again, to the same weights."""
    _, checkpoints = train(PLAIN_VERL, *REPEATABLE, "trainer.save_freq=1")
    checkpoints = checkpoints.rename(tmp_path / "verl")
    start, truth = weights(checkpoints, 1), weights(checkpoints, 2)
    middle = ["trainer.resume_mode=resume_path", f"trainer.resume_from_path={checkpoints / 'global_step_1'}"]
    steps, resumed = train(OURS, "visual_sdpo.kl_coef=0", "visual_sdpo.alpha=1.0", *REPEATABLE, *middle)
    assert [step["training/global_step"] for step in steps] == [2], "it went on, not from the beginning"
    assert steps[0]["visual/undetermined"] == 0 and "visual/score" in steps[0]
    assert not any(name.startswith(("teacher/", "distill/")) for name in steps[0])
    assert moved_by(start, truth) > 1e-3, "the step has trained"
    assert moved_by(truth, weights(resumed, 2)) < 1e-4 * moved_by(start, truth), "up to the order of summation"


COMPARED = [*REPEATABLE, "trainer.total_training_steps=1", "trainer.save_freq=1", "visual_sdpo.importance_clip=null"]
DISTILLED = [*COMPARED, "visual_sdpo.kl_coef=5.0"]
WHOLE_VOCABULARY = ["visual_sdpo.estimator=full", "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=2"]
OTHER_MODES = [
    *("trainer.v1.trainer_mode=visual_sdpo_colocate_async", "visual_sdpo_plugin.teacher_workers=1"),
    *("trainer.v1.colocate_async.num_warmup_batches=0", "actor_rollout_ref.model.use_remove_padding=True"),
    *("actor_rollout_ref.model.enable_gradient_checkpointing=True", "actor_rollout_ref.actor.use_dynamic_bsz=True"),
    *("actor_rollout_ref.actor.ppo_max_token_len_per_gpu=600", "visual_sdpo.top_k=100000", *MEASURED),
    "actor_rollout_ref.rollout.log_prob_use_dynamic_bsz=True",
    "actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu=1100",
]


def test_other_modes_train_to_the_same_weights(train, model_path, tmp_path):
    """Two runs that share no mode: sums over all entries or the top k (all of them), rows padded in micro-batches or
    packed in dynamic ones, activations kept or computed again, trainers in step or not, no benefit measured or all."""
    start = load_file(model_path / "model.safetensors")
    steps, checkpoints = train(OURS, *DISTILLED, *WHOLE_VOCABULARY)
    assert steps[0]["distill/kl"] > 0 and steps[0]["teacher/rollouts"] == 1
    truth = weights(checkpoints, 1)
    assert moved_by(start, truth) > 1e-3, "the run has trained"
    checkpoints.rename(tmp_path / "before")
    steps, checkpoints = train(OURS, *DISTILLED, *OTHER_MODES)
    assert moved_by(truth, weights(checkpoints, 1)) < 2e-3 * moved_by(start, truth), "up to the order of summation"
    assert steps[0]["teacher/rollouts"] == 1
    assert steps[0]["teacher/prompt_length/mean"] > 128, "more than data.max_prompt_length, and yet:"
    assert steps[0]["teacher/benefit_prompts"] == 4 and steps[0]["teacher/benefit_unanswered"] == 0


def moved_by(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> float:
    """The largest change of any weight."""
    assert set(before) <= set(after)
    return max(float((after[name].reshape(before[name].shape) - before[name]).abs().max()) for name in before)
