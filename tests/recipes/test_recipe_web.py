"""The scripts for web pages compose as a user would call them, and verl's own validation accepts what comes out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

WEB = Path(__file__).resolve().parents[2] / "recipes" / "web"
SCRIPTS = {name: WEB / f"run_{name}_qwen3vl_8b.sh" for name in ("grpo", "visual_sdpo")}  # OPSD: as of charts


@pytest.fixture(scope="module")
def composed():
    found = {}
    for name, script in SCRIPTS.items():
        done = subprocess.run(
            ["bash", str(script), "data.train_batch_size=16", "--cfg", "job"],
            env={**os.environ, "PYTHON": sys.executable},
            cwd=WEB.parent,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found[name] = OmegaConf.create(done.stdout)
    return found


def test_verl_accepts_the_recipe_and_the_arms_differ_in_the_method_alone(composed):
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config

    from verl_visual_sdpo.verl_plugin.options import check_options

    for config in composed.values():
        validate_config(config, need_reference_policy(config), need_critic(config))
        check_options(config)
        assert config.data.train_batch_size == 16
    ours, baseline = composed["visual_sdpo"], composed["grpo"]
    assert ours.visual_sdpo.kl_coef == 1.0 and baseline.visual_sdpo.kl_coef == 0
    for part in ("data", "reward"):
        assert ours[part] == baseline[part]
    longest_row = ours.visual_sdpo.max_teacher_prompt_length + ours.data.max_response_length
    assert longest_row <= ours.actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu


async def test_the_reward_is_found_and_takes_the_settings_it_is_given(composed):
    from verl.trainer.ppo.reward import get_custom_reward_fn

    compute_score = get_custom_reward_fn(composed["visual_sdpo"])
    result = await compute_score(data_source="webcode2m", solution_str="I cannot write.", ground_truth="")
    assert result["score"] == 0.0 and result["status"] == "no_program" and result["undetermined"] == 0.0


@pytest.mark.parametrize("path", sorted(WEB.iterdir()), ids=lambda path: path.name)
def test_recipes_hold_no_python_and_no_machine_of_ours(path):
    assert path.suffix in (".md", ".yaml", ".sh")
    text = path.read_text(encoding="utf-8")
    assert not any(place in text for place in ("/home/", "/root", "/mnt/", "/data/", "hdfs://"))
