"""``python -m verl_visual_sdpo.verl_plugin.main [hardware=cpu] [overrides]``: train on verl.

The same as ``verl.trainer.main_ppo`` with our configuration on its search path, after the checks that verl leaves out.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import hydra
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig

COLLAPSED = 3


class OnSearchPath(SearchPathPlugin):
    """verl's configuration and ours, so that any yaml may name ``visual_sdpo`` in its defaults.

    verl's by its folder: to look into ``pkg://verl`` is to import it, and whoever only composes need not wait for that.
    """

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        search_path.append("verl_visual_sdpo", "pkg://verl_visual_sdpo.verl_plugin.config")
        verl = find_spec("verl")
        folder = f"file://{Path(verl.origin).parent}/trainer/config" if verl else "pkg://verl.trainer.config"
        search_path.append("verl", folder)


Plugins.instance().register(OnSearchPath)


@hydra.main(config_path="config", config_name="visual_sdpo", version_base=None)
def main(config: DictConfig) -> None:
    """Hydra entry point. Exit status 3: the guard (``health``) ended a run that was collapsing."""
    from verl_visual_sdpo.verl_plugin.health import CollapseError

    try:
        train(config)
    except CollapseError as error:  # Ray hands it over with the traceback of the process it came from
        print(f"health: {getattr(error, 'cause', error)}", file=sys.stderr)
        sys.exit(COLLAPSED)


def train(config: DictConfig) -> None:
    """Run training to its end.

    Raises:
        PluginNotRegisteredError, UnsupportedOptionError, InvalidInputError: before anything is started.
        CollapseError: the guard ended it; the message names the checkpoint.
    """
    from verl_visual_sdpo.verl_plugin.options import check_options
    from verl_visual_sdpo.verl_plugin.register import assert_registered

    if config.trainer.device == "cpu":
        use_cpu()
    assert_registered()
    check_options(config)

    from verl.trainer.main_ppo import TaskRunnerV1, run_ppo
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config
    from verl.utils.device import auto_set_device

    auto_set_device(config)
    validate_config(config=config, use_reference_policy=need_reference_policy(config), use_critic=need_critic(config))
    run_ppo(config, task_runner_class=TaskRunnerV1)


def use_cpu() -> None:
    """Choose the CPU platform in this process and, through the environment, in those that Ray starts from it."""
    from verl.plugin.platform.platform_manager import set_platform

    from verl_visual_sdpo.verl_plugin.cpu import CpuPlatform

    os.environ["VERL_PLATFORM"] = "cpu"
    set_platform(CpuPlatform())


if __name__ == "__main__":
    main()
