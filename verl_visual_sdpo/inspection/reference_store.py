"""Renderings of references on disk, shared by all processes of a machine and by all runs.

One file a rendering: a line with the digest of the rest, and the rest as JSON without pictures. Files are written aside
and renamed, so that a reader sees a whole one or none; one that does not fit its digest or the present types is made
again. The oldest unused ones go when the folder grows beyond its bound.

``$VISUAL_SDPO_REFERENCES`` moves the folder ("off": nothing is kept on disk); by default it is
``$XDG_CACHE_HOME/visual-sdpo/references``, that is ``~/.cache/...``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.serial import from_plain, to_plain
from verl_visual_sdpo.types import Rendering

VARIABLE = "VISUAL_SDPO_REFERENCES"
OFF = "off"
MAX_MIB = 1024
"""Some ten thousand references of 20 to 200 kB."""
PRUNE_EVERY = 64
"""Writes of one process after which it looks at the size of the folder; it then has room for as many again."""
STRAY_SECONDS = 3600.0
"""Age at which a file that was never renamed belongs to nobody any more."""

logger = logging.getLogger(__name__)


class ReferenceStore:
    """Renderings by key (see ``render.cache.rendering_key``) under ``folder``. Thread-safe, and safe among processes.

    A disk that cannot be read or written costs the saving, never the rendering: it is named once in the log.
    """

    def __init__(self, folder: Path, max_mib: float = MAX_MIB) -> None:
        if not max_mib > 0:
            raise InvalidInputError(f"a store of references needs max_mib above 0, not {max_mib} (or {OFF!r})")
        self.folder, self._max_bytes = folder, max_mib * (1 << 20)
        self._lock, self._writes, self._told = threading.Lock(), 0, False

    def get(self, key: str) -> Rendering | None:
        """The rendering of a key, or None; what cannot be read counts as not there."""
        path = self._path(key)
        try:
            digest, _, body = path.read_bytes().partition(b"\n")
            if digest.decode() != hashlib.sha256(body).hexdigest():
                raise ValueError("its digest does not fit")
            rendering = from_plain(Rendering, json.loads(body))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("the kept reference %s is made again: %s", path, error)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used just now: not the next to go
        return rendering

    def put(self, key: str, rendering: Rendering) -> None:
        body = json.dumps(to_plain(rendering, images=False), ensure_ascii=False).encode("utf-8", "surrogatepass")
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
                try:
                    part.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                    part.flush()
                    os.replace(part.name, path)
                except BaseException:
                    os.unlink(part.name)
                    raise
        except OSError as error:
            if not self._told:
                logger.warning("references are not kept on disk: %s; $%s moves the folder", error, VARIABLE)
            self._told = True
            return
        with self._lock:
            self._writes += 1
            due = self._writes % PRUNE_EVERY == 1
        if due:
            self.prune()

    def prune(self) -> None:
        """Remove the longest unused until nine tenths of the bound are kept, and what was never finished."""
        kept, now = [], time.time()
        for path, facts in self._files():
            if path.suffix == ".part":
                if now - facts.st_mtime > STRAY_SECONDS:
                    path.unlink(missing_ok=True)
            else:
                kept.append((facts.st_mtime, facts.st_size, path))
        size = sum(one for _, one, _ in kept)
        if size <= self._max_bytes:
            return
        for _, one, path in sorted(kept):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            size -= one
            if size <= 0.9 * self._max_bytes:
                return

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self.folder.glob("??/*"):
            with contextlib.suppress(OSError):  # another process has just removed it
                yield path, path.stat()

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def store_at(folder: str | os.PathLike[str] | None) -> ReferenceStore | None:
    """The store in a folder; None for "off". Without a folder ``$VISUAL_SDPO_REFERENCES`` says, or the default does."""
    folder = folder or os.environ.get(VARIABLE)
    if folder == OFF:
        return None
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "visual-sdpo" / "references"
    return ReferenceStore(Path(folder or default))
