"""Which Chromium is used, with which switches, and what it needs of the machine."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from verl_visual_sdpo.errors import InvalidInputError, SandboxUnavailableError

VARIABLE = "VISUAL_SDPO_CHROMIUM"
SYSTEM = ("chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Names on the PATH, the headless shell first: it takes a fifth of the time and a quarter of the memory."""
MEND = f"apt install chromium-headless-shell, or playwright install chromium-headless-shell, or set ${VARIABLE}"

SWITCHES = (
    "--no-sandbox",  # Chromium's own needs rights that containers lack; ours is put on around it (see launcher.py)
    "--disable-gpu",
    "--disable-3d-apis",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-site-isolation-trials",  # frames stay in the page's process, where one snapshot holds them
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-lcd-text",
    "--font-render-hinting=none",
    "--mute-audio",
)
UNWANTED = ("--disable-popup-blocking",)
"""Of playwright's own switches."""

READABLE = (
    "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf", "/usr/share", "/usr/local/share",
    "/var/cache/fontconfig", "/proc", "/sys/devices/system", "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip
EXECUTABLE = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt", "/usr/bin", "/bin")

_CALLED = re.compile(r"(/[^\s\"']*chrom[^\s\"']*)")


class NoBrowserError(InvalidInputError, SandboxUnavailableError):
    """There is no Chromium, or not where somebody says: no page can be shown, whichever it is."""


def find(explicit: str | None, own: str | None) -> Path:
    """The browser: as given, as $VISUAL_SDPO_CHROMIUM says, playwright's ``own``, or the system's.

    Raises NoBrowserError for one that is named and cannot be run, or when there is none.
    """
    for source, named in (("chromium", explicit), (f"${VARIABLE}", os.environ.get(VARIABLE))):
        if named:
            found = shutil.which(named)
            if found is None:
                raise NoBrowserError(f"{source}={named!r} is no program that can be run; {MEND}")
            return program(Path(found))
    found = own if own and os.access(own, os.X_OK) else next(filter(None, map(shutil.which, SYSTEM)), None)
    if found is None:
        raise NoBrowserError(f"no Chromium was found (looked for playwright's and {', '.join(SYSTEM)}); {MEND}")
    return program(Path(found))


def program(path: Path) -> Path:
    """The program itself where ``path`` is a script that starts it, as distributions have it."""
    path = path.resolve()
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"#!"):
        for called in _CALLED.findall(head.decode("utf-8", "replace")):
            if os.access(called, os.X_OK) and Path(called).is_file() and Path(called).resolve() != path:
                return Path(called).resolve()
    return path


def identity() -> str:
    """Tells the browser of this machine from another one without starting it; "" where none is found."""
    try:
        found = find(None, None)
    except NoBrowserError:
        return ""
    facts = found.stat()
    return f"{found} {facts.st_size} {facts.st_mtime_ns}"
