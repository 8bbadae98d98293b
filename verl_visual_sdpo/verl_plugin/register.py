"""Entry point of the group ``verl.plugins``: tells verl about us, in every process that imports verl.

Importing this file takes milliseconds. A registry that lives in a heavy module of verl is filled when verl itself
imports that module (a post-import hook), so that a process which never trains never pays for an engine.

verl logs a plug-in that fails to load at DEBUG and goes on (verl/__init__.py:76). Hence :func:`assert_registered`: the
launcher calls it, and a run without us ends before it begins.
"""

from __future__ import annotations

import importlib
import os
from importlib.metadata import entry_points, version
from types import ModuleType

import wrapt

from verl_visual_sdpo.errors import PluginNotRegisteredError, UnsupportedOptionError

TESTED_VERL = ("0.9.1",)
TRAINER = "visual_sdpo"  # trainer.v1.trainer_mode
ASYNC_TRAINER = "visual_sdpo_colocate_async"  # the same on verl's colocate_async
ENGINE = "visual_sdpo"  # model type under which our engines stand beside verl's own
ROLLOUT = "transformers"  # actor_rollout_ref.rollout.name
ANSWERS = "visual_sdpo_answer_either_prompt"  # an agent loop, for teacher/benefit
HERE = "verl_visual_sdpo.verl_plugin"


def _mend_process_group(module: ModuleType) -> None:
    from verl_visual_sdpo.verl_plugin.patches import gloo_for_cpu

    gloo_for_cpu(module)


def _register_rollout_adapter(module: ModuleType) -> None:
    module._ROLLOUT_REGISTRY[(ROLLOUT, "async")] = f"{HERE}.rollout.adapter.TransformersAdapter"


def _register_rollout_replica(module: ModuleType) -> None:
    def load() -> type:
        return importlib.import_module(f"{HERE}.rollout.replica").TransformersReplica

    module.RolloutReplicaRegistry.register(ROLLOUT, load)


def _register_engines(_: ModuleType) -> None:
    importlib.import_module(f"{HERE}.engine")  # its decorators register


def _register_agent_loop(module: ModuleType) -> None:
    module._agent_loop_registry[ANSWERS] = {"_target_": f"{HERE}.agent_loop.AnswerEitherPrompt"}


def _register_trainer(_: ModuleType) -> None:
    importlib.import_module(f"{HERE}.trainer")  # its decorator registers


WHEN_VERL_IMPORTS = {
    "verl.utils.distributed": _mend_process_group,
    "verl.workers.rollout.base": _register_rollout_adapter,
    "verl.workers.rollout.replica": _register_rollout_replica,
    "verl.workers.engine.fsdp.transformer_impl": _register_engines,
    "verl.experimental.agent_loop.agent_loop": _register_agent_loop,
    "verl.trainer.ppo.v1.trainer_sync": _register_trainer,
}


def register() -> None:
    """Register the CPU platform now and everything else on time. Raises UnsupportedOptionError for another verl."""
    check_version()
    from verl.plugin.platform.platform_manager import PlatformRegistry

    from verl_visual_sdpo.verl_plugin.cpu import CpuPlatform

    if PlatformRegistry.get("cpu") is None:
        PlatformRegistry.register("cpu")(CpuPlatform)
    for name, hook in WHEN_VERL_IMPORTS.items():
        wrapt.register_post_import_hook(hook, name)


def check_version() -> None:
    """Our seams are private to verl in part: a version nobody ran them on is refused, not tried."""
    if (found := version("verl")) not in TESTED_VERL:
        raise UnsupportedOptionError(
            f"verl {found} is installed; this plug-in was tested on {', '.join(TESTED_VERL)}: pip install "
            f"verl=={TESTED_VERL[-1]}"
        )


def assert_registered() -> None:
    """Import what training will import and look every registration up.

    Raises:
        UnsupportedOptionError: an untested version of verl.
        PluginNotRegisteredError: something is missing; the message names it and the usual causes.
    """
    check_version()
    missing = [name for name, found in _registrations().items() if not found]
    if missing:
        raise PluginNotRegisteredError(
            f"verl does not know our {', '.join(missing)}. Install the package so that its entry point exists "
            "(pip install -e .) and let VERL_USE_EXTERNAL_PLUGINS be unset, 'auto', or a list with verl_visual_sdpo"
        )


def _registrations() -> dict[str, bool]:
    from verl.experimental.agent_loop.agent_loop import _agent_loop_registry
    from verl.plugin.platform.platform_manager import PlatformRegistry
    from verl.trainer.ppo.v1.trainer_base import TRAINER_REGISTRY
    from verl.trainer.ppo.v1.trainer_sync import PPOTrainerSync  # noqa: F401  (the hook of the trainer hangs here)
    from verl.workers.engine import EngineRegistry
    from verl.workers.rollout.base import _ROLLOUT_REGISTRY
    from verl.workers.rollout.replica import RolloutReplicaRegistry

    return {
        "entry point": _discovered(),
        "CPU platform": PlatformRegistry.get("cpu") is not None,
        "trainer": TRAINER in TRAINER_REGISTRY and ASYNC_TRAINER in TRAINER_REGISTRY,
        "agent loop": ANSWERS in _agent_loop_registry,
        "engine": ENGINE in EngineRegistry._engines,
        "rollout engine": (ROLLOUT, "async") in _ROLLOUT_REGISTRY and ROLLOUT in RolloutReplicaRegistry._registry,
    }


def _discovered() -> bool:
    """Whether verl finds us by itself, as it must in the processes that Ray starts (verl/__init__.py:57)."""
    policy = os.environ.get("VERL_USE_EXTERNAL_PLUGINS", "auto").strip().lower()
    named = [point.name for point in entry_points(group="verl.plugins") if point.value == __name__]
    return any(policy == "auto" or name in policy.split(",") for name in named)


register()
