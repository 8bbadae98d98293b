"""One worker as the trainer sees it: the process of ``zygote.py``, asked over a socket; and what a job may take."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import verl_visual_sdpo
from verl_visual_sdpo.errors import InvalidInputError, JobLostError, SandboxError
from verl_visual_sdpo.inspection.sandbox import folder, landlock, probes, seccomp
from verl_visual_sdpo.inspection.sandbox.watch import MOST_STARVED_SECONDS, SETUP_SECONDS
from verl_visual_sdpo.inspection.sandbox.zygote import PRELOADABLE

START_SECONDS = 120.0
"""Loading the libraries on a busy machine, the first time with matplotlib's font cache to build."""
GRACE_SECONDS = 30.0 + SETUP_SECONDS + MOST_STARVED_SECONDS
"""How much longer than the job's own limit a worker may take to answer before it counts as dead: setting up and waiting
for a processor are not the job's time (see ``watch.py``)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one job. ``memory_mib`` comes on top of the loaded libraries; ``file_mib`` is for each file,
    ``folder_mib`` and ``folder_entries`` for all it leaves lying; ``result_mib`` for its output, too."""

    seconds: float = 10.0
    memory_mib: int = 1024
    file_mib: int = 64
    folder_mib: int = 256
    folder_entries: int = 1000
    threads: int = 64
    result_mib: int = 64
    open_files: int = 64
    output_chars: int = 4000

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise InvalidInputError(f"sandbox limit {name} must be positive, not {value}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended and what its driver emitted.

    ``end``: done, timeout, memory, oversize (it emitted or printed more than ``result_mib``), disk (more files than
    ``folder_mib`` or ``folder_entries``), threads, or killed (by ``exit``: an exit code, or minus the signal).
    ``output`` is the tail of stdout and stderr. ``result`` is untrusted. ``waited`` is the time (s) from the call until
    a worker took the job, ``attempts`` how often it was begun.
    """

    end: str
    exit: int
    seconds: float
    cpu_seconds: float
    output: str
    result: bytes
    waited: float = 0.0
    attempts: int = 1


class _NotJailedError(SandboxError):
    """A layer could not be put on."""


class Worker:
    """The process and our end of its socket; used by one thread at a time. ``jobs`` counts what it has answered."""

    def __init__(self, driver: Path, slot: int, layers: tuple[str, ...]) -> None:
        self.layers, self.jobs = layers, 0
        self._preloaded: set[str] = set()
        _sweep()
        try:
            self.home, lock = _make_home()
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise SandboxError(f"a sandbox worker gets no folder or socket: {error}") from error
        self._log = self.home / "log"
        # what this kernel lacks altogether is not put on at all; its probe then says what that lets through
        usable = [x for x in layers if (x != "landlock" or landlock.abi()) and (x != "seccomp" or seccomp.supported())]
        configuration = {"layers": usable, "home": str(self.home), "slot": slot, "driver": str(driver)}
        try:
            with theirs, self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-s", "-P", "-c", _BOOT, _ROOT, str(theirs.fileno()), json.dumps(configuration)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[theirs.fileno(), lock],  # the lock lasts as long as the process
                    env=_scrubbed_environment(self.home),
                    cwd=self.home,
                    start_new_session=True,
                )
        except OSError as error:
            ours.close()
            _remove(self.home)
            raise SandboxError(f"a sandbox worker cannot be started: {error}") from error
        finally:
            os.close(lock)
        self._connection = Connection(ours.detach())
        try:
            hello = json.loads(self._receive(START_SECONDS))
            self.pid, self.has_own_uid = hello["pid"], hello["uid"] is not None
            self._first_mib = self._resident_mib()
        except BaseException:
            self.close()
            raise

    def ask(self, request: dict[str, Any]) -> Outcome:
        """One job, one answer.

        Raises JobLostError when the job's end says nothing about its program, SandboxError when the worker does not
        answer or could not put on the jail; either way the worker is not to be used again.
        """
        imports = PRELOADABLE.intersection(request.get("imports", ()))
        head = {"only": list(self.layers), **request, "imports": sorted(imports)}
        job = {name: head.pop(name) for name in ("payload", "probe", "arguments") if name in head}
        try:
            self._connection.send_bytes(json.dumps(head).encode())
            self._connection.send_bytes(json.dumps(job).encode())
            header = json.loads(self._receive(request["limits"]["seconds"] + GRACE_SECONDS + START_SECONDS))
            output, body = self._receive(GRACE_SECONDS), self._receive(GRACE_SECONDS)
        except OSError as error:
            raise self._death(error) from error
        lost, failure = header.pop("lost"), header.pop("failure", None)
        if lost is not None:
            raise JobLostError(f"a sandbox job was lost: {lost}")
        if failure is not None:
            raise _NotJailedError(f"a sandbox job could not be set up: {failure}")
        self.jobs += 1
        if news := imports - self._preloaded:
            self._preloaded |= news
            self._first_mib = max(self._first_mib, self._resident_mib())
        return Outcome(**header, output=output.decode("utf-8", "replace"), result=body)

    @property
    def growth_mib(self) -> float:
        """Memory of the process beyond what it had when it and the modules preloaded on request were loaded."""
        return self._resident_mib() - self._first_mib

    def is_alive(self) -> bool:
        """Whether the process lives and nothing but silence is on its socket: the state between two jobs."""
        try:
            return not self._ended() and not self._connection.poll(0)
        except OSError:
            return False

    def check(self, limits: Mapping[str, Any]) -> dict[str, str]:
        """Try each layer's attack under that layer alone. Returns what got through, by layer.

        Raises SandboxError when the worker or a probe was ended or did not answer: that says nothing about a layer.
        """
        canary = self.home / "canary"
        canary.write_text("outside the job folder")
        small = dict(limits, seconds=60.0, memory_mib=128, file_mib=1, folder_mib=1, result_mib=1)
        missing = {}
        for layer in self.layers:
            arguments = {"canary": str(canary), "parent": self.pid, "sleep": 60.0, **small}
            request = {"probe": layer, "arguments": arguments, "only": [layer], "limits": small}
            if layer == "deadline":
                request["limits"] = dict(small, seconds=0.05)
            try:
                outcome = self.ask(request)
            except _NotJailedError as error:
                missing[layer] = str(error)
                continue
            expected = probes.ENDS.get(layer, "done")
            if outcome.end != expected or (outcome.result and expected == "done"):
                said = outcome.result[:1000].decode("utf-8", "replace")
                missing[layer] = said or f"its probe ended with {outcome.end}"
        return missing

    def close(self) -> None:
        """End the process and everything it forked; remove its folder."""
        self._connection.close()
        deadline = time.monotonic() + 0.5  # it ends by itself when its socket closes, unless it is amid a job
        while not self._ended() and time.monotonic() < deadline:
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        _kill_session(self._process.pid)  # before it is waited for, while nobody else can have its number
        self._process.wait()
        _remove(self.home)

    def _ended(self) -> bool:
        """Whether the process has ended; leaves it to :meth:`close` to wait for."""
        if self._process.returncode is not None:
            return True
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _resident_mib(self) -> float:
        with open(f"/proc/{self._process.pid}/statm", encoding="ascii") as file:
            return int(file.readline().split()[1]) * resource.getpagesize() / (1 << 20)

    def _receive(self, seconds: float) -> bytes:
        try:
            if not self._connection.poll(seconds):
                raise SandboxError(f"a sandbox worker did not answer within {seconds:.0f} s")
            return self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._death(error) from error

    def _death(self, error: BaseException) -> SandboxError:
        """JobLostError when a signal ended the process, SandboxError when it failed by itself."""
        info = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT) if self._ended_soon() else None
        told = f"a sandbox worker died ({str(error) or 'its socket closed'}); its last words: {self._last_words()}"
        killed = info is not None and info.si_code in (os.CLD_KILLED, os.CLD_DUMPED)
        return JobLostError(f"{told}; signal {info.si_status}") if killed else SandboxError(told)

    def _ended_soon(self) -> bool:
        """Its socket closes a moment before it can be waited for."""
        deadline = time.monotonic() + 1.0
        while not self._ended() and time.monotonic() < deadline:
            time.sleep(0.005)
        return self._ended()

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return self._log.read_text(errors="replace").strip()[-2000:] or "none"
        return "none"


_HOME_PREFIX = "visual-sdpo-"


def _make_home(prefix: str = _HOME_PREFIX) -> tuple[Path, int]:
    """A new folder for a worker, and the descriptor of the lock that says it is in use. Raises OSError."""
    Path(tempfile.gettempdir()).mkdir(parents=True, exist_ok=True)  # somebody may have cleaned it away
    home = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        lock = os.open(home / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:
        _remove(home)
        raise
    fcntl.flock(lock, fcntl.LOCK_EX)
    return home, lock


def _sweep() -> None:
    """Remove the folders of workers that were killed together with their trainer: nobody holds their lock."""
    for home in Path(tempfile.gettempdir()).glob(f"{_HOME_PREFIX}*"):
        with contextlib.suppress(OSError):  # in use, another user's, or just gone
            lock = os.open(home / "lock", os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - home.stat().st_mtime > START_SECONDS:  # not one that is being made
                    _remove(home)
            finally:
                os.close(lock)


def _remove(home: Path) -> None:
    with contextlib.suppress(OSError):
        folder.remove(home)


def _kill_session(leader: int) -> None:
    """Kill what is left of a session: jobs are in groups of their own, but may not leave their parent's session."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone meanwhile
            pid, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
            if int(rest[3]) == leader and pid != leader:
                os.kill(pid, signal.SIGKILL)


_ROOT = str(Path(verl_visual_sdpo.__file__).resolve().parents[1])
_BOOT = (
    "import json, sys; sys.path.append(sys.argv[1]); "
    "from verl_visual_sdpo.inspection.sandbox.zygote import main; main(int(sys.argv[2]), json.loads(sys.argv[3]))"
)


def _scrubbed_environment(home: Path) -> dict[str, str]:
    """All that a worker is told of the world. One thread a library: the workers are the parallelism."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "visual-sdpo" / "matplotlib"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        cache = home
    loader = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        # arrow's own allocators reserve more address space than a job may have, and run a thread that fork loses
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "1",  # each thread would reserve 64 MiB of a program's address space
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(cache),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(threads, "1"),
        **loader,
    }
