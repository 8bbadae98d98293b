"""verl's RLHF data set without ``qwen_vl_utils``, which imports torchvision (none of its CPU builds matches)."""

from __future__ import annotations

import io
from typing import Any

from omegaconf import DictConfig
from PIL import Image
from verl.utils.dataset.rl_dataset import RLHFDataset

from verl_visual_sdpo.errors import InvalidInputError


class PictureDataset(RLHFDataset):
    """``data.custom_cls``: pictures are handed to the processor as they are; it does the resizing itself."""

    @classmethod
    def _process_multi_modal_info(
        cls, messages: list[dict], image_patch_size: int, config: DictConfig
    ) -> tuple[list[Image.Image] | None, None, None]:
        """Pictures of a chat in order, or None where there is none; videos and sounds are refused."""
        parts = [p for m in messages if not isinstance(m["content"], str) for p in m["content"]]
        if other := {part["type"] for part in parts} - {"text", "image"}:
            raise InvalidInputError(
                f"a prompt has parts of type {', '.join(sorted(other))}; this data set takes images"
            )
        return [picture_of(part) for part in parts if part["type"] == "image"] or None, None, None


def picture_of(part: dict[str, Any]) -> Image.Image:
    """The picture of a chat part: ``image`` (PIL or a path) or ``bytes``."""
    source = part.get("image") or part.get("path")
    if not isinstance(source, Image.Image):
        data = part.get("bytes")
        source = Image.open(io.BytesIO(data) if data else source)
    return source.convert("RGB")
