"""The warm parent of all jobs: exec'd with a scrubbed environment, it loads the driver once and forks a child a job.

It is started by ``worker.py`` with one socket. A request is two frames: a JSON *head* (limits, layers, imports) for us,
and a *job* (payload for the driver) or a *probe* (an attack that must fail, see ``probes.py``), which the child reads
itself: no program, nor what it drew, is ever in the memory that later children inherit. An answer is three: a JSON
head, the output, the result. The child puts on the jail, says so with one byte, and only then runs the program; so "the
jail could not be put on" (our failure) cannot be forged by, nor blamed on, a program.

A driver is a Python file with ``warm_up()`` and ``run(payload, write)``, where ``write(bytes)`` emits its result. It
may have ``within(serve)``, which calls ``serve`` once, from inside what it needs to have around it, and ``READABLE``,
paths that its jobs may read beyond those of every job.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from verl_visual_sdpo.inspection.sandbox import folder, jail, landlock, losses, privileges, probes
from verl_visual_sdpo.inspection.sandbox.watch import Watch


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRELOADABLE = _words("""
    numpy pandas seaborn networkx pylab PIL.Image scipy scipy.stats scipy.interpolate scipy.signal scipy.ndimage
    scipy.optimize scipy.spatial scipy.cluster.hierarchy mpl_toolkits.mplot3d mpl_toolkits.axes_grid1
    mpl_toolkits.axes_grid1.inset_locator mpl_toolkits.axisartist matplotlib matplotlib.pyplot PIL.ImageDraw
    PIL.ImageFont
""")
"""Modules that the parent may import for a program that asks for them, so that the next one finds them loaded."""

_JAILED, _NOT_JAILED = b"+", b"-"


def main(control_fd: int, configuration: dict[str, Any]) -> None:
    """Load the driver, then serve jobs until the socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trainer's; it closes us when it ends
    with _home(configuration["home"]):
        server = _Server(configuration)

        def serve() -> None:
            with _home(configuration["home"]):
                server.serve(Connection(control_fd))

        getattr(server.driver, "within", _call)(serve)


@contextlib.contextmanager
def _home(path: str) -> Iterator[None]:
    """The worker's folder, as long as it serves: the trainer may have been killed and never will remove it. After a
    failure of ours it stays, with its last words in the log."""
    with contextlib.suppress(BrokenPipeError):  # the trainer was killed while its job ran
        yield
    with contextlib.suppress(OSError):
        folder.remove(path)


def _call(serve: Callable[[], None]) -> None:
    serve()


class _Server:
    def __init__(self, configuration: dict[str, Any]) -> None:
        self.pid = os.getpid()
        self.layers = frozenset(configuration["layers"])
        self.home = Path(configuration["home"])
        self.job_folder = self.home / "job"
        self.job_folder.mkdir(mode=0o700)
        self.loan = (
            privileges.lend(self.home, jail.library_paths()) if "privileges" in self.layers else privileges.Loan()
        )
        if self.loan.uid is not None:
            os.chmod(self.home, 0o711)
            os.chown(self.job_folder, self.loan.uid, self.loan.uid)
        self.folder_id = losses.identity(self.job_folder)
        self.tried: set[str] = set()
        self.driver = _load(configuration["driver"])
        self.driver.warm_up()
        self.ruleset = None
        if "landlock" in self.layers:
            readable = [*jail.readable_paths(), *getattr(self.driver, "READABLE", ())]
            self.ruleset = landlock.ruleset(readable, jail.writable_paths(str(self.job_folder)))
        _settle()

    def serve(self, connection: Connection) -> None:
        """Answer until the socket closes, or a folder cannot be emptied: then the next job needs another worker."""
        connection.send_bytes(json.dumps({"pid": os.getpid(), "uid": self.loan.uid}).encode())
        self.connection, emptied = connection, True
        while emptied:
            try:
                request = json.loads(connection.recv_bytes())
            except EOFError:
                return
            self._preload(request.get("imports", ()))
            emptied = self.supervise(request)

    def _preload(self, names: list[str]) -> None:
        wanted = [name for name in names if name in PRELOADABLE and name not in self.tried]
        for name in wanted:
            self.tried.add(name)
            with contextlib.suppress(Exception):  # absent here: the program will meet the same error, at its own line
                importlib.import_module(name)
        if wanted:
            _settle()

    # ------------------------------------------------------------------ one job

    def supervise(self, request: dict[str, Any]) -> bool:
        """Fork a child for the request, watch over it, answer. Returns whether its folder is empty again.

        The head's ``failure`` says why the jail could not be put on; ``lost`` why the job's end says nothing about
        its program (see ``losses.py``). After either of them a worker is not asked again.
        """
        limits, resident = request["limits"], losses.resident_bytes()
        layers = self.layers if request.get("only") is None else self.layers & set(request["only"])
        started = time.monotonic()
        try:
            result_read, result_write = os.pipe()
            output_read, output_write = os.pipe()
            pid = os.fork()
        except OSError as error:
            self._answer({"lost": f"no process or pipe could be made: {error}"}, b"", b"")
            return True
        if pid == 0:
            self._child(request, layers, result_write, output_write)
        with contextlib.suppress(OSError):  # the child does the same: whoever comes first
            os.setpgid(pid, pid)
        os.close(result_write)
        os.close(output_write)
        with contextlib.closing(Watch(pid, result_read, output_read, limits, layers, self.job_folder)) as watch:
            verdict = watch.until_end(limits["seconds"])
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            watch.drain()
            _, status, usage = os.wait4(pid, 0)
            end = _ending(status, verdict, losses.explanation(usage, resident, limits, self.job_folder))
            lost = losses.reason(end, limits, self.job_folder, self.folder_id)
            emptied = folder.empty(self.job_folder)
            with watch.output as output, watch.result as result, result[:1] as byte, result[1:] as body:
                jailed = byte == _JAILED
                failure = str(body, "utf-8", "replace") if byte == _NOT_JAILED else None
                head = {
                    "end": end,
                    "exit": os.waitstatus_to_exitcode(status),
                    "seconds": time.monotonic() - started,
                    "cpu_seconds": usage.ru_utime + usage.ru_stime,
                    "failure": failure,
                    "lost": lost or (None if jailed or failure else f"it ended before it was jailed ({end})"),
                }
                self._answer(head, output, body)
        return emptied

    def _answer(self, head: dict[str, Any], output: bytes | memoryview, body: bytes | memoryview) -> None:
        """Write the three frames as ``Connection`` does, which would copy the small ones into our memory."""
        for frame in (json.dumps(head).encode(), output, body):
            _write(self.connection.fileno(), struct.pack("!i", len(frame)))
            _write(self.connection.fileno(), frame)

    def _child(self, head: dict[str, Any], layers: frozenset[str], result_fd: int, output_fd: int) -> None:
        """Never returns."""
        code = 70
        try:
            request = json.loads(self.connection.recv_bytes())
            result_fd, ruleset = self._settle_child(result_fd, output_fd)
            try:
                jail.enter(layers, head["limits"], ruleset, self.loan)
            except OSError as error:
                _write(result_fd, _NOT_JAILED + str(error).encode())
                return
            _write(result_fd, _JAILED)
            if "probe" in request:
                probes.run(request["probe"], request["arguments"], lambda data: _write(result_fd, data))
            else:
                self.driver.run(request["payload"], lambda data: _write(result_fd, data))
            code = 0
        except MemoryError:
            code = 71
        except Exception:  # a driver catches what its program raises; the rest is for whoever reads the output
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _settle_child(self, result_fd: int, output_fd: int) -> tuple[int, int | None]:
        """Own group, own folder, no descriptor but null, output, result and the ruleset. Returns the last two."""
        os.setpgid(0, 0)
        jail.die_with_parent(self.pid)
        for number in (signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        keep = [os.open(os.devnull, os.O_RDONLY), output_fd, output_fd, result_fd]
        keep += [] if self.ruleset is None else [self.ruleset]
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(keep)]  # out of the way, so that no target is a source
        for target, fd in enumerate(high):
            os.dup2(fd, target, inheritable=False)
        os.closerange(len(high), _no_descriptor_beyond())
        sys.stdin, sys.stdout = open(0), open(1, "w", errors="replace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
        os.chdir(self.job_folder)
        os.umask(0o077)
        os.environ.update(HOME=str(self.job_folder), TMPDIR=str(self.job_folder))
        tempfile.tempdir = str(self.job_folder)
        return 3, None if self.ruleset is None else 4


def _ending(status: int, verdict: str, explanation: str) -> str:
    """done, memory, killed or the ``verdict`` for which we ended it; "stopped" when somebody else killed it.

    ``explanation``: what a SIGKILL that is not ours would be for, if the job's own doing explains it.
    """
    if verdict:
        return verdict
    if os.WIFSIGNALED(status):
        return {signal.SIGXCPU: "timeout", signal.SIGKILL: explanation}.get(os.WTERMSIG(status), "killed")
    return {0: "done", 71: "memory"}.get(os.WEXITSTATUS(status), "killed")


def _no_descriptor_beyond() -> int:
    """The trainer's own number of our socket may be a high one: it had as many files open."""
    return 1 + max(int(name) for name in os.listdir("/proc/self/fd"))


def _write(fd: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _load(path: str) -> ModuleType:
    """Load a driver as a script is loaded: its folder comes first on the path, so that it finds its own parts."""
    sys.path.insert(0, os.path.dirname(path))
    try:
        name = Path(path).stem
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.pop(0)


def _settle() -> None:
    """Move all that lives into the permanent generation: children then share its pages instead of copying them."""
    gc.collect()
    gc.freeze()
