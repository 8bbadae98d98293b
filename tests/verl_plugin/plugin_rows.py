"""Rows, columns and yardsticks that the plug-in's tests share.

Shapes: T response tokens, V vocabulary.
"""

from __future__ import annotations

import io
from typing import Any

import torch
from PIL import Image
from tensordict import TensorDict

TEMPERATURE = 0.7


def png(color: str = "red", size: tuple[int, int] = (160, 120)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "PNG")
    return buffer.getvalue()


def as_queue_returns(rows: list[dict[str, Any]]) -> TensorDict:
    """Columns packed as TransferQueue 0.1.11 packs them (storage/managers/base.py: jagged nested, or a stack)."""
    from tensordict.tensorclass import NonTensorStack

    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        jagged = isinstance(values[0], torch.Tensor)
        columns[name] = (
            torch.nested.as_nested_tensor(values, layout=torch.jagged) if jagged else NonTensorStack(*values)
        )
    return TensorDict(columns, batch_size=[len(rows)])


def with_extra(data: TensorDict, **extra: Any) -> TensorDict:
    """A copy with the ``extra_info`` that a phase of the trainer sends along."""
    from verl.utils import tensordict_utils as tu

    data = data.copy()
    tu.assign_non_tensor(data, **extra)
    return data


def distributions(model, row, temperature: float = TEMPERATURE) -> torch.Tensor:
    """(T, V) log-probs that predict the row's response tokens, from one unpadded forward of the plain model."""
    ids = row["input_ids"][None]
    logits = model(
        input_ids=ids,
        mm_token_type_ids=(ids == model.config.image_token_id).int(),
        **{name: row["multi_modal_inputs"][name] for name in ("pixel_values", "image_grid_thw")},
    ).logits[0]
    return (logits[len(row["prompts"]) - 1 : -1].float() / temperature).log_softmax(-1)
