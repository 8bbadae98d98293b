"""The warm parent of all jobs: exec'd with a scrubbed environment, it loads the driver once and forks a child a job.

It is started by ``worker.py`` with one socket and speaks JSON frames over it: a *job* (payload for the driver) or a
*probe* (an attack that must fail, see ``probes.py``). The child puts on the jail, says so with one byte, and only then
sees the program; so "the jail could not be put on" (our failure) cannot be forged by, nor blamed on, a program.

A driver is a Python file with ``warm_up()`` and ``run(payload, write)``, where ``write(bytes)`` emits its result.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import selectors
import shutil
import signal
import sys
import tempfile
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from verl_visual_sdpo.inspection.sandbox import jail, landlock, losses, probes


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRELOADABLE = _words("""
    numpy pandas seaborn networkx pylab PIL.Image scipy scipy.stats scipy.interpolate scipy.signal scipy.ndimage
    scipy.optimize scipy.spatial scipy.cluster.hierarchy mpl_toolkits.mplot3d mpl_toolkits.axes_grid1
    mpl_toolkits.axes_grid1.inset_locator mpl_toolkits.axisartist
""")
"""Modules that the parent may import for a program that asks for them, so that the next one finds them loaded."""

SETUP_SECONDS = 60.0
"""Within which a child must have put on its jail, however busy the machine."""

_JAILED, _NOT_JAILED = b"+", b"-"


def main(control_fd: int, configuration: dict[str, Any]) -> None:
    """Load the driver, then serve jobs until the socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trainer's; it closes us when it ends
    try:
        _Server(configuration).serve(Connection(control_fd))
    except BrokenPipeError:  # the trainer was killed while its job ran
        pass
    finally:
        shutil.rmtree(configuration["home"], ignore_errors=True)  # the trainer may have been killed and never will


class _Server:
    def __init__(self, configuration: dict[str, Any]) -> None:
        self.pid = os.getpid()
        self.layers = frozenset(configuration["layers"])
        self.home = Path(configuration["home"])
        self.job_folder = self.home / "job"
        self.job_folder.mkdir(mode=0o700)
        self.uid = jail.lendable_uid(configuration["slot"]) if "privileges" in self.layers else None
        if self.uid is not None:
            os.chmod(self.home, 0o711)
            os.chown(self.job_folder, self.uid, self.uid)
        self.folder_id = losses.identity(self.job_folder)
        self.tried: set[str] = set()
        self.driver = _load(configuration["driver"])
        self.driver.warm_up()
        self.ruleset = None
        if "landlock" in self.layers:
            self.ruleset = landlock.ruleset(jail.readable_paths(), jail.writable_paths(str(self.job_folder)))
        _settle()

    def serve(self, connection: Connection) -> None:
        connection.send_bytes(json.dumps({"pid": os.getpid(), "uid": self.uid}).encode())
        while True:
            try:
                request = json.loads(connection.recv_bytes())
            except EOFError:
                return
            self._preload(request.get("imports", ()))
            header, body = self.supervise(request)
            connection.send_bytes(json.dumps(header).encode())
            connection.send_bytes(body)

    def _preload(self, names: list[str]) -> None:
        wanted = [name for name in names if name in PRELOADABLE and name not in self.tried]
        for name in wanted:
            self.tried.add(name)
            with contextlib.suppress(Exception):  # absent here: the program will meet the same error, at its own line
                importlib.import_module(name)
        if wanted:
            _settle()

    # ------------------------------------------------------------------ one job

    def supervise(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Fork a child for the request and watch over it. Returns what happened and the bytes the driver emitted.

        The header's ``failure`` says why the jail could not be put on; ``lost`` why the job's end says nothing about
        its program (see ``losses.py``).
        """
        limits, resident = request["limits"], losses.resident_bytes()
        started = time.monotonic()
        try:
            result_read, result_write = os.pipe()
            output_read, output_write = os.pipe()
            pid = os.fork()
        except OSError as error:
            return {"lost": f"no process or pipe could be made: {error}"}, b""
        if pid == 0:
            self._child(request, result_write, output_write)
        with contextlib.suppress(OSError):  # the child does the same: whoever comes first
            os.setpgid(pid, pid)
        os.close(result_write)
        os.close(output_write)
        watch = _Watch(pid, result_read, output_read, limits)
        overdue = watch.until_end(limits["seconds"])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        watch.drain()
        _, status, usage = os.wait4(pid, 0)
        jailed, body = bytes(watch.result[:1]), bytes(watch.result[1:])
        end = _ending(status, overdue, watch.oversize, losses.explanation(usage, resident, limits, self.job_folder))
        lost = losses.reason(end, limits, self.job_folder, self.folder_id)
        self._clean()
        header = {
            "end": end,
            "exit": os.waitstatus_to_exitcode(status),
            "seconds": time.monotonic() - started,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "output": watch.output.decode("utf-8", "replace"),
            "failure": body.decode("utf-8", "replace") if jailed == _NOT_JAILED else None,
            "lost": lost or (None if jailed else f"it ended before it was jailed ({end})"),
        }
        return header, body

    def _child(self, request: dict[str, Any], result_fd: int, output_fd: int) -> None:
        """Never returns."""
        code = 70
        try:
            result_fd, ruleset = self._settle_child(result_fd, output_fd)
            layers = self.layers if request.get("only") is None else self.layers & set(request["only"])
            try:
                jail.enter(layers, request["limits"], ruleset, self.uid)
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
        os.closerange(len(high), 1024)
        sys.stdin, sys.stdout = open(0), open(1, "w", errors="replace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", errors="replace", closefd=False, buffering=1)  # noqa: SIM115
        os.chdir(self.job_folder)
        os.umask(0o077)
        os.environ.update(HOME=str(self.job_folder), TMPDIR=str(self.job_folder))
        tempfile.tempdir = str(self.job_folder)
        return 3, None if self.ruleset is None else 4

    def _clean(self) -> None:
        entries: list[os.DirEntry] = []
        with contextlib.suppress(FileNotFoundError):  # removed under us: the job counts as lost
            entries = list(os.scandir(self.job_folder))
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


class _Watch:
    """Collects what a child writes, within bounds, until it ends or its time is up."""

    def __init__(self, pid: int, result_fd: int, output_fd: int, limits: dict[str, Any]) -> None:
        self.result, self.output, self.oversize = bytearray(), bytearray(), False
        self._result_cap, self._output_cap = int(limits["result_mib"]) << 20, int(limits["output_chars"])
        self._selector = selectors.DefaultSelector()
        self._pidfd = os.pidfd_open(pid)
        self._selector.register(self._pidfd, selectors.EVENT_READ, None)
        self._pipes = {result_fd: self._take_result, output_fd: self._take_output}
        for fd in self._pipes:
            os.set_blocking(fd, False)
            self._selector.register(fd, selectors.EVENT_READ)

    def until_end(self, seconds: float) -> bool:
        """True when the time was up first. The clock starts with the jail's byte: setting up is not the program."""
        deadline, running = time.monotonic() + SETUP_SECONDS, False
        while not self.oversize:
            if self.result and not running:
                deadline, running = time.monotonic() + seconds, True
            left = deadline - time.monotonic()
            if left <= 0:
                return True
            for key, _ in self._selector.select(left):
                if key.fd == self._pidfd:
                    return False
                self._read(key.fd)
        return False

    def drain(self) -> None:
        """Read what a dead child left in its pipes, and close them."""
        for fd in list(self._pipes):
            while self._read(fd):
                pass
            os.close(fd)
        self._selector.close()
        os.close(self._pidfd)

    def _read(self, fd: int) -> bool:
        try:
            data = os.read(fd, 1 << 16)
        except BlockingIOError:
            return False
        if not data:
            with contextlib.suppress(KeyError):
                self._selector.unregister(fd)
            return False
        self._pipes[fd](data)
        return True

    def _take_result(self, data: bytes) -> None:
        if len(self.result) + len(data) > self._result_cap:
            self.oversize = True
        else:
            self.result += data

    def _take_output(self, data: bytes) -> None:
        self.output += data
        del self.output[: -self._output_cap]


def _ending(status: int, overdue: bool, oversize: bool, explanation: str) -> str:
    """done, timeout, memory, oversize or killed; "stopped" when somebody else killed it.

    ``explanation``: what a SIGKILL that is not ours would be for, if the job's own doing explains it.
    """
    if oversize:
        return "oversize"
    if overdue:
        return "timeout"
    if os.WIFSIGNALED(status):
        return {signal.SIGXCPU: "timeout", signal.SIGKILL: explanation}.get(os.WTERMSIG(status), "killed")
    return {0: "done", 71: "memory"}.get(os.WEXITSTATUS(status), "killed")


def _write(fd: int, data: bytes) -> None:
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
