"""A pool of warm workers: blocking, thread-safe, self-checked, and gone without a trace when it is closed."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import verl_visual_sdpo
from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.sandbox import jail, landlock, seccomp

POLICIES = ("strict", "permissive")
START_SECONDS = 120.0
"""Loading the libraries on a busy machine, the first time with matplotlib's font cache to build."""
GRACE_SECONDS = 20.0
"""How much longer than the job's own limit a worker may take to answer before it counts as dead."""

MENDS = {
    "environment": "start Python without a sitecustomize that sets variables",
    "deadline": "a kernel with pidfd_open (Linux 5.3) is needed",
    "limits": "raise the hard limits of this shell (ulimit -Hv unlimited)",
    "privileges": "allow prctl and capset (they are in docker's default profile)",
    "landlock": "use Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK and 'landlock' in the lsm= boot list",
    "seccomp": "use Linux on x86_64 or aarch64 with CONFIG_SECCOMP_FILTER",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one job. ``memory_mib`` comes on top of the loaded libraries."""

    seconds: float = 10.0
    memory_mib: int = 1024
    file_mib: int = 64
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

    ``end``: done, timeout, memory, oversize (it emitted more than ``result_mib``) or killed (by ``exit``: an exit code, or
    minus the signal). ``output`` is the tail of stdout and stderr. ``result`` is untrusted.
    """

    end: str
    exit: int
    seconds: float
    cpu_seconds: float
    output: str
    result: bytes


class SandboxPool:
    """Runs a driver's jobs in up to ``workers`` warm processes, which start when they are first needed.

    ``driver`` is the path of a driver file (see ``zygote.py``). ``policy`` "strict" raises SandboxUnavailableError naming
    the layer that does not hold here and its mend; "permissive" warns once and goes on with the layers that do.
    ``without`` leaves layers out, to see what happens then.
    """

    def __init__(
        self,
        driver: str | Path,
        *,
        workers: int = 1,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        policy: str = "strict",
        without: Sequence[str] = (),
    ) -> None:
        if policy not in POLICIES:
            raise InvalidInputError(f"sandbox policy {policy!r} is not one of {', '.join(POLICIES)}")
        if workers < 1:
            raise InvalidInputError(f"a sandbox needs at least one worker, not {workers}")
        self.driver, self.limits, self.policy = Path(driver), limits, policy
        self._asked = tuple(layer for layer in jail.LAYERS if layer not in without)
        self._layers: tuple[str, ...] | None = None
        self._lock, self._free = threading.Lock(), threading.Semaphore(workers)
        self._idle: list[_Worker] = []
        self._started = 0
        self._closed = False
        self._owner = os.getpid()
        _OPEN.add(self)

    @property
    def layers(self) -> tuple[str, ...]:
        """The isolation layers that hold; starts the first worker to find out. "own-uid" is a bonus that only root can
        grant, and only where the interpreter is readable by everyone; without it jobs run as we do, without capabilities.
        """
        if self._layers is None:
            with self._free:
                self._give_back(self._take())
        return self._layers or ()

    def run(self, payload: Mapping[str, Any], *, imports: Sequence[str] = (), seconds: float | None = None) -> Outcome:
        """Run one job and wait for it. ``imports`` are modules that the warm parent may load beforehand.

        A worker that dies is replaced and the job tried once more; then SandboxError. SandboxUnavailableError when the
        policy's layers do not hold.
        """
        limits = asdict(self.limits) | ({} if seconds is None else {"seconds": seconds})
        request = {"payload": payload, "imports": list(imports), "limits": limits}
        with self._free:
            for attempt in (1, 2):
                worker = self._take()
                try:
                    outcome = worker.ask(request)
                except SandboxError:
                    worker.close()
                    if attempt == 2:
                        raise
                except BaseException:  # interrupted in the middle of a conversation: its answer would come too late
                    worker.close()
                    raise
                else:
                    self._give_back(worker)
                    return outcome
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End every idle worker and remove its folder; a busy one follows when its job is done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        if os.getpid() == self._owner:
            for worker in idle:
                worker.close()

    def __enter__(self) -> SandboxPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ workers

    def _take(self) -> _Worker:
        if os.getpid() != self._owner:
            raise SandboxError("this sandbox belongs to the process that made it; make one after the fork")
        with self._lock:
            if self._closed:
                raise SandboxError("the sandbox is closed")
            if self._idle:
                return self._idle.pop()
            self._started += 1
            slot = self._started
        return self._start(slot)

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.close()

    def _start(self, slot: int) -> _Worker:
        worker = _Worker(self.driver, slot, self._asked)
        try:
            missing = {layer: "left out" for layer in jail.LAYERS if layer not in self._asked}
            missing |= worker.check(asdict(self.limits))
            holding = tuple(layer for layer in jail.LAYERS if layer not in missing)
            if missing and self.policy == "strict":
                raise SandboxUnavailableError(_explain(missing))
            if missing and self._layers is None:
                warnings.warn(_explain(missing), RuntimeWarning, stacklevel=4)
            worker.layers = holding
            self._layers = (*holding, "own-uid") if worker.has_own_uid else holding
        except BaseException:
            worker.close()
            raise
        return worker


class _Worker:
    """The process of ``zygote.py`` and our end of its socket; used by one thread at a time."""

    def __init__(self, driver: Path, slot: int, layers: tuple[str, ...]) -> None:
        self.layers = layers
        self.home = Path(tempfile.mkdtemp(prefix="visual-sdpo-"))
        self._log = self.home / "log"
        ours, theirs = socket.socketpair()
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
                    pass_fds=[theirs.fileno()],
                    env=_scrubbed_environment(self.home),
                    cwd=self.home,
                    start_new_session=True,
                )
        except OSError as error:
            ours.close()
            shutil.rmtree(self.home, ignore_errors=True)
            raise SandboxError(f"a sandbox worker cannot be started: {error}") from error
        self._connection = Connection(ours.detach())
        try:
            hello = json.loads(self._receive(START_SECONDS))
            self.pid, self.has_own_uid = hello["pid"], hello["uid"] is not None
        except BaseException:
            self.close()
            raise

    def ask(self, request: dict[str, Any]) -> Outcome:
        """One job, one answer. Raises SandboxError when the worker does not answer or could not set the job up."""
        request = {"only": list(self.layers), **request}
        try:
            self._connection.send_bytes(json.dumps(request).encode())
            header = json.loads(self._receive(request["limits"]["seconds"] + GRACE_SECONDS + START_SECONDS))
            body = self._receive(GRACE_SECONDS)
        except OSError as error:
            raise SandboxError(f"a sandbox worker died: {error}; its last words: {self._last_words()}") from error
        failure = header.pop("failure")
        if failure is not None:
            raise SandboxError(f"a sandbox job could not be set up: {failure}")
        return Outcome(**header, result=body)

    def check(self, limits: Mapping[str, Any]) -> dict[str, str]:
        """Try each layer's attack under that layer alone. Returns what got through, by layer."""
        canary = self.home / "canary"
        canary.write_text("outside the job folder")
        small = dict(limits, seconds=10.0, memory_mib=128, file_mib=1)
        missing = {}
        for layer in self.layers:
            arguments = {"canary": str(canary), "parent": self.pid, "sleep": 10.0, **small}
            request = {"probe": layer, "arguments": arguments, "only": [layer], "limits": small}
            if layer == "deadline":
                request["limits"] = dict(small, seconds=0.05)
            try:
                outcome = self.ask(request)
            except SandboxError as error:
                missing[layer] = str(error)
                continue
            held = outcome.end == ("timeout" if layer == "deadline" else "done") and not outcome.result
            if not held:
                missing[layer] = outcome.result.decode("utf-8", "replace") or f"its probe ended with {outcome.end}"
        return missing

    def close(self) -> None:
        """End the process and everything it forked; remove its folder."""
        self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)  # it ends by itself when its socket closes, unless it is in the middle of a job
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its children die with it (PR_SET_PDEATHSIG)
        self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def _receive(self, seconds: float) -> bytes:
        try:
            if not self._connection.poll(seconds):
                raise SandboxError(f"a sandbox worker did not answer within {seconds:.0f} s")
            return self._connection.recv_bytes()
        except (EOFError, OSError) as error:
            raise SandboxError(f"a sandbox worker died; its last words: {self._last_words()}") from error

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return self._log.read_text(errors="replace").strip()[-2000:] or "none"
        return "none"


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
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(cache),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(threads, "1"),
    }


def _explain(missing: Mapping[str, str]) -> str:
    parts = [f"{layer} ({why}; mend: {MENDS[layer]})" for layer, why in missing.items()]
    return (
        f"isolation does not hold on this machine: {'; '.join(parts)}. Programs written by a model would run with less "
        'isolation than asked for; policy="permissive" accepts that.'
    )


_OPEN: weakref.WeakSet[SandboxPool] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_OPEN):
        pool.close()
