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
            timeout=900,
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


def test_the_benefit_has_room_in_the_rollout_engine(composed):
    """And vLLM is not asked for cache of as many tokens as the model has positions."""
    config = composed["visual_sdpo"]
    assert config.visual_sdpo.benefit_every > 0
    row = config.visual_sdpo.max_teacher_prompt_length + config.data.max_response_length
    assert config.actor_rollout_ref.rollout.max_model_len == row


def test_sft_differs_from_that_of_charts_in_data_language_and_length_alone():
    from hydra import compose, initialize_config_dir
    from hydra.core.plugins import Plugins

    from verl_visual_sdpo.verl_plugin.main import OnSearchPath

    Plugins.instance().register(OnSearchPath)
    found = []
    for folder in (WEB, WEB.parent / "chart"):
        with initialize_config_dir(str(folder), version_base=None):
            found.append(OmegaConf.to_container(compose("sft_qwen3vl_8b")))
    web, chart = ({f"{group}.{key}": value for group in c for key, value in group_of(c, group)} for c in found)
    assert {key for key in web | chart if web.get(key) != chart.get(key)} == {
        *("data.train_files", "data.val_files", "data.answer_language", "data.max_length", "trainer.project_name"),
    }
    assert web["data.answer_language"] == "html" and web["data.max_length"] == 2048 + 4096


def group_of(config: dict, group: str) -> list[tuple]:
    return list(config[group].items()) if isinstance(config[group], dict) else [("", config[group])]


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
