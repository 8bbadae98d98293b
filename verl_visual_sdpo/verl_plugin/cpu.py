"""A CPU as a verl platform: what verl asks of an accelerator, answered by the host.

Ray knows accelerators as GPUs or NPUs only (verl/single_controller/ray/base.py:230), so a CPU worker takes a *logical*
GPU: ``ray.init(num_gpus=...)`` with the number of workers, which ``config/cpu.yaml`` does.
"""

from __future__ import annotations

import resource
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import psutil
import torch
from verl.plugin.platform.platform_base import PlatformBase


class _HostDevice(ModuleType):
    """``torch.cpu`` with the memory functions of ``torch.cuda``: resident memory of this process, in bytes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch.cpu, name)

    def get_device_name(self, device: Any = None) -> str:
        return "CPU"

    def memory_allocated(self, device: Any = None) -> int:
        return psutil.Process().memory_info().rss

    def max_memory_allocated(self, device: Any = None) -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    memory_reserved, max_memory_reserved = memory_allocated, max_memory_allocated

    def mem_get_info(self, device: Any = None) -> tuple[int, int]:
        memory = psutil.virtual_memory()
        return memory.available, memory.total

    def set_rng_state(self, state: torch.Tensor, device: Any = None) -> None:
        torch.set_rng_state(state)

    def empty_cache(self) -> None:
        """Nothing is cached."""

    reset_peak_memory_stats = ipc_collect = empty_cache


class CpuPlatform(PlatformBase):
    """Registered last: auto-detection reaches it only where no accelerator answers and torch is built without one.

    On any other machine ``VERL_PLATFORM=cpu`` (which our launcher sets for ``trainer.device=cpu``) chooses it.
    """

    device_name = "cpu"
    vendor_name = "cpu"
    device_module = _HostDevice("verl_visual_sdpo_host")

    def is_available(self) -> bool:
        return True

    def is_platform_available(self, use_smi_check: bool = False) -> bool:
        # A driver without a GPU may well head a cluster with some: only a torch that could not use one is proof.
        return torch.version.cuda is None and torch.version.hip is None

    def current_device(self) -> torch.device:  # verl calls .to() on it, where an int would mean cuda:0
        return torch.device("cpu")

    def device_count(self) -> int:
        return 1

    def set_device(self, device_index: int) -> None: ...

    def synchronize(self, device_index: int | None = None) -> None: ...

    def manual_seed(self, seed: int) -> None:
        torch.manual_seed(seed)

    manual_seed_all = manual_seed

    def set_allocator_settings(self, settings: str) -> None: ...

    def empty_cache(self) -> None: ...

    def get_device_capability(self, device_index: int = 0) -> tuple[None, None]:
        return None, None

    def communication_backend_name(self) -> str:
        return "gloo"

    def visible_devices_envvar(self) -> str:
        return "CUDA_VISIBLE_DEVICES"

    @contextmanager
    def nvtx_range(self, msg: str):
        yield

    def profiler_start(self) -> None: ...

    def profiler_stop(self) -> None: ...

    def ray_resource_name(self) -> str:
        return "GPU"

    def ray_noset_envvars(self) -> list[str]:
        return []

    def is_ipc_supported(self) -> bool:
        return False

    def cudart(self) -> None:
        return None
