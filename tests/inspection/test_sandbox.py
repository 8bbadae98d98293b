"""The sandbox as its users see it: how jobs end, what they cannot do, and that nothing stays behind.

The driver of these tests runs whatever code a job brings, with no screen in front: only the layers stand in its way.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from waiting import PATIENCE, wait_for_end, wait_until

from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.sandbox import LAYERS, Limits, SandboxPool
from verl_visual_sdpo.inspection.sandbox.worker import Worker


@pytest.fixture(scope="module")
def pool(driver):
    os.environ["SECRET_TOKEN"] = "hunter2"
    with SandboxPool(driver, limits=Limits(seconds=5, memory_mib=256, file_mib=8, result_mib=4)) as pool:
        yield pool
    del os.environ["SECRET_TOKEN"]


def run(pool, code, **options):
    return pool.run({"code": code}, **options)


def test_every_layer_holds_here(pool):
    assert set(LAYERS) <= set(pool.layers)


def test_a_job_hands_over_its_result_and_its_output(pool):
    outcome = run(pool, "print('said'); write(b'one'); write(b'two')")
    assert (outcome.end, outcome.result, outcome.output) == ("done", b"onetwo", "said\n")
    assert 0 < outcome.seconds < PATIENCE


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("while True: pass", "timeout"),
        ("import time; time.sleep(60)", "timeout"),
        ("import os, time; os.close(1); os.close(2); os.close(3); time.sleep(60)", "timeout"),
        ("bytearray(1 << 30)", "memory"),
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", "memory"),
        ("import os; os._exit(0)", "done"),
        ("import os; os._exit(3)", "killed"),
        ("import ctypes; ctypes.string_at(0)", "killed"),
        ("while True: write(bytes(1 << 20))", "oversize"),
    ],
)
def test_how_jobs_end(pool, code, end):
    assert run(pool, code, seconds=1.0 if end == "timeout" else 60.0).end == end


def test_output_keeps_its_tail(pool):
    output = run(pool, "for i in range(100_000): print(i)").output
    assert output.endswith("99999\n") and len(output) <= pool.limits.output_chars


@pytest.mark.parametrize(
    "attack",
    [
        "open('/etc/passwd')",
        "import os; os.listdir('/')",
        "import os; os.listdir('/proc')",
        "open('../escape', 'w')",
        "import os; os.symlink('/etc/passwd', 'link')",
        "import os; os.chmod('/', 0o777)",
        "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "import socket; socket.socket()",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import os; os.fork()",
        "import subprocess; subprocess.run(['/bin/true'])",
        "import os; os.kill(os.getppid(), 9)",
        "import os; os.kill(-1, 9)",
        "import os; os.setsid()",
        "import os; os.setuid(1)",
        "import os; os.pidfd_open(os.getppid())",
        "import os; os.memfd_create('code')",
    ],
)
def test_attacks_are_refused(pool, attack):
    code = f"try:\n exec({attack!r})\nexcept PermissionError: write(b'refused')\n"
    assert run(pool, code).result == b"refused"


def test_no_secret_is_in_reach(pool):
    assert os.environ["SECRET_TOKEN"]
    assert b"SECRET_TOKEN" not in run(pool, "import os; write(' '.join(os.environ).encode())").result


def test_files_are_bounded_and_gone_with_the_job(pool):
    big = "try:\n open('big', 'wb').write(bytes(9 << 20))\nexcept OSError: write(b'refused')"
    assert run(pool, big).result == b"refused"
    run(pool, "import os; os.makedirs('a/b'); open('a/b/c', 'w').write('x')")
    assert run(pool, "import os; write(str(os.listdir('.')).encode())").result == b"[]"


def test_jobs_run_side_by_side(driver):
    wait = "import os, time\nopen('here', 'w')\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
    with SandboxPool(driver, workers=2) as pool, ThreadPoolExecutor(1) as threads:
        folder = Path(run(pool, "import os; write(os.getcwd().encode())").result.decode())
        first = threads.submit(run, pool, wait, seconds=60)
        wait_until((folder / "here").exists, "the first job runs")
        assert run(pool, "write(b'second')").result == b"second" and not first.done()
        (folder / "go").touch()
        assert first.result().end == "done"


def test_a_worker_that_died_between_jobs_is_replaced(driver):
    with SandboxPool(driver) as pool:
        first = int(run(pool, "import os; write(str(os.getppid()).encode())").result)
        os.kill(first, signal.SIGKILL)
        second = int(run(pool, "import os; write(str(os.getppid()).encode())").result)
    assert first != second


def test_workers_that_keep_dying_are_our_failure(driver):
    with pytest.warns(RuntimeWarning, match="seccomp"):
        pool = SandboxPool(driver, policy="permissive", without=("seccomp", "landlock", "privileges"))
        with pool, pytest.raises(SandboxError, match="died"):
            run(pool, "import os; os.kill(os.getppid(), 9)")


def test_strict_names_the_missing_layer_and_its_mend(driver):
    missing = pytest.raises(SandboxUnavailableError, match="landlock.*CONFIG_SECURITY_LANDLOCK")
    with SandboxPool(driver, without=("landlock",)) as pool, missing:
        run(pool, "pass")


@pytest.mark.parametrize("layer", ["output", "folder", "limits", "privileges", "landlock", "seccomp"])
def test_the_probe_of_a_layer_sees_that_it_is_gone(driver, layer, monkeypatch):
    asked = Worker.ask

    def without_layer(worker, request):
        if request.get("probe") == layer:
            request["arguments"]["sleep"] = 0.2
        return asked(worker, request | {"only": [x for x in request["only"] if x != layer]})

    monkeypatch.setattr(Worker, "ask", without_layer)
    with SandboxPool(driver) as pool, pytest.raises(SandboxUnavailableError, match=f"{layer} \\(a job "):
        run(pool, "pass")


def test_closing_leaves_nothing_behind(driver):
    pool = SandboxPool(driver)
    worker, folder = eval(run(pool, "import os; write(repr((os.getppid(), os.getcwd())).encode())").result)
    pool.close()
    assert not Path(f"/proc/{worker}").exists() and not Path(folder).parent.exists()
    with pytest.raises(SandboxError, match="closed"):
        run(pool, "pass")


def test_a_killed_trainer_leaves_nothing_behind(driver):
    code = (
        "import sys, time; from verl_visual_sdpo.inspection.sandbox import SandboxPool; p = SandboxPool(sys.argv[1]); "
        "o = p.run({'code': 'import os; write(repr((os.getppid(), os.getcwd())).encode())'}); "
        "print(o.result.decode(), flush=True); time.sleep(60)"
    )
    trainer = subprocess.Popen([sys.executable, "-c", code, str(driver)], stdout=subprocess.PIPE, text=True)
    worker, folder = eval(trainer.stdout.readline())
    trainer.kill()
    trainer.communicate()
    wait_for_end(worker)
    assert not Path(folder).parent.exists()


def test_what_was_killed_altogether_is_swept_by_the_next(driver, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, used = SandboxPool(driver), SandboxPool(driver)
    with used:
        for pool in (dead, used):
            pool.layers  # noqa: B018 (starts a worker)
        (home,) = {worker.home for worker in dead._idle}
        (kept,) = {worker.home for worker in used._idle}
        os.kill(dead._idle[0].pid, signal.SIGKILL)
        dead._idle[0]._process.wait()
        for folder in (home, kept):
            os.utime(folder, (0, 0))
        with SandboxPool(driver) as pool:
            pool.layers  # noqa: B018
        assert not home.exists() and kept.exists()
        assert run(used, "write(b'alive')").result == b"alive"
    dead.close()


def test_a_pool_does_not_cross_a_fork(pool):
    pool.layers  # noqa: B018 (a worker is idle)
    pid = os.fork()
    if pid == 0:
        try:
            run(pool, "pass")
        except SandboxError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert run(pool, "write(b'alive')").result == b"alive"


def test_many_threads_share_one_worker(pool):
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda i=i: results.append(run(pool, f"write(b'{i}')").result)) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [str(i).encode() for i in range(8)]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"policy": "lax"}, "lax.*strict"), ({"workers": 0}, "at least one"), ({"limits": {"seconds": 0}}, "seconds.*0")],
)
def test_wrong_settings_are_refused(driver, options, message):
    with pytest.raises(InvalidInputError, match=message):
        options = dict(options)
        if "limits" in options:
            options["limits"] = Limits(**options["limits"])
        SandboxPool(driver, **options)
