"""Pictures made small enough for a model's budget of tokens."""

from __future__ import annotations

import io

from PIL import Image


def scaled_down(data: bytes, max_pixels: int) -> bytes:
    """A picture's file as it is, or, where it has more than ``max_pixels``, a smaller PNG of the same shape.

    Raises what Pillow raises for a file that is no picture.
    """
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
        if width * height <= max_pixels:
            return data
        factor = (max_pixels / (width * height)) ** 0.5
        size = (max(int(width * factor), 1), max(int(height * factor), 1))
        small = picture.convert("RGB").resize(size, Image.LANCZOS)
    out = io.BytesIO()
    small.save(out, format="PNG")
    return out.getvalue()
