"""Every place where verl 0.9.1 has to be mended from outside, each with its reason and line.

Nothing here runs at import. ``register.py`` hangs the first patch on the import of the module it mends; our own
subclasses call the others where they need them.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import ModuleType

import torch


def gloo_for_cpu(module: ModuleType) -> None:
    """verl/utils/distributed.py:89 and 63 build the backend ``cpu:gloo,cpu:gloo`` on a CPU, which torch refuses.

    The first function takes the backend as an argument; nobody passes it. Other devices are left alone.
    """
    original = module.initialize_global_process_group_ray

    @functools.wraps(original)
    def initialize_global_process_group_ray(timeout_second=None, backend=None):
        if backend is None and module.get_device_name() == "cpu":
            backend = "cpu:gloo"
        return original(timeout_second=timeout_second, backend=backend)

    module.initialize_global_process_group_ray = initialize_global_process_group_ray
    original_spmd = module.initialize_global_process_group

    @functools.wraps(original_spmd)
    def initialize_global_process_group(timeout_second=36000):  # of the SFT trainer; line 63 takes no backend at all
        if module.get_device_name() == "cpu":
            torch.distributed.init_process_group(backend="cpu:gloo", timeout=timedelta(seconds=timeout_second))
            return tuple(int(os.environ[name]) for name in ("LOCAL_RANK", "RANK", "WORLD_SIZE"))
        return original_spmd(timeout_second)

    module.initialize_global_process_group = initialize_global_process_group


@contextmanager
def pageable_offload() -> Iterator[None]:
    """verl/workers/engine/fsdp/transformer_impl.py:462 pins the memory of a reference model; without an accelerator
    there is nothing to pin for, and torch fails. Swaps the name while a reference engine is being built."""
    from verl.workers.engine.fsdp import transformer_impl

    original = transformer_impl.CPUOffloadPolicy
    transformer_impl.CPUOffloadPolicy = lambda pin_memory=True: original(pin_memory=False)
    try:
        yield
    finally:
        transformer_impl.CPUOffloadPolicy = original


def sequence_ragged(position_ids: torch.Tensor, input_ids: torch.Tensor) -> torch.Tensor:
    """Rope positions of a vision-language batch with the *sequence* as the ragged dimension.

    Where all rows of a rank have one length, ``as_nested_tensor`` takes the rope axis (R = 4 for Qwen3-VL) for the
    ragged one, and verl/utils/tensordict_utils.py:910 (``maybe_fix_3d_position_ids``) relabels it without moving the
    data: a crash or, for a single row, silently cut positions. Rebuilt here from the values, which are always right.

    Args:
        position_ids: nested (B, R, j); anything of two dimensions (plain rope) is returned as it is.
        input_ids: nested (B, j), the truth about lengths.
    Returns:
        nested (B, R, j) with values (R, total tokens).
    """
    if position_ids.dim() != 3:
        return position_ids
    values, offsets = position_ids.values(), input_ids.offsets()
    if values.shape[-1] != int(offsets[-1]):  # (B * R, L): the rope axis was taken for the ragged one
        values = torch.cat(values.chunk(len(offsets) - 1, dim=0), dim=-1)
    if values.shape[-1] != int(offsets[-1]):
        raise ValueError(f"position_ids of {values.shape[-1]} tokens do not fit input_ids of {int(offsets[-1])}")
    return torch.nested.nested_tensor_from_jagged(values, offsets.to(values.device), jagged_dim=2)
