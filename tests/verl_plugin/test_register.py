"""verl finds us by itself, cheaply; a run without us or on another verl ends before it begins."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import pytest

from verl_visual_sdpo.errors import PluginNotRegisteredError, UnsupportedOptionError
from verl_visual_sdpo.verl_plugin import register

LOADED = "import sys, verl; print(*[m for m in sys.modules if m.startswith('verl_visual_sdpo.verl_plugin.')])"
DEVICE = "import verl.utils.device as d; print(d.get_device_name(), d.get_device_id(), d.get_nccl_backend())"


@pytest.fixture(scope="module")
def found():
    """``found(VARIABLE=value)`` -> what a process says that imports verl: our modules in it, and its device."""

    @functools.cache
    def run(**environment: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", f"{LOADED}\n{DEVICE}"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip().splitlines()

    return run


def test_importing_verl_loads_the_entry_point_and_nothing_heavy(found):
    ours = next(line.split() for line in found(VERL_PLATFORM="cpu") if line.startswith("verl_visual_sdpo."))
    assert set(ours) <= {f"verl_visual_sdpo.verl_plugin.{name}" for name in ("register", "cpu", "patches")}
    assert "verl_visual_sdpo.verl_plugin.register" in ours


def test_everything_is_registered():
    register.assert_registered()


def test_verl_finds_each_by_name():
    from verl.trainer.ppo.v1 import get_trainer_cls
    from verl.workers.rollout.base import get_rollout_class
    from verl.workers.rollout.replica import get_rollout_replica_class

    assert get_trainer_cls(register.TRAINER).__name__ == "VisualSDPOTrainer"
    assert get_rollout_class(register.ROLLOUT).__name__ == "TransformersAdapter"
    assert get_rollout_replica_class(register.ROLLOUT).__name__ == "TransformersReplica"


@pytest.mark.parametrize(
    "environment",
    [{"VERL_PLATFORM": "cpu"}, {}],
    ids=["chosen", "detected where torch is built without an accelerator"],
)
def test_the_cpu_is_a_platform(found, environment):
    import torch

    if not environment and (torch.version.cuda or torch.version.hip):
        pytest.skip("this torch is built for an accelerator: detection must not fall through to the CPU")
    assert found(**environment)[-1] == "cpu cpu gloo"


def test_a_run_that_verl_would_start_without_us_is_refused(monkeypatch):
    monkeypatch.setenv("VERL_USE_EXTERNAL_PLUGINS", "another_plugin")
    with pytest.raises(PluginNotRegisteredError, match="entry point.*VERL_USE_EXTERNAL_PLUGINS"):
        register.assert_registered()


def test_a_missing_registration_is_named(monkeypatch):
    from verl.trainer.ppo.v1.trainer_base import TRAINER_REGISTRY

    monkeypatch.delitem(TRAINER_REGISTRY, register.TRAINER)
    with pytest.raises(PluginNotRegisteredError, match="does not know our trainer"):
        register.assert_registered()


def test_an_untested_verl_is_refused(monkeypatch):
    monkeypatch.setattr(register, "version", lambda name: "0.12.0")
    with pytest.raises(UnsupportedOptionError, match=r"verl 0\.12\.0 is installed.*pip install verl==0\.9\.1"):
        register.assert_registered()
