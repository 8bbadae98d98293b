"""What a hostile program would have to touch to have escaped, each looked at from outside the sandbox.

A canary is placed around one program: a folder that everyone may write to, a secret in a file, in an environment and in
the folder of another job, sockets that listen, a process that waits. ``seen`` says which of them were touched.
"""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import signal
import socket
import subprocess
import sysconfig
import tempfile
from pathlib import Path

ENVIRONMENT = "HOSTILE_SUITE_SECRET"
"""A variable of the trainer's, with a value that no program may come to know."""


class Canary:
    """Everything that is watched for one program. ``fill`` puts its addresses into the program's text."""

    def __init__(self, name: str, base: Path, source: str) -> None:
        self.secret, self.said = f"secret-{secrets.token_hex(8)}", f"said-{secrets.token_hex(8)}"
        self.known, self.unknown = f"earlier-{secrets.token_hex(4)}", secrets.token_hex(8)
        self.mark, self.planted = f"4242{secrets.randbelow(10**9):09}", f"planted-{secrets.token_hex(8)}"
        self._home = base / name
        self.outside, self.neighbour = self._home / "outside", self._home / "visual-sdpo-neighbour" / "job"
        for folder in (self.outside / ".ssh", self.neighbour):
            folder.mkdir(parents=True)
        for path in (self.outside / "secret", self.outside / ".ssh" / "id_rsa", self.neighbour / "chart.py"):
            path.write_text(self.secret)
            path.chmod(0o666)
        for folder in (self._home, self.outside, self.outside / ".ssh", self.neighbour.parent, self.neighbour):
            folder.chmod(0o777)  # the sandbox alone stands in the way
        self._sockets = _Sockets(self._home) if any(f"@{x}@" in source for x in _Sockets.PLACES) else None
        self._victim = _Victim(self.secret) if "@VICTIM@" in source else None
        self._before = self._state()

    def fill(self, source: str) -> str:
        places = {
            "SECRET": self.outside / "secret",
            "OUTSIDE": self.outside,
            "NEIGHBOUR": self.neighbour,
            "NEKOT": self.said[::-1],  # backwards, so that a quoted line of source is no confession
            "REILRAE": self.known[::-1],
            "MARK": self.mark,
            "PLANTED": self.planted,
            "TRAINER": os.getpid(),
        }
        places |= self._sockets.places if self._sockets else {}
        places |= {"VICTIM": self._victim.pid} if self._victim else {}
        for name, value in places.items():
            source = source.replace(f"@{name}@", str(value))
        return source

    def seen(self, returned: str) -> list[str]:
        """What was touched. ``returned`` is all that came back from the program."""
        known = {"a secret": self.secret, "a success": self.said, "an earlier job": self.unknown}
        known |= {"the environment": os.environ[ENVIRONMENT], **_shadow()}
        escapes = [f"{name} came back" for name, text in known.items() if text in returned]
        if self._state() != self._before:
            escapes.append("a file outside was changed")
        escapes += [f"{place} holds a planted file" for place in _places() if os.path.lexists(place / self.planted)]
        escapes += self._sockets.heard() if self._sockets else []
        escapes += self._victim.harm() if self._victim else []
        if _processes(self.mark):
            escapes.append("a process was left behind")
        return escapes

    def close(self) -> None:
        for pid in _processes(self.mark):
            os.kill(pid, signal.SIGKILL)
        if self._sockets:
            self._sockets.close()
        if self._victim:
            self._victim.close()

    def _state(self) -> dict[str, tuple]:
        found = {}
        for path in [self._home, *self._home.rglob("*")]:
            if not path.is_socket():
                facts = path.lstat()
                content = path.read_bytes() if path.is_file() else b""
                kept = (facts.st_mode, facts.st_uid, facts.st_nlink, facts.st_mtime_ns, facts.st_ino, content)
                found[str(path)] = (*kept, *os.listxattr(path))
        return found


class _Sockets:
    """Listening sockets of four kinds."""

    PLACES = ("TCP", "UDP", "UNIX", "ABSTRACT")

    def __init__(self, home: Path) -> None:
        self._tcp, self._udp = socket.create_server(("127.0.0.1", 0)), socket.socket(type=socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._unix, self._abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        path, name = str(home / "socket"), f"hostile-{secrets.token_hex(8)}"
        self._unix.bind(path)
        os.chmod(path, 0o777)
        self._abstract.bind(f"\0{name}")
        for listener in (self._unix, self._abstract):
            listener.listen()
        ports = (self._tcp.getsockname()[1], self._udp.getsockname()[1])
        self.places = dict(zip(self.PLACES, (*ports, path, name)))

    def heard(self) -> list[str]:
        heard = []
        for name, listener in zip(self.PLACES, (self._tcp, self._udp, self._unix, self._abstract)):
            listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                listener.recv(100) if listener is self._udp else listener.accept()[0].close()
                heard.append(f"the {name} socket was called")
        return heard

    def close(self) -> None:
        for listener in (self._tcp, self._udp, self._unix, self._abstract):
            listener.close()


class _Victim:
    """A process that does nothing, with a secret in its environment."""

    def __init__(self, secret: str) -> None:
        self._process = subprocess.Popen(["sleep", "1000"], env={"VICTIM": secret})
        self.pid = self._process.pid
        self._before = self._facts()

    def harm(self) -> list[str]:
        if self._process.poll() is not None:
            return ["a process was killed"]
        return [] if self._facts() == self._before else ["a process was changed"]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _facts(self) -> tuple:
        limits = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        stopped = "T (stopped)" in Path(f"/proc/{self.pid}/status").read_text()
        return limits, os.getpriority(os.PRIO_PROCESS, self.pid), os.sched_getaffinity(self.pid), stopped


def _shadow() -> dict[str, str]:
    with contextlib.suppress(OSError):
        return {"a password": Path("/etc/shadow").read_text().splitlines()[0]}
    return {}


def _places() -> set[Path]:
    """Where a file would be found by somebody who comes later."""
    temporary = Path(tempfile.gettempdir())
    found = {Path(path) for path in sysconfig.get_paths().values()}
    found |= {Path(path) for path in ("/tmp", "/var/tmp", "/dev/shm", "/root", "/usr/share/fonts")}
    found |= {temporary, *temporary.glob("visual-sdpo-*"), *temporary.glob("visual-sdpo-*/job")}
    found |= {Path.home() / ".cache" / "visual-sdpo" / "matplotlib", Path(sysconfig.get_paths()["data"])}
    return {folder for path in found for folder in (path, path / "matplotlib", path / "__pycache__")}


def _processes(mark: str) -> list[int]:
    """Every process that has the mark in its command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found
