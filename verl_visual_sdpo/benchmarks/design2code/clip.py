"""Design2Code's fifth term: cosine of two pictures' CLIP embeddings, text painted out. It needs an encoder.

The benchmark uses CLIP ViT-B/32, fills the text blocks by Telea's inpainting (radius 3) and resizes the whole page to a
square of its shorter side. Any object with ``name`` and ``encode`` will do; without one the term is null.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.fidelity.web_blocks import Block, blocks_of


class Encoder(Protocol):
    """Pictures to vectors. ``encode`` must be thread-safe; its vectors need not be normalised."""

    name: str

    def encode(self, picture: Image.Image) -> np.ndarray: ...


class ClipEncoder:
    """A CLIP model of ``transformers`` from a local folder or by its name."""

    def __init__(self, where: str | Path) -> None:
        try:
            from transformers import CLIPImageProcessor, CLIPModel
        except ImportError as error:
            raise InvalidInputError(
                "--clip needs transformers and torch: pip install 'verl_visual_sdpo[train]'"
            ) from error
        try:
            self._model = CLIPModel.from_pretrained(where).eval()
            self._processor = CLIPImageProcessor.from_pretrained(where)
        except (OSError, ValueError) as error:
            raise InvalidInputError(f"--clip {where} is no CLIP model that can be loaded: {error}") from error
        self.name, self._lock = Path(str(where)).name, threading.Lock()

    def encode(self, picture: Image.Image) -> np.ndarray:
        import torch

        with self._lock, torch.inference_mode():
            inputs = self._processor(images=picture, return_tensors="pt")
            found = self._model.get_image_features(**inputs)
            return np.asarray(getattr(found, "pooler_output", found)[0], float)


def clip_similarity(
    encoder: Encoder, one: tuple[bytes, Mapping[str, Any]], other: tuple[bytes, Mapping[str, Any]]
) -> float:
    """Cosine of two pages, each (PNG, record)."""
    vectors = [encoder.encode(prepared(png, blocks_of(record))) for png, record in (one, other)]
    a, b = (vector / max(float(np.linalg.norm(vector)), 1e-12) for vector in vectors)
    return float(a @ b)


def prepared(png: bytes, blocks: Sequence[Block]) -> Image.Image:
    """A page without its words, as a square of its shorter side. Raises InvalidInputError where OpenCV is missing."""
    with Image.open(io.BytesIO(png)) as picture:
        page = picture.convert("RGB")
    if blocks:
        page = _without(page, blocks)
    side = min(page.size)
    return page.resize((side, side), Image.LANCZOS)


def _without(page: Image.Image, blocks: Sequence[Block]) -> Image.Image:
    try:
        import cv2
    except ImportError as error:
        raise InvalidInputError("the CLIP term paints words out: pip install opencv-python-headless") from error
    width, height = page.size
    mask = np.zeros((height, width), np.uint8)
    for block in blocks:
        left, top = int(block.box[0] * width), int(block.box[1] * height)
        mask[top : top + int(block.box[3] * height), left : left + int(block.box[2] * width)] = 255
    return Image.fromarray(cv2.inpaint(np.asarray(page), mask, 3, cv2.INPAINT_TELEA))
