"""LibreOffice inside this process: LibreOfficeKit's C interface by ctypes.

It runs with no thread but ours ("unipoll"): ``run`` starts it, calls back once it idles, and never returns. A process
may be forked in that callback, and the child find a whole, warm LibreOffice: a deck costs neither the start of an
office nor a profile, and what it leaves behind in memory ends with its child. Measured on two slides of text: 0.06
CPU-s a deck, against 0.16 where the parent had not converted anything yet, 0.8 where each child starts a preloaded
office (``lok_preinit``) and 1.9 with ``soffice --convert-to``.

The structures below are the head of ``LibreOfficeKit.h`` as of version 7.0; members are only ever added at their ends.
"""

from __future__ import annotations

import ctypes
import glob
import os
from collections.abc import Callable
from pathlib import Path

PROGRAMS = (
    "/usr/lib/libreoffice/program",
    "/usr/lib64/libreoffice/program",
    "/opt/libreoffice*/program",
    "/usr/local/lib/libreoffice/program",
)
"""Where LibreOffice is looked for; ``VISUAL_SDPO_LIBREOFFICE`` names another folder first."""
LIBRARIES = ("libmergedlo.so", "libsofficeapp.so")


class OfficeError(Exception):
    """LibreOffice did not do what it was asked; the message is its own where it gave one."""


_POLL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_WAKE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_ENVIRONMENT = {"SAL_USE_VCLPLUGIN": "svp", "SAL_LOK_OPTIONS": "unipoll", "DISPLAY": "none"}
"""No screen, no threads, and (by a display that is not numbered) none of the drawing tests of a new profile."""


class _OfficeClass(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("destroy", ctypes.c_void_p),
        ("documentLoad", ctypes.c_void_p),
        ("getError", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)),
        ("documentLoadWithOptions", ctypes.CFUNCTYPE(*[ctypes.c_void_p] * 2, *[ctypes.c_char_p] * 2)),
        *((f"unused{n}", ctypes.c_void_p) for n in range(8)),
        ("runLoop", ctypes.CFUNCTYPE(None, ctypes.c_void_p, _POLL, _WAKE, ctypes.c_void_p)),
    ]


class _DocumentClass(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("destroy", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        (
            "saveAs",
            ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p),
        ),
    ]


def find_program() -> Path | None:
    """The folder of LibreOffice's libraries, or None."""
    named = os.environ.get("VISUAL_SDPO_LIBREOFFICE", "")
    for pattern in (*([named] if named else []), *PROGRAMS):
        for folder in sorted(glob.glob(pattern), reverse=True):
            if any(os.path.exists(os.path.join(folder, name)) for name in LIBRARIES):
                return Path(folder)
    return None


def version(program: Path) -> str:
    """What is built into a LibreOffice: another one may paint another picture."""
    try:
        lines = (program / "versionrc").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "unknown"
    told = next((line.partition("=")[2] for line in lines if line.startswith("buildid=")), "unknown")
    sizes = [(program / name).stat().st_size for name in LIBRARIES if (program / name).exists()]
    return f"{told} {sizes}"


class Office:
    """The office of this process; ``profile`` is a folder that it may write to while it starts."""

    def __init__(self, program: Path, profile: Path) -> None:
        self._program, self._profile = program, profile
        os.environ.update(_ENVIRONMENT)
        name = next(name for name in LIBRARIES if (program / name).exists())
        self._library = ctypes.CDLL(str(program / name), mode=ctypes.RTLD_GLOBAL)
        self._office = ctypes.c_void_p()

    def run(self, work: Callable[[], None]) -> None:
        """Start, and call ``work`` when all is loaded; it must not return, nor raise. Raises OfficeError."""
        hook = self._library.libreofficekit_hook_2
        hook.restype, hook.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
        self._office = ctypes.c_void_p(hook(os.fsencode(self._program), self._profile.as_uri().encode()))
        if not self._office:
            raise OfficeError("LibreOffice did not start")
        methods = _methods(self._office, _OfficeClass)
        if methods.size < ctypes.sizeof(_OfficeClass):
            raise OfficeError("this LibreOffice is too old: version 7.0 or newer is needed")

        def poll(_: int, __: int) -> int:
            for name in _ENVIRONMENT:  # read by now
                os.environ.pop(name, None)
            work()
            return -1

        # the last argument is handed back to the callbacks; without one LibreOffice polls by itself
        methods.runLoop(self._office, _POLL(poll), _WAKE(lambda _: None), ctypes.c_void_p(1))
        raise OfficeError("LibreOffice ended its loop")

    def convert(self, source: Path, target: Path, form: str = "pdf") -> None:
        """Load a document and write it in another form. Raises OfficeError, also where no file came of it."""
        methods = _methods(self._office, _OfficeClass)
        document = ctypes.c_void_p(
            methods.documentLoadWithOptions(self._office, source.as_uri().encode(), b"Batch=true")
        )
        if not document:
            raise OfficeError(f"it cannot be loaded: {self._error(methods)}")
        written = _methods(document, _DocumentClass).saveAs(document, target.as_uri().encode(), form.encode(), None)
        if not written or not target.exists() or not target.stat().st_size:
            raise OfficeError(f"no {form} came of it: {self._error(methods)}")

    def _error(self, methods: _OfficeClass) -> str:
        text = methods.getError(self._office)
        return ctypes.string_at(text).decode("utf-8", "replace") if text else "no reason given"


def _methods(this: ctypes.c_void_p, kind: type[ctypes.Structure]) -> ctypes.Structure:
    """The table of functions to which the first member of a LibreOfficeKit structure points."""
    table = ctypes.cast(this, ctypes.POINTER(ctypes.c_void_p)).contents.value
    return ctypes.cast(table, ctypes.POINTER(kind)).contents
