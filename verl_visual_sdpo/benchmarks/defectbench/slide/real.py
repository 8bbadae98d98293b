"""Decks of programs of other hands: the program runs in the sandbox, what it saved is read and printed here.

Known limit: LibreOffice opens these decks outside the sandbox, as you would by a double click. Bench folders that you
would open.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml.etree import LxmlError
from pptx import Presentation
from pptx.exc import PythonPptxError
from pptx.oxml.ns import qn

from verl_visual_sdpo.benchmarks.defectbench.slide.gauge import AT_ONCE, Facts, Shape, page_of, print_decks, shapes_of
from verl_visual_sdpo.inspection.sandbox import Limits, SandboxPool
from verl_visual_sdpo.inspection.sandbox.screen import imported_modules

DRIVER = Path(__file__).with_name("driver") / "deck_driver.py"
MOST_SLIDES = 12
"""Decks with more slides are passed over: they cost most and show little that is new."""
UNREADABLE = (PythonPptxError, LxmlError, KeyError, ValueError, AttributeError, OSError, zipfile.BadZipFile)


@dataclass
class SavedDeck:
    """A saved deck: ``slides`` are the shapes that it declares, ``pdf`` what was printed of it (empty before that, or
    where LibreOffice does not print it)."""

    content: bytes = field(repr=False)
    slides: list[tuple[Shape, ...]]
    pdf: bytes = b""
    _pages: dict[int, Facts] = field(default_factory=dict, repr=False)

    def page(self, number: int) -> Facts:
        """A page as printed."""
        if number not in self._pages:
            self._pages[number] = page_of(self.pdf, number, self.slides[number])
        return self._pages[number]


class RealGauge:
    """Draws programs in sandboxed workers; to be closed."""

    def __init__(self, workers: int = 1, timeout: float = 30.0, policy: str = "strict") -> None:
        self._pool = SandboxPool(DRIVER, workers=workers, limits=Limits(seconds=timeout), policy=policy)

    def deck(self, source: str) -> SavedDeck | None:
        """What a program saves; None where it fails, or its deck is not one of up to MOST_SLIDES shown slides."""
        try:
            outcome = self._pool.run({"source": source}, imports=imported_modules(source))
        except SyntaxError:
            return None
        if outcome.end != "done" or not outcome.result.startswith(b"\1"):
            return None
        content = bytes(outcome.result[1:])
        with contextlib.suppress(*UNREADABLE):
            presentation = Presentation(io.BytesIO(content))
            shown = all(slide._element.get("show") not in ("0", "false") for slide in presentation.slides)
            if shown and 0 < len(presentation.slides) <= MOST_SLIDES:
                return SavedDeck(content, shapes_of(presentation))
        return None

    def print(self, decks: Sequence[SavedDeck]) -> None:
        """Print decks, many by one start of LibreOffice."""
        for start in range(0, len(decks), AT_ONCE):
            with tempfile.TemporaryDirectory(prefix="defectbench-") as folder:
                files = [Path(folder, f"{n:03d}.pptx") for n in range(len(decks[start : start + AT_ONCE]))]
                for file, deck in zip(files, decks[start:]):
                    file.write_bytes(_left_alone(deck.content))
                print_decks(files, Path(folder))
                for file, deck in zip(files, decks[start:]):
                    if file.with_suffix(".pdf").exists():
                        deck.pdf = file.with_suffix(".pdf").read_bytes()

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> RealGauge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _left_alone(content: bytes) -> bytes:
    """The deck with its text boxes that neither wrap nor keep their size keeping it, as they do where a deck is shown
    and not edited. LibreOffice fits them anew and sets short words into the middle of a wide box."""
    presentation, saved = Presentation(io.BytesIO(content)), io.BytesIO()
    for slide in presentation.slides:
        for body in slide._element.xpath(".//a:bodyPr[@wrap='none'][a:spAutoFit]"):
            body.remove(body.find(qn("a:spAutoFit")))
    presentation.save(saved)
    return saved.getvalue()
