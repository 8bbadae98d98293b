"""Imported by verl as ``actor_rollout_ref.model.external_lib``, just before it loads tokenizer and processor.

Without torchvision transformers withholds the video processor, a Qwen-VL processor cannot be put together, and verl
goes on with ``processor=None`` (verl/utils/tokenizer/tokenizer.py:246). Importing this module mends it.
"""

from verl_visual_sdpo.data.processor import register_video_processor

register_video_processor()
