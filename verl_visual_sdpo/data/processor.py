"""Load a Qwen-VL processor on a machine without torchvision (no CPU build of it matches verl's torch).

Pictures are then prepared by transformers' own PIL image processor, chosen by itself. Only the *video* processor stands
in the way: transformers knows its class but withholds it, and the processor refuses to be put together without one.
Registering the class is enough, because nothing of it runs as long as no video comes in.
"""

from __future__ import annotations

from pathlib import Path


def register_video_processor() -> None:
    """Make ``AutoProcessor`` load Qwen3-VL without torchvision. Idempotent; does nothing where torchvision works."""
    from transformers import Qwen3VLConfig, processing_utils
    from transformers.models.auto.video_processing_auto import AutoVideoProcessor
    from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor
    from transformers.utils import is_torchvision_available
    from transformers.video_processing_utils import BaseVideoProcessor

    if is_torchvision_available():
        return
    AutoVideoProcessor.register(Qwen3VLConfig, Qwen3VLVideoProcessor, exist_ok=True)
    # The type check of the processor's parts looks its base class up in this module, where a placeholder stands.
    processing_utils.transformers_module.BaseVideoProcessor = BaseVideoProcessor


def load_processor(path: str | Path):
    """``AutoProcessor.from_pretrained(path)`` for a local folder, with or without torchvision."""
    from transformers import AutoProcessor

    register_video_processor()
    return AutoProcessor.from_pretrained(str(path), local_files_only=True)
