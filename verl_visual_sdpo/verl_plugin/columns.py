"""What stands in the columns of verl's batches: tensors, and other values that tensordict has wrapped."""

from __future__ import annotations

from typing import Any

import torch


def plain(value: Any) -> Any:
    """One value of a column without its wrapper; of a tensor that holds one number, the number."""
    if not isinstance(value, torch.Tensor):
        return getattr(value, "data", value)
    return value.item() if value.numel() == 1 else value
