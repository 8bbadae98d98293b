"""Tailwind from a local copy, for pages that ask another machine for it.

A copy is a folder as ``visual-sdpo prepare tailwind`` writes it, or a single file of one of its builds:

    v2.css   the whole style sheet of version 2, for pages that link one (WebSight's do)
    v3.js    the build that runs in the browser, for pages with a script of that name
    v4.js    the same of version 4, for those that ask for it by name
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from verl_visual_sdpo.errors import InvalidInputError

VARIABLE = "VISUAL_SDPO_TAILWIND"
BUILDS = ("v2.css", "v3.js", "v4.js")
MEND = f"write a local copy (visual-sdpo prepare tailwind --out DIR) and name it ({VARIABLE}=DIR)"
_NAME = re.compile(r"tailwind", re.IGNORECASE)
_NEWEST = re.compile(r"@tailwindcss/browser|tailwindcss@\^?4", re.IGNORECASE)
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Tailwind:
    """A local copy: ``files`` are (build, path)."""

    files: tuple[tuple[str, Path], ...] = ()

    @classmethod
    def at(cls, named: str | None) -> Tailwind:
        """The copy of that name, or of the environment; empty where neither is given. Raises InvalidInputError."""
        if not (named := named or os.environ.get(VARIABLE)):
            return cls()
        path = Path(named)
        if path.is_dir():
            files = tuple((build, path / build) for build in BUILDS if (path / build).is_file())
            if not files:
                raise InvalidInputError(
                    f"tailwind={named!r} holds none of {', '.join(BUILDS)}; {MEND}, or leave it out"
                )
            return cls(files)
        if not path.is_file():
            raise InvalidInputError(f"tailwind={named!r} is neither file nor folder; {MEND}, or leave it out")
        return cls(tuple((build, path) for build in BUILDS if (path.suffix == ".css") == build.endswith(".css")))

    def answer(self, build: str) -> tuple[bytes, str] | None:
        """Content and media type of a build; None where the copy has none."""
        path = dict(self.files).get(build)
        return None if path is None else (_content(path), _TYPES[Path(build).suffix])


def wanted(address: str, kind: str, own_host: str) -> str | None:
    """The build that a request is for, None where it is for something else. ``kind``: script, stylesheet, ..."""
    parts = urlsplit(address)
    if parts.hostname == own_host or not _NAME.search(f"{parts.hostname}{parts.path}"):
        return None
    if kind == "stylesheet" and parts.path.endswith(".css"):
        return "v2.css"
    if kind == "script":
        return "v4.js" if _NEWEST.search(address) else "v3.js"
    return None


@functools.lru_cache(maxsize=8)
def _content(path: Path) -> bytes:
    return path.read_bytes()
