"""Runs a python-pptx program and hands over the deck it saves. Runs in the sandbox; shares nothing with the renderer's
driver.

``run`` takes ``{"source"}`` and emits one byte (1: a deck follows, 0: the reason why there is none) and what follows.
The deck is the last one saved that has a slide.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any

import pptx
from pptx.opc.package import OpcPackage

PROGRAM = "<program>"


def warm_up() -> None:
    """Save once, so that templates and lazy imports are in memory before the first program comes."""
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(0, 0, 914400, 914400).text_frame.text = "warm"
    deck.save(io.BytesIO())


def run(payload: dict[str, Any], write: Callable[[bytes], None]) -> None:
    """Run the program of a payload and emit its deck."""
    saved: list[bytes] = []
    save = OpcPackage.save

    def save_package(package: OpcPackage, pkg_file: Any) -> None:
        buffer = io.BytesIO()
        save(package, buffer)
        if len(package.main_document_part.presentation.slides):
            saved.append(buffer.getvalue())
        with contextlib.suppress(OSError):  # for a program that reads its file again
            if hasattr(pkg_file, "write"):
                pkg_file.write(buffer.getvalue())
            else:
                with open(pkg_file, "wb") as file:
                    file.write(buffer.getvalue())

    OpcPackage.save = save_package
    random.seed(0)
    error = _execute(payload["source"])
    if saved and not error:
        write(b"\1" + saved[-1])
    else:
        write(b"\0" + (error or "it saved no deck with a slide").encode("utf-8", "replace"))


def _execute(source: str) -> str:
    """Why the program failed, or "" when it did not."""
    module = types.ModuleType("__main__")
    module.__file__ = PROGRAM
    sys.modules["__main__"] = module
    sys.argv = [PROGRAM]
    try:
        exec(compile(source, PROGRAM, "exec", dont_inherit=True), vars(module))
    except SystemExit:
        return ""
    except BaseException:  # whatever the program raises is data
        return traceback.format_exc()[-2000:]
    return ""
