"""The slides' recipe: composes, passes verl's and our checks, differs from its baseline in the method alone."""

from __future__ import annotations

from pathlib import Path

import pytest

SLIDE = Path(__file__).resolve().parents[2] / "recipes" / "slide"


@pytest.fixture(scope="module")
def composed():
    from hydra import compose, initialize_config_dir
    from hydra.core.plugins import Plugins

    from verl_visual_sdpo.verl_plugin.main import OnSearchPath

    Plugins.instance().register(OnSearchPath)
    with initialize_config_dir(str(SLIDE), version_base=None):
        yield compose("qwen3vl_8b", overrides=[])


def test_verl_and_our_own_checks_accept_it(composed):
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config

    from verl_visual_sdpo.verl_plugin.options import check_options

    validate_config(composed, need_reference_policy(composed), need_critic(composed))
    check_options(composed)
    assert composed.trainer.v1.trainer_mode == "visual_sdpo"


async def test_its_reward_is_found_and_takes_its_settings(composed):
    from verl.trainer.ppo.reward import get_custom_reward_fn

    compute_score = get_custom_reward_fn(composed)
    row = await compute_score(data_source="aeslides", solution_str="I cannot.", ground_truth="", extra_info={})
    assert row["score"] == 0.0 and row["status"] == "no_program" and row["undetermined"] == 0.0


def test_the_baseline_differs_in_the_method_alone():
    method, grpo = ((SLIDE / f"run_{name}_qwen3vl_8b.sh").read_text() for name in ("visual_sdpo", "grpo"))
    command = method[method.index("exec ") :].removesuffix('"$@"\n')
    assert command.rstrip() in grpo
    rest = grpo[grpo.index("exec ") :].replace(command.rstrip(), "")
    assert rest.split() == ["\\", "visual_sdpo.kl_coef=0", "trainer.experiment_name=grpo_qwen3vl_8b", '"$@"']


@pytest.mark.parametrize("path", sorted(SLIDE.iterdir()), ids=lambda path: path.name)
def test_it_holds_no_python_and_no_machine_of_ours(path):
    assert path.suffix in (".md", ".yaml", ".sh")
    assert not any(place in path.read_text() for place in ("/home/", "/root", "/mnt/", "/data/", "hdfs://"))
