"""The pool of workers: how it recycles and counts, and the faults of a machine, each brought about for real."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from waiting import PATIENCE, children, descriptors, wait_for_end, wait_until

from verl_visual_sdpo.errors import InvalidInputError, JobLostError, SandboxBusyError, SandboxError
from verl_visual_sdpo.inspection.sandbox import Limits, SandboxPool, Upkeep
from verl_visual_sdpo.inspection.sandbox.statistics import Quantiles
from verl_visual_sdpo.inspection.sandbox.turns import Turns

WARM_UP = "def warm_up(): pass\n"
RUN = 'def run(payload, write): exec(payload["code"], {"write": write})\n'
WHO = "import os; write(str(os.getppid()).encode())"
ONCE = Upkeep(retries=0)


@pytest.fixture
def make(tmp_path):
    """``make(warm_up, **settings)`` -> a pool around a driver that executes its payload; closed with the test."""
    pools = []

    def build(warm_up=WARM_UP, **settings):
        path = tmp_path / f"driver{len(pools)}.py"
        path.write_text(warm_up + RUN)
        pools.append(SandboxPool(path, **{"limits": Limits(seconds=60, memory_mib=256, file_mib=8), **settings}))
        return pools[-1]

    yield build
    for pool in pools:
        pool.close()


def run(pool, code, **options):
    return pool.run({"code": code}, **options)


def parent(pool):
    return int(run(pool, WHO).result)


def waits(pool, threads, code="write(b'done')"):
    """Start a job that waits for a file ``go`` in its folder. Returns (its future, its folder, its parent, its pid)."""
    waiting = "import os, time\nopen('here', 'w')\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
    worker, folder = eval(run(pool, "import os; write(repr((os.getppid(), os.getcwd())).encode())").result)
    future = threads.submit(run, pool, waiting + code)
    appears(Path(folder, "here"), future)
    (job,) = children(worker)
    return future, Path(folder), worker, job


def appears(path, future):
    """Wait for a file of a job that runs."""
    wait_until(lambda: path.exists() or future.done(), f"{path} appears")
    assert path.exists(), future.result()


@pytest.fixture
def threads():
    with ThreadPoolExecutor(1) as threads:
        yield threads


# --------------------------------------------------------------------------- upkeep and counts


def test_a_worker_is_replaced_after_its_share_of_jobs(make):
    pool = make(upkeep=Upkeep(jobs=3))
    workers = [parent(pool) for _ in range(7)]
    assert len(set(workers[:3])) == len(set(workers[3:6])) == 1 and len(set(workers)) == 3
    assert pool.statistics.recycled == {"jobs": 2} and pool.statistics.started == 3


def test_a_worker_whose_warm_parent_grows_is_replaced(make):
    leaking = "import os\nkept = []\n"
    leaking += "def warm_up(): os.register_at_fork(before=lambda: kept.append(bytearray(b'x') * (4 << 20)))\n"
    pool = make(leaking, upkeep=Upkeep(growth_mib=64))
    workers = [parent(pool) for _ in range(30)]
    assert 1 < len(set(workers)) < 10
    assert len(set(workers)) - 1 <= pool.statistics.recycled["memory"] <= len(set(workers))


def test_what_a_program_asks_to_have_loaded_is_no_growth(make):
    pool = make(upkeep=Upkeep(growth_mib=8))
    first = parent(pool)
    assert int(run(pool, WHO, imports=["numpy", "pandas"]).result) == first == parent(pool)
    assert pool.statistics.recycled == {}


def test_counts_and_latencies(make):
    pool = make()
    run(pool, "pass")
    run(pool, "import time; time.sleep(60)", seconds=0.2)
    run(pool, "import os; os._exit(3)")
    found = pool.statistics
    assert (found.answered, found.ends) == (3, {"done": 1, "timeout": 1, "killed": 1})
    assert (found.started, found.failed, found.retries, found.busy, found.idle) == (1, 0, 0, 0, 1)
    assert 0.2 <= found.run.max < PATIENCE and 0 < found.run.median <= found.run.p95 <= found.run.max
    assert found.wait.max > found.wait.median, "the first job waited for the start of its worker"


def test_quantiles_are_nearest_ranks():
    assert Quantiles.of(range(1, 101)) == Quantiles(50, 95, 100)
    assert Quantiles.of([2.0]) == Quantiles(2.0, 2.0, 2.0) and Quantiles.of([]) == Quantiles()


@pytest.mark.parametrize("upkeep", [{"jobs": 0}, {"growth_mib": 0}, {"retries": -1}, {"max_waiting": -1}])
def test_wrong_upkeep_is_refused(upkeep):
    (name,) = upkeep
    with pytest.raises(InvalidInputError, match=f"{name} must be at least"):
        Upkeep(**upkeep)


# --------------------------------------------------------------------------- the queue


def test_first_come_first_served():
    turns, order = Turns(1), []

    def caller(name):
        with turns.turn():
            order.append(name)

    with turns.turn():
        callers = [threading.Thread(target=caller, args=(name,)) for name in range(20)]
        for number, thread in enumerate(callers):
            thread.start()
            wait_until(lambda: turns.waiting > number, f"caller {number} waits")  # noqa: B023 (looked at here only)
    for thread in callers:
        thread.join()
    assert order == list(range(20)) and (turns.busy, turns.waiting) == (0, 0)


def test_a_full_queue_says_so_and_a_caller_waits_for_its_turn(make, threads):
    pool = make(upkeep=Upkeep(max_waiting=1))
    first, folder, _, _ = waits(pool, threads)
    with ThreadPoolExecutor(1) as others:
        second = others.submit(run, pool, "write(b'second')")
        wait_until(lambda: pool.statistics.waiting or second.done(), "the second job waits")
        assert pool.statistics.waiting, second.result()
        with pytest.raises(SandboxBusyError, match="max_waiting=1"):
            run(pool, "pass")
        (folder / "go").touch()
        assert (first.result().result, second.result().result) == (b"done", b"second")
    assert second.result().waited > 0


# --------------------------------------------------------------------------- faults


def test_a_worker_killed_while_idle_costs_no_attempt(make):
    pool = make()
    worker = parent(pool)
    os.kill(worker, signal.SIGKILL)
    wait_for_end(worker)
    outcome = run(pool, "write(b'done')")
    assert (outcome.result, outcome.attempts) == (b"done", 1)
    assert (pool.statistics.died_idle, pool.statistics.retries) == (1, 0)


def test_a_worker_killed_amid_a_job_takes_the_job_with_it_and_the_job_is_begun_again(make, threads):
    pool = make()
    future, first, worker, job = waits(pool, threads)
    os.kill(worker, signal.SIGKILL)
    wait_for_end(job)
    (_folder_of_the_job(future, other_than=first) / "go").touch()
    outcome = future.result()
    assert (outcome.result, outcome.attempts) == (b"done", 2)
    assert (pool.statistics.died, pool.statistics.retries, pool.statistics.answered) == (1, 1, 2)


def _folder_of_the_job(future, other_than):
    """Where the job that is being run again waits."""

    def waiting():
        assert not future.done(), future.result()
        every = Path(tempfile.gettempdir()).glob("visual-sdpo-*/job")
        return [folder for folder in every if folder != other_than and (folder / "here").exists()]

    return wait_until(waiting, "the job runs again")[0]


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def test_a_job_that_somebody_else_killed_is_lost_and_not_its_programs_fault(make, threads):
    pool = make(upkeep=ONCE)
    future, _, _, job = waits(pool, threads)
    os.kill(job, signal.SIGKILL)
    with pytest.raises(JobLostError, match="somebody else killed its process") as caught:
        future.result()
    assert caught.value.attempts == 1 and pool.statistics.failed == 1


def test_a_kill_that_the_memory_limit_explains_is_the_programs(make, threads):
    pool = make(upkeep=ONCE)
    big = "import os, time\nx = bytearray(b'x') * (245 << 20)\nopen('full', 'w')\ntime.sleep(60)"
    future, folder, _, job = waits(pool, threads, big)
    (folder / "go").touch()
    appears(folder / "full", future)
    os.kill(job, signal.SIGKILL)
    assert future.result().end == "memory"


def test_a_program_cannot_pass_its_end_off_as_somebody_elses(make):
    code = "import signal\ntry: signal.raise_signal(signal.SIGKILL)\nexcept PermissionError: write(b'refused')"
    pool = make()
    assert run(pool, code).result == b"refused"
    assert run(pool, "import os; os.abort()").end == "killed"


HOGGED = """
import os
def warm_up(): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
"""


def test_time_spent_waiting_for_a_processor_is_not_the_programs(make):
    """0.7 s of work within a second, while two others keep the same processor busy. On a machine so busy that it gets
    not even a tenth of a processor, ten times its limit may be too short; so there are five tries."""
    hog = "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nprint(flush=True)\nwhile True: pass"
    pool = make(HOGGED)
    run(pool, "pass")
    hogs = [subprocess.Popen([sys.executable, "-c", hog], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for one in hogs:
            one.stdout.readline()
        work = "import time\nwhile time.process_time() < 0.7: pass\nwrite(b'done')"
        for _ in range(5):
            worked = run(pool, work, seconds=1.0)
            if worked.end == "done" and worked.seconds > 1.0:
                break
        slept = run(pool, "import time; time.sleep(60)", seconds=0.3)
    finally:
        for one in hogs:
            one.kill()
            one.communicate()
    assert (worked.end, worked.result) == ("done", b"done") and worked.seconds > 1.0
    assert slept.end == "timeout" and slept.seconds < PATIENCE


def test_the_temporary_folder_removed_under_us_is_made_again(make):
    pool = make()
    run(pool, "pass")
    shutil.rmtree(tempfile.gettempdir())
    outcome = run(pool, "open('mine', 'w').write('x'); write(b'done')")
    assert (outcome.result, outcome.attempts) == (b"done", 2)


def test_a_job_whose_folder_was_removed_meanwhile_is_begun_again(make, threads):
    pool = make(upkeep=ONCE)
    future, folder, _, _ = waits(pool, threads, "write(b'done')")
    folder.rename(folder.with_name("elsewhere"))
    (folder.with_name("elsewhere") / "go").touch()
    with pytest.raises(JobLostError, match="is gone"):
        future.result()


def test_a_closed_socket_is_noticed(make):
    pool = make()
    first = parent(pool)
    with socket.socket(fileno=os.dup(pool._idle[0]._connection.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)
    assert parent(pool) != first and pool.statistics.died_idle == 1


STUBBORN = """
import os, resource
def warm_up():
    left = int(open({path!r}).read())
    open({path!r}, "w").write(str(left - 1))
    if left > 0:
        {fault}
"""
NO_FORK = "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0)); os.getuid() or os.setresuid(61234, 61234, 61234)"


@pytest.mark.parametrize("fault", ["raise OSError('no libraries today')", NO_FORK, "os.kill(os.getpid(), 9)"])
@pytest.mark.parametrize("times", [2, 3])
def test_workers_that_cannot_start_or_fork_are_tried_again_a_bounded_number_of_times(make, tmp_path, fault, times):
    counter = tmp_path / "counter"
    counter.write_text(str(times))
    pool = make(STUBBORN.format(path=str(counter), fault=fault), upkeep=Upkeep(retries=2, pause=0.01))
    if times == 2:
        outcome = run(pool, "write(b'done')")
        assert (outcome.result, outcome.attempts) == (b"done", 3)
    else:
        with pytest.raises(SandboxError, match="no libraries today|no process or pipe|died") as caught:
            run(pool, "pass")
        assert caught.value.attempts == 3 and pool.statistics.failed == 1
        assert run(pool, "write(b'alive again')").result == b"alive again"


FULL_DISK = """
import os, subprocess, sys, tempfile
from verl_visual_sdpo.errors import JobLostError
from verl_visual_sdpo.inspection.sandbox import Limits, SandboxPool, Upkeep
driver, folder = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=1777", "none", folder], check=True)
tempfile.tempdir = folder
writes = {"code": "try:\\n open('m', 'wb').write(bytes(2 << 20))\\nexcept OSError as e: write(str(e).encode())"}
fills = {"code": "for i in range(9):\\n open(str(i), 'wb').write(bytes(2 << 20))"}
with SandboxPool(driver, limits=Limits(file_mib=8), upkeep=Upkeep(retries=1, pause=0.01)) as pool:
    print(pool.run(writes))
    with open(os.path.join(folder, "somebody else's"), "wb") as file:
        file.write(bytes(os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize - (1 << 19)))
    try:
        print(pool.run(writes))
    except JobLostError as error:
        print("lost:", error.attempts, error)
    os.unlink(file.name)
    print(pool.run(writes))
    print(pool.run(fills))
"""


def test_a_full_disk_is_ours_and_a_disk_that_a_program_fills_is_its_own(make, tmp_path):
    driver, folder = make().driver, tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", str(folder)], capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    command = ["unshare", "-m", sys.executable, "-c", FULL_DISK, str(driver), str(folder)]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    before, lost, after, own = found.stdout.splitlines()
    assert "end='done'" in before and "result=b''" in before and "result=b''" in after
    assert lost.startswith("lost: 2") and "is full" in lost
    assert "end='killed'" in own and "No space left" in own


def test_nothing_is_left_of_a_pool(make, threads):
    before = descriptors()
    pool = make(upkeep=ONCE)
    parent(pool)
    (busy,) = pool._idle
    future, _, worker, job = waits(pool, threads)
    os.kill(worker, signal.SIGSTOP)  # a parent that does not answer any more, amid a job
    busy.close()
    wait_for_end(job)  # what is killed ends a little later
    with pytest.raises((SandboxError, OSError)):
        future.result()
    pool.close()
    assert not list(Path(tempfile.gettempdir()).iterdir())
    assert descriptors() <= before
