"""The driver that shows decks: LibreOffice paints them, and what is to be seen in them is read. Runs in the sandbox.

No program ever runs in its process: a deck comes in as a file, and whatever is in it (a zip bomb, a link to a server, a
macro) meets the same layers of isolation as a program, in a process of its own, forked from one in which LibreOffice
is loaded (see ``slide_lok``).

``run`` takes ``{"deck" (base64; "" for a sample of our own), "writes", "chains", "width", "max_slides"}`` and emits one
frame: 8 bytes (big-endian length of the JSON), the JSON, then the PNGs. The JSON holds ``scenes`` (``size``,
``elements``, ``bytes`` of its PNG), ``record``, ``refused`` (why the deck cannot be shown, or ""), ``converting``
(seconds of wall time and CPU that LibreOffice took) and ``parcels`` (none).
"""

from __future__ import annotations

import base64
import gc
import io
import os
import shutil
import sys
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pptx
import slide_pdf
from pptx.oxml.ns import qn
from program_run import emit
from slide_lok import Office, OfficeError, find_program
from slide_owners import Owners
from slide_scene import SceneBuilder

READABLE = (
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/usr/share/fontconfig",
    "/etc/libreoffice",
    "/usr/share/libreoffice",
)
"""What jobs may read beyond what every job may: where fonts and settings are looked up."""
MOST_ENTRIES = 4_000
MOST_UNPACKED = 256 << 20
"""Entries of a deck's archive, and bytes of them unpacked."""
MOST_RATIO, FREE = 400, 8 << 20
"""An entry of more than ``FREE`` bytes may be packed to this part of its size, no smaller."""
MOST_RATIO_OF_SIDES = 8.0
"""A slide may be this many times as high as wide, or as wide as high."""

HERE = Path("/proc/self/cwd")
"""The folder of a job as LibreOffice is told of it: whether it may go there it asks by ``access``, which knows nothing
of the one capability that a job may be lent to get at its folder."""
PROFILE = "office"
"""Folder of LibreOffice's settings in the worker's home, while it starts."""

_office: Office | None = None
_temporary: list[str] = []  # LibreOffice chooses its temporary folder once; every job makes it anew, in its own


def warm_up() -> None:
    """Load LibreOffice; ``within`` starts it."""
    global _office
    program = find_program()
    if program is None:
        raise SystemExit("LibreOffice is not installed: apt-get install libreoffice-impress-nogui")
    _office = Office(program, Path(os.environ["HOME"]) / PROFILE)


def within(serve: Callable[[], None]) -> None:
    """Run ``serve`` inside LibreOffice's own loop, after a first deck has gone through: it forks a child a job."""
    profile, before = Path(os.environ["HOME"], PROFILE), os.environ["TMPDIR"]
    os.environ["TMPDIR"] = str(HERE)

    def work() -> None:  # LibreOffice's loop cannot be left in good order, nor may an exception pass through it
        code = 1
        try:
            show(_sample(), Owners({}, ()), 320, 1, [])
            _temporary.extend(path for path in os.listdir() if path.endswith(".tmp") and os.path.isdir(path))
            for path in _temporary:
                shutil.rmtree(path)
            # all of the profile is in memory; jobs may not read it, and one that is gone troubles nobody. LibreOffice's
            # own thread may be writing there at this moment: so it goes at once, and then piece by piece
            gone = profile.rename(profile.with_name(f"{PROFILE}-gone"))
            shutil.rmtree(gone, ignore_errors=True)
            os.environ["TMPDIR"] = before
            gc.collect()
            gc.freeze()
            serve()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    _office.run(work)


def _sample() -> bytes:
    """A deck that every working LibreOffice shows."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = slide.placeholders[1].text = "sample"
    slide.shapes.add_table(1, 1, 0, 0, 914400, 914400).table.cell(0, 0).text = "sample"
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


def run(payload: dict[str, Any], write: Callable[[bytes], None]) -> None:
    """Show the deck of a payload and emit its frame."""
    report: dict[str, Any] = {"scenes": [], "record": {}, "refused": "", "parcels": [], "converting": []}
    pngs: list[bytes] = []
    for path in _temporary:
        os.makedirs(path, exist_ok=True)
    try:
        deck = base64.b64decode(payload["deck"]) or _sample()
        owners = _owners(payload["writes"], payload["chains"])
        scenes, record, pngs = show(deck, owners, payload["width"], payload["max_slides"], report["converting"])
        report |= {"scenes": scenes, "record": record}
    except RefusedError as error:
        report["refused"] = str(error)[:1000]
    emit(report, pngs, write)


class RefusedError(Exception):
    """The deck cannot be shown; the message says why."""


def show(
    deck: bytes, owners: Owners, width: int, most: int, cost: list[float]
) -> tuple[list[dict[str, Any]], dict[str, Any], list[bytes]]:
    """(scenes, record, PNGs) of a deck; ``cost`` gets the seconds of wall time and CPU that LibreOffice took.

    Files lie in the working folder meanwhile. Raises RefusedError.
    """
    _check_archive(deck)
    source, target = HERE / "deck.pptx", HERE / "deck.pdf"
    try:
        presentation = pptx.Presentation(io.BytesIO(deck))
        slides = [s for s in presentation.slides if s._element.get("show") not in ("0", "false")]
        emu = (int(presentation.slide_width), int(presentation.slide_height))
    except Exception as error:  # a package may be broken in any way
        raise RefusedError(f"it is not a presentation that can be read: {type(error).__name__}: {error}") from error
    if not 1 / MOST_RATIO_OF_SIDES <= emu[0] / max(emu[1], 1) <= MOST_RATIO_OF_SIDES or min(emu) <= 0:
        raise RefusedError(f"a slide of {emu[0]} x {emu[1]} EMU is no slide: one side is far longer than the other")
    if not slides:
        raise RefusedError("it has no slide that is shown")
    if not _save_unfitted(presentation, source):
        source.write_bytes(deck)
    try:
        began = time.monotonic(), time.process_time()
        _office.convert(source, target)
        cost += [time.monotonic() - began[0], time.process_time() - began[1]]
        pages, number = slide_pdf.read(str(target), width, most)
    except OfficeError as error:
        raise RefusedError(f"LibreOffice cannot show it: {error}") from error
    finally:
        source.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
    if number != len(slides):
        raise RefusedError(f"LibreOffice shows {number} slides of {len(slides)}")
    themes, scenes = {}, []
    every = list(presentation.slides)
    for slide, page in zip(slides, pages):
        place = [s.part for s in every].index(slide.part) + 1
        scene = SceneBuilder(presentation, slide, place, page, owners, themes).build()
        scenes.append(scene | {"bytes": len(page.png)})
    record = {"size": list(pages[0].size), "emu": list(emu), "slides": [scene.pop("facts") for scene in scenes]}
    record |= {"hidden": len(every) - len(slides), "left_out": len(slides) - len(pages)}
    return scenes, record, [page.png for page in pages]


def _save_unfitted(presentation: Any, path: Path) -> bool:
    """Save a deck with its text boxes that neither wrap nor keep their size (as python-pptx makes them) keeping it.

    PowerPoint fits such a box when its text is edited, and shows it as declared until then; LibreOffice fits it at once
    and centres it on its middle, away from where it was put. False when there is none, and nothing was saved.
    """
    roots = [slide._element for slide in presentation.slides]
    fits = [fit for root in roots for fit in root.iter(qn("a:spAutoFit")) if fit.getparent().get("wrap") == "none"]
    for fit in fits:
        fit.tag = qn("a:noAutofit")
    if fits:
        presentation.save(str(path))
    for fit in fits:
        fit.tag = qn("a:spAutoFit")
    return bool(fits)


def _owners(writes: dict[str, list[Any]], chains: list[list[list[int]]]) -> Owners:
    """A log that was made up may be anything; then nobody owns anything."""
    try:
        lines = [line for part in writes.values() for line in part]
        fits = all(list(map(type, line)) == [int, int, str, str, int] for line in lines)
        fits = fits and all(line[0] >= 0 and line[1] in range(len(chains)) for line in lines)
        return Owners(writes if fits else {}, chains)
    except (AttributeError, TypeError, ValueError):
        return Owners({}, ())


def _check_archive(deck: bytes) -> None:
    """Refuse what would unpack to more than a deck has any use for. The limits of the job hold where a size lies."""
    try:
        with zipfile.ZipFile(io.BytesIO(deck)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise RefusedError(f"it is not a pptx file: {error}") from error
    if len(entries) > MOST_ENTRIES:
        raise RefusedError(f"it has {len(entries)} entries, {MOST_ENTRIES} are allowed")
    total = sum(entry.file_size for entry in entries)
    if total > MOST_UNPACKED:
        raise RefusedError(f"it unpacks to {total >> 20} MiB, {MOST_UNPACKED >> 20} are allowed")
    for entry in entries:
        if entry.file_size > max(FREE, MOST_RATIO * max(entry.compress_size, 1)):
            raise RefusedError(f"{entry.filename[:80]!r} unpacks to {entry.file_size >> 20} MiB")
