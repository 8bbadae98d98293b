"""Each recipe's script composes as a user would call it, and verl's own validation accepts what comes out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from omegaconf import DictConfig, OmegaConf

from verl_visual_sdpo.config import DistillationConfig

CHART = Path(__file__).resolve().parents[2] / "recipes" / "chart"
GRPO, OPSD, VISUAL_SDPO = (CHART / f"run_{name}_qwen3vl_8b.sh" for name in ("grpo", "opsd", "visual_sdpo"))
OVERRIDES = ("data.train_batch_size=16", "actor_rollout_ref.actor.optim.lr=3.0e-6", "trainer.logger=[console,wandb]")

_composed: dict[Path, DictConfig] = {}


def composed(script: Path) -> DictConfig:
    """What the script would train with: run as it stands, with overrides, up to hydra's own ``--cfg job``."""
    if script not in _composed:
        done = subprocess.run(
            ["bash", str(script), *OVERRIDES, "--cfg", "job"],
            env={**os.environ, "PYTHON": sys.executable},
            cwd=CHART.parent,  # the working directory must not matter
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        _composed[script] = OmegaConf.create(done.stdout)
    return _composed[script]


@pytest.mark.parametrize("script", [GRPO, OPSD, VISUAL_SDPO], ids=lambda path: path.stem)
def test_verl_accepts_the_recipe(script):
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import omega_conf_to_dataclass, validate_config

    config = composed(script)
    validate_config(config, need_reference_policy(config), need_critic(config))
    assert not need_critic(config) and config.trainer.use_v1
    assert omega_conf_to_dataclass(config.actor_rollout_ref.actor).engine.strategy == "fsdp2"
    assert omega_conf_to_dataclass(config.actor_rollout_ref.rollout).name == "vllm"


@pytest.mark.parametrize("script", [GRPO, OPSD, VISUAL_SDPO], ids=lambda path: path.stem)
def test_arguments_reach_every_group(script):
    config = composed(script)
    assert config.data.train_batch_size == 16
    assert config.actor_rollout_ref.actor.optim.lr == 3e-6
    assert list(config.trainer.logger) == ["console", "wandb"]


async def test_the_reward_is_found_and_takes_the_settings_it_is_given():
    from verl.trainer.ppo.reward import get_custom_reward_fn

    compute_score = get_custom_reward_fn(composed(VISUAL_SDPO))
    result = await compute_score(data_source="chart2code", solution_str="I cannot draw.", ground_truth="")
    assert result["score"] == 0.0 and result["status"] == "no_program" and result["undetermined"] == 0.0


def test_our_settings_are_valid_and_our_trainer_is_chosen():
    config = composed(VISUAL_SDPO)
    settings = DistillationConfig.from_mapping(OmegaConf.to_container(config.visual_sdpo, resolve=True))
    assert settings.active and settings.kl_coef == 1.0, "the paper's loss"
    assert config.trainer.v1.trainer_mode == "visual_sdpo"
    baseline = DistillationConfig.from_mapping(OmegaConf.to_container(composed(GRPO).visual_sdpo, resolve=True))
    assert not baseline.active and baseline.beta == 1.0, "verl's own GRPO"
    longest_row = settings.max_teacher_prompt_length + config.data.max_response_length
    assert longest_row <= config.actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu


@pytest.mark.parametrize(
    ("script", "settings"), [(GRPO, {"kl_coef"}), (OPSD, {"channels", "template", "alpha"})], ids=["grpo", "opsd"]
)
def test_the_arms_differ_in_the_method_alone(script, settings):
    """Else a comparison of the two would compare something else as well."""
    ours, baseline = (OmegaConf.to_container(composed(one)) for one in (VISUAL_SDPO, script))
    different = {key for key in leaves(ours) | leaves(baseline) if pick(ours, key) != pick(baseline, key)}
    named_after_it = {key for key in different if key.endswith("experiment_name")}
    assert different - named_after_it == {f"visual_sdpo.{name}" for name in settings}


def test_our_own_checks_pass():
    from verl_visual_sdpo.verl_plugin.options import check_options

    check_options(composed(VISUAL_SDPO))
    check_options(composed(GRPO))


@pytest.mark.parametrize("path", sorted(CHART.iterdir()), ids=lambda path: path.name)
def test_recipes_hold_no_python_and_no_machine_of_ours(path):
    assert path.suffix in (".md", ".yaml", ".sh")
    text = path.read_text(encoding="utf-8")
    assert not any(place in text for place in ("/home/", "/root", "/mnt/", "/data/", "hdfs://"))


@pytest.fixture(scope="module")
def quickly():
    """The recipe with overrides, composed in this process."""
    from hydra import compose, initialize_config_dir
    from hydra.core.plugins import Plugins

    from verl_visual_sdpo.verl_plugin.main import OnSearchPath

    Plugins.instance().register(OnSearchPath)
    with initialize_config_dir(str(CHART), version_base=None):
        yield lambda *overrides: compose("qwen3vl_8b", overrides=list(overrides))


@pytest.mark.parametrize("setup", ["lora_one_gpu", "two_nodes"])
def test_each_setup_is_one_override_that_verl_and_we_accept(quickly, setup):
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import omega_conf_to_dataclass, validate_config

    from verl_visual_sdpo.verl_plugin.options import check_options

    if setup == "lora_one_gpu":
        pytest.importorskip("vllm", reason="verl accepts LoRA beside an installed vLLM only")
    config = quickly(f"+setup={setup}")
    check_options(config)
    validate_config(config, need_reference_policy(config), need_critic(config))
    actor = omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    if setup == "two_nodes":
        assert config.trainer.nnodes == 2 and config.ray_kwargs.ray_init.address == "auto"
        assert config.data.train_batch_size == actor.ppo_mini_batch_size == 128, "one update a step"
    else:
        assert config.actor_rollout_ref.model.lora_rank == 64 and config.trainer.n_gpus_per_node == 1
        assert config.data.train_batch_size == actor.ppo_mini_batch_size == 16
        assert actor.engine.model_dtype == "bfloat16"


def leaves(tree: dict, prefix: str = "") -> set[str]:
    found = set()
    for key, value in tree.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}"}
    return found


def pick(tree: dict, key: str) -> object:
    for part in key.split("."):
        if not isinstance(tree, dict) or part not in tree:
            return "absent"
        tree = tree[part]
    return yaml.safe_dump(tree)
