"""The one folder that a program may write to: measured while the program runs, emptied when it has ended.

Both meet whatever a program left there: ten thousand levels, folders that may not be read, strange names. So nothing
here recurses, follows a link or builds a path; every step goes through the descriptor of a folder.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

MAX_PENDING = 256
"""Folders found and not yet looked into, each an open descriptor; a tree wider than that has too many entries."""


def usage(folder: str | Path, most_bytes: int, most_entries: int) -> tuple[int, int]:
    """(bytes on disk, entries) of a tree. Counting stops once one of them is beyond its limit.

    It is exact for a program that stands still; files that are open but have no name any more are not seen.
    """
    found, entries, pending = 0, 0, []
    try:
        pending.append(_open(str(folder)))
        while pending:
            here = pending.pop()
            try:
                for name, is_folder in _entries(here):
                    entries += 1
                    found += os.stat(name, dir_fd=here, follow_symlinks=False).st_blocks * 512
                    if is_folder and len(pending) == MAX_PENDING:
                        return found, most_entries + 1
                    if is_folder:
                        pending.append(_open(name, here))
                    if found > most_bytes or entries > most_entries:
                        return found, entries
            finally:
                os.close(here)
    except FileNotFoundError:  # the folder itself is gone, or something was moved by a program that runs on
        pass
    finally:
        for left in pending:
            os.close(left)
    return found, entries


def empty(folder: str | Path) -> bool:
    """Remove all that is in a folder whose program has ended. False when something is left.

    A folder in it is emptied by lifting its own folders to the top, one level at a time: no depth is too great.
    """
    try:
        top = _open(str(folder))
    except OSError:
        return False
    prefix, lifted = f".{secrets.token_hex(8)}-", 0
    try:
        while names := list(_entries(top)):
            for name, is_folder in names:
                if not is_folder:
                    os.unlink(name, dir_fd=top)
                    continue
                inner = _open(name, top, own=True)
                try:
                    for below, is_folder_below in list(_entries(inner)):
                        if is_folder_below:
                            lifted += 1
                            os.close(_open(below, inner, own=True))  # what may not be written may not be moved
                            os.rename(below, f"{prefix}{lifted}", src_dir_fd=inner, dst_dir_fd=top)
                        else:
                            os.unlink(below, dir_fd=inner)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=top)
    except OSError:
        return False
    finally:
        os.close(top)
    return True


def remove(folder: str | Path) -> bool:
    """Remove a folder and all that is in it. False when something is left; a folder that is gone already is fine."""
    if not os.path.lexists(folder):
        return True
    if not empty(folder):
        return False
    os.rmdir(folder)
    return True


def _entries(fd: int) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a folder); a link is none."""
    with os.scandir(fd) as found:
        for entry in found:
            yield entry.name, entry.is_dir(follow_symlinks=False)


def _open(name: str, parent: int | None = None, *, own: bool = False) -> int:
    """A descriptor for reading a folder, also where its mode forbids that (``own``: or forbids changing it)."""
    handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        this = f"/proc/self/fd/{handle}"
        if os.stat(handle).st_mode & (0o700 if own else 0o500) != (0o700 if own else 0o500):
            os.chmod(this, 0o700)
        return os.open(this, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        os.close(handle)
