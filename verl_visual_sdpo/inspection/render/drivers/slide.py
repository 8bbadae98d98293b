"""The driver that runs a python-pptx program and hands over the deck it made. Runs in the sandbox; speaks JSON.

``run`` takes ``{"source", "forbidden", "max_bytes"}`` and emits one frame: 8 bytes (big-endian length of the JSON), the
JSON, then the deck. The JSON holds ``status``, ``error``, ``parcels`` (the length of the deck, or none), ``writes``
(part name -> ``[element, chain, tie, prop, order]``, see ``slide_provenance``), ``chains`` (the program's positions
that writes refer to), ``unfit`` (why there is a deck that cannot be handed over, or "") and, as every driver's,
``scenes`` and ``record`` (empty: what the deck looks like is found out in ``slide_office.py``, where no program ran)
and ``failure`` (ours, or "").

The deck is the last one saved that has a slide; without a save, the last one that is open at the end of the program.
Saving to a place that may not be written leaves the file in the job folder, and opening it again finds it there.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import pptx
import pptx.api
import pptx.chart.data
import pptx.enum.chart
from pptx.opc.package import OpcPackage
from program_guard import Guard
from program_run import emit, execute, failure, positions
from slide_provenance import Recorder

_NO_OUTPUT = failure("NoOutput", "the program ended without a presentation that has a slide")

_warm: _Session | None = None  # in the warm parent; each job's child has its own copy


def warm_up() -> None:
    """Make and save a deck, so that lazy imports and templates are in memory; then put on the hooks."""
    global _warm
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "warm"
    slide.shapes.add_textbox(0, 0, 914400, 914400).text_frame.text = "warm"
    slide.shapes.add_table(2, 2, 0, 0, 914400, 914400)
    data = pptx.chart.data.CategoryChartData()
    data.categories = ["a"]
    data.add_series("s", (1,))
    slide.shapes.add_chart(pptx.enum.chart.XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 914400, 914400, data)
    deck.save(io.BytesIO())
    _warm = _Session()
    _warm.install()


def run(payload: dict[str, Any], write: Callable[[bytes], None]) -> None:
    """Run the program of a payload and emit its frame."""
    report, deck = _warm.report(payload)
    emit(report, [deck], write)


class _Session:
    """One program's run: the hooks, the decks so far."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.opened: list[Any] = []  # presentations in the order of their making
        self.saved: dict[Any, tuple[bytes, int]] = {}  # package -> what its last save wrote, and how many slides
        self.files: dict[str, bytes] = {}  # where the program believes to have saved
        self.chains: dict[Any, int] = {}
        self.writes: dict[Any, dict[str, list[Any]]] = {}
        self.known: dict[bytes, dict[str, dict[int, Any]]] = {}  # digest of a saved deck -> who wrote what in it

    def install(self) -> None:
        self.recorder.install()
        session, make, save = self, pptx.api.Presentation, OpcPackage.save

        def Presentation(pptx: Any = None) -> Any:  # noqa: N802
            with session.unrecorded():
                presentation = make(session.found(pptx))
                session.recall(pptx, presentation)
            session.opened.append(presentation)
            return presentation

        def save_package(package: Any, pkg_file: Any) -> None:
            deck = session.pack(package, save)
            session.deliver(pkg_file, deck)

        pptx.api.Presentation = pptx.Presentation = Presentation
        OpcPackage.save = save_package

    @contextlib.contextmanager
    def unrecorded(self) -> Iterator[None]:
        before, self.recorder.paused = self.recorder.paused, True
        try:
            yield
        finally:
            self.recorder.paused = before

    def report(self, payload: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Run the program of a payload. Returns the report and the deck."""
        guard = Guard(payload["forbidden"])
        status, error = execute(payload["source"], guard, self.finish)
        if guard.violations:
            status, error = "forbidden", failure("Forbidden", f"the program {guard.violations[0]}")
        report = {"status": status, "error": error, "scenes": [], "record": {}, "chains": [], "parcels": []}
        report |= {"failure": "", "unfit": "", "writes": {}}
        if status != "ok":
            return report, b""
        package = self.chosen()
        if package is None:
            return report | {"status": "no_output", "error": _NO_OUTPUT}, b""
        deck = self.saved[package][0]
        if len(deck) > payload["max_bytes"]:
            report["unfit"] = f"the deck has {len(deck) >> 20} MiB, {payload['max_bytes'] >> 20} are allowed"
            return report, b""
        report["writes"] = self.writes[package]
        report["chains"] = [list(positions(chain)) for chain in self.chains]
        report["parcels"] = [len(deck)]
        return report, deck

    # ------------------------------------------------------------------ decks

    def finish(self) -> None:
        """Without a saved deck that has a slide, take the last open one that has."""
        if self.chosen() is None:
            for presentation in reversed(self.opened):
                if len(presentation.slides):
                    self.pack(presentation.part.package, OpcPackage_save)
                    return

    def chosen(self) -> Any:
        """The package of the last saved deck that has a slide."""
        return next((package for package in reversed(self.saved) if self.saved[package][1]), None)

    def pack(self, package: Any, save: Callable[[Any, Any], None]) -> bytes:
        """The bytes of a package as it is now; also notes who wrote what in it."""
        buffer = io.BytesIO()
        with self.unrecorded():
            slides = _name_slides(package.main_document_part)
            save(package, buffer)
            deck = buffer.getvalue()
            self.saved.pop(package, None)  # to come last
            self.saved[package] = (deck, slides)
            trees = _trees(package)
            found = {name: self.recorder.of_tree(tree, self.chains) for name, tree in trees.items()}
            self.writes[package] = {name: writes for name, writes in found.items() if writes}
            self.known[_digest(deck)] = {name: self.recorder.remembered(tree) for name, tree in trees.items()}
        return deck

    def deliver(self, where: Any, deck: bytes) -> None:
        """Leave the file for a program that reads it back; where it may not write, in its own folder."""
        if hasattr(where, "write"):
            where.write(deck)
            return
        path = os.fspath(where)
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        self.files[os.path.abspath(path)] = deck
        for place in (path, os.path.basename(path)):
            with contextlib.suppress(OSError):
                with open(place, "wb") as file:
                    file.write(deck)
                return

    def recall(self, source: Any, presentation: Any) -> None:
        """Give the elements of a deck that the program had saved, and opens again, those back who wrote them."""
        known = self.known.get(_digest(_content(self.found(source)))) if self.known else None
        for name, tree in _trees(presentation.part.package).items() if known else ():
            self.recorder.remember(tree, known.get(name, {}))

    def found(self, wanted: Any) -> Any:
        """A deck that the program saved where it may not write, for opening it again."""
        if isinstance(wanted, (str, os.PathLike)) and not os.path.exists(wanted):
            deck = self.files.get(os.path.abspath(os.fspath(wanted)))
            return wanted if deck is None else io.BytesIO(deck)
        return wanted


OpcPackage_save = OpcPackage.save


def _trees(package: Any) -> dict[str, Any]:
    """The root elements of a package's parts by their names."""
    parts = ((str(part.partname), getattr(part, "_element", None)) for part in package.iter_parts())
    return {name: tree for name, tree in parts if tree is not None}


def _name_slides(part: Any) -> int:
    """Give the slides the names that they get when the deck is read again. Returns how many there are."""
    entries = part.presentation.slides._sldIdLst
    with contextlib.suppress(KeyError):  # an entry whose slide is gone: that is for whoever reads it
        part.rename_slide_parts([entry.rId for entry in entries])
    return len(entries)


def _digest(deck: bytes) -> bytes:
    return hashlib.sha256(deck).digest()


def _content(source: Any) -> bytes:
    """The bytes of what a deck was opened from; none where that cannot be told."""
    with contextlib.suppress(OSError, TypeError, ValueError, AttributeError):
        if hasattr(source, "getvalue"):
            return source.getvalue()
        with open(os.fspath(source), "rb") as file:
            return file.read()
    return b""
