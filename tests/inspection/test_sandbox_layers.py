"""The layers piece by piece: the folder, the lent user, the filter of system calls, memory between jobs."""

import errno
import os
import re
import resource
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from verl_visual_sdpo import doctor
from verl_visual_sdpo.inspection.sandbox import LAYERS, Limits, SandboxPool, folder, jail, layers, privileges, seccomp
from verl_visual_sdpo.inspection.sandbox.syscalls import ALLOWED, RESTRICTED

# --------------------------------------------------------------------------- the folder


def test_a_folder_is_measured(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(bytes(100_000))
    found, entries = folder.usage(tmp_path, 1 << 30, 100)
    assert 100_000 <= found < 150_000 and entries == 3
    assert folder.usage(tmp_path, 1 << 30, 1)[1] == 2, "counting stops beyond the limit"
    assert folder.usage(tmp_path / "gone", 1, 1) == (0, 0)


def test_a_sparse_file_counts_by_its_blocks(tmp_path):
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 30)
    assert folder.usage(tmp_path, 1 << 40, 10)[0] < 1 << 20


def test_what_a_careless_cleaning_trips_over_is_removed(tmp_path):
    work, outside = tmp_path / "work", tmp_path / "outside"
    (outside / "kept").mkdir(parents=True)
    work.mkdir()
    os.symlink(outside, work / "link")
    for mode in (0o000, 0o100, 0o300, 0o500):
        (work / f"{mode:o}" / "inside" / "deeper").mkdir(parents=True)
        (work / f"{mode:o}" / "inside").chmod(mode)
        (work / f"{mode:o}").chmod(mode)
    os.mkdir(os.fsencode(work) + b"/\xff\n*")
    assert folder.empty(work) and os.listdir(work) == []
    assert (outside / "kept").is_dir()


def test_no_depth_is_too_great(tmp_path):
    home, back = os.open(".", os.O_RDONLY), tmp_path / "deep"
    back.mkdir()
    os.chdir(back)
    try:
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.fchdir(home)
        os.close(home)
    assert folder.usage(back, 1 << 40, 10_000)[1] == 3000
    assert folder.remove(back) and not back.exists() and folder.remove(back)


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("for i in range(9): open(str(i), 'wb').write(bytes(1 << 20))", "disk"),
        ("import os\nfor i in range(60): os.mkdir(str(i))", "disk"),
        ("import os\nfor i in range(60): os.mkdir('d'); os.chdir('d')", "disk"),
        (
            "import threading, time\nfor i in range(9): threading.Thread(target=time.sleep, args=(60,)).start()",
            "threads",
        ),
        ("while True: print('x' * 1000)", "oversize"),
    ],
)
def test_more_than_a_job_may_have_ends_it(driver, code, end):
    limits = Limits(seconds=60, folder_mib=4, folder_entries=50, threads=40 if end == "disk" else 5, result_mib=1)
    code += "\nimport time; time.sleep(60)"
    with SandboxPool(driver, limits=limits) as pool:
        outcome = pool.run({"code": code})
        refused = end == "threads" and "can't start new thread" in outcome.output
        assert outcome.end == end or refused, outcome
        assert pool.run({"code": "import os; write(repr(os.listdir()).encode())"}).result == b"[]"


# --------------------------------------------------------------------------- between jobs


def test_no_program_inherits_a_descriptor_however_many_the_trainer_has_open(driver):
    files = [open(os.devnull) for _ in range(1100)]  # noqa: SIM115
    try:
        with SandboxPool(driver, limits=Limits(open_files=4096)) as pool:
            code = "import os\nfor fd in range(5, 4096):\n try: os.fstat(fd); write(b'%d ' % fd)\n except OSError: pass"
            assert pool.run({"code": code}).result == b""
    finally:
        for file in files:
            file.close()


# --------------------------------------------------------------------------- the lent user


def in_child(action):
    """What ``action`` writes down in a forked child, as text."""
    out, into = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            os.write(into, repr(action()).encode())
        except BaseException as error:
            os.write(into, repr(error).encode())
        finally:
            os._exit(0)
    os.close(into)
    with open(out) as file:
        text = file.read()
    os.waitpid(pid, 0)
    return text


root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend a user")


@root
def test_a_lent_user_has_no_power_and_cannot_come_back(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("mine")
    secret.chmod(0o600)

    def attempts():
        privileges.drop(privileges.Loan(61_234))
        refused = []
        for attempt in (
            secret.read_text,
            lambda: os.setuid(0),
            lambda: os.setgroups([0]),
            lambda: os.kill(os.getppid(), 0),
            lambda: os.chown(".", 0, 0),
        ):
            try:
                attempt()
            except PermissionError:
                refused.append(True)
        return os.getresuid(), os.getresgid(), os.getgroups(), sorted(privileges.effective()), len(refused)

    assert in_child(attempts) == repr(((61_234,) * 3, (61_234,) * 3, [], [], 5))


@root
def test_a_user_that_may_read_all_may_write_nothing(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("mine")
    secret.chmod(0o600)

    def attempts():
        privileges.drop(privileges.Loan(61_234, reads_all=True))
        try:
            secret.write_text("yours")
        except PermissionError:
            return secret.read_text(), sorted(privileges.effective())

    assert in_child(attempts) == repr(("mine", [2]))


@root
def test_root_without_capabilities_lends_nobody_and_says_why(tmp_path):
    def lend():
        privileges.drop(privileges.Loan())
        return privileges.lend(tmp_path, []).why_not

    assert "CAP_SETUID" in in_child(lend)


@root
def test_what_everyone_may_read_needs_no_capability(tmp_path):
    assert not privileges.lend(Path("/home-of-a-worker"), ["/usr/lib"]).reads_all
    (tmp_path / "closed").mkdir(mode=0o700)
    loan = privileges.lend(Path("/home-of-a-worker"), [str(tmp_path / "closed")])
    assert loan.uid is not None and loan.reads_all


@root
def test_a_user_is_lent_to_one_at_a_time(monkeypatch):
    """Also where numbers of processes, which say where to begin, lie 4000 apart."""
    monkeypatch.setattr(os, "getpid", lambda: 7)
    loans = [privileges.lend(Path("/home-of-a-worker"), []) for _ in range(3)]
    first, second, third = (loan.uid for loan in loans)
    assert first < second < third < first + 100
    del loans[1]
    assert privileges.lend(Path("/home-of-a-worker"), []).uid == second, "given back"


@root
def test_a_worker_holds_its_user_as_long_as_it_lives(driver):
    with SandboxPool(driver) as pool:
        uid = int(pool.run({"code": "import os; write(str(os.getuid()).encode())"}).result)
        with pytest.raises(OSError, match="in use"):
            privileges.Hold(f"visual-sdpo-user-{uid}")
    privileges.Hold(f"visual-sdpo-user-{uid}")


@root
def test_a_program_runs_as_its_own_user(driver):
    with SandboxPool(driver) as pool:
        assert "own-uid" in pool.layers
        uid, files = eval(pool.run({"code": "import os; write(repr((os.getuid(), os.listdir())).encode())"}).result)
        assert uid >= privileges.FIRST_UID and files == []


def test_a_users_other_processes_do_not_count_as_the_programs():
    """RLIMIT_NPROC counts by user: it is set where the user is the job's own, and only there."""
    limits = {"seconds": 5, "memory_mib": 512, "file_mib": 1, "open_files": 64, "threads": 7}

    def processes(own_uid):
        jail.set_limits(limits, own_uid=own_uid)
        return resource.getrlimit(resource.RLIMIT_NPROC)[0]

    assert in_child(lambda: processes(True)) == "7"
    assert in_child(lambda: processes(False)) == repr(resource.getrlimit(resource.RLIMIT_NPROC)[0])


# --------------------------------------------------------------------------- the filter

HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+) (\d+)"),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+) (\d+)"),
}
RENAMED = {"newfstatat": "fstatat", "umount2": "umount"}  # asm-generic's names where both word sizes differ


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_numbers_are_the_kernels(machine):
    header, pattern = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"no kernel header for {machine} here")
    known = {name: int(number) for name, number in re.findall(pattern, header.read_text())}
    for name, number in (ALLOWED[machine] | RESTRICTED[machine]).items():
        assert known.get(name, known.get(RENAMED.get(name, ""))) == number, name


def evaluate(code, machine, number, *arguments, arch=None):
    """What the filter returns for a call: a little of BPF, as the kernel runs it."""
    arguments = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack(
        "=IIQ6Q", number, arch or seccomp._AUDIT_ARCH[machine], 0, *[a & (1 << 64) - 1 for a in arguments]
    )
    position, accumulator = 0, 0
    while True:
        op, if_true, if_false, k = struct.unpack_from("=HBBI", code, 8 * position)
        position += 1
        if op == 0x06:
            return k
        if op == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, k)
        else:
            holds = {0x15: accumulator == k, 0x35: accumulator >= k, 0x45: bool(accumulator & k)}[op]
            position += if_true if holds else if_false


ALLOW, KILL = 0x7FFF0000, 0x80000000
DENY, ABSENT = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_allows_what_is_listed_and_nothing_else(machine):
    code, call = seccomp.program(machine, pid=77), RESTRICTED[machine]
    listed = set(ALLOWED[machine].values())
    for number in range(600):
        if number not in call.values():
            assert evaluate(code, machine, number) == (ALLOW if number in listed else DENY), number
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[machine]
    assert evaluate(code, machine, 1, arch=seccomp._AUDIT_ARCH[other]) == KILL
    assert evaluate(code, machine, 1, arch=0x40000003) == KILL, "32-bit calls have numbers of their own"
    thread, fork = 0x003D0F00, 17
    assert evaluate(code, machine, call["clone"], thread) == ALLOW
    assert evaluate(code, machine, call["clone"], fork) == DENY
    assert evaluate(code, machine, call["clone3"]) == ABSENT, "the C library falls back to clone"
    assert evaluate(code, machine, call["tgkill"], 77, 77, 6) == ALLOW
    assert evaluate(code, machine, call["tgkill"], 77, 77, 9) == DENY, "it would look like somebody else's kill"
    assert evaluate(code, machine, call["tgkill"], 78, 78, 6) == DENY
    assert evaluate(code, machine, call["fcntl"], 0, 4) == ALLOW
    assert evaluate(code, machine, call["fcntl"], 0, 8) == DENY, "F_SETOWN has signals sent"
    assert evaluate(code, machine, call["ioctl"], 0, 0x5412) == DENY, "TIOCSTI types into a terminal"
    assert evaluate(code, machine, call["prctl"], 15) == ALLOW
    assert evaluate(code, machine, call["prctl"], 1) == DENY
    assert evaluate(code, machine, call["prlimit64"], 0, 7, 0, 1 << 40) == ALLOW
    assert evaluate(code, machine, call["prlimit64"], 77, 7, 0) == ALLOW
    assert evaluate(code, machine, call["prlimit64"], 0, 7, 1 << 40) == DENY, "a new limit beyond 32 bits is one too"
    assert evaluate(code, machine, call["prlimit64"], 78, 7, 0) == DENY


def test_x32_calls_have_no_back_door():
    code = seccomp.program("x86_64", pid=77)
    assert all(evaluate(code, "x86_64", 0x40000000 | number) == DENY for number in range(600))


# --------------------------------------------------------------------------- what is missing is named


def test_every_layer_says_what_it_stops_and_how_to_mend_it():
    assert {layer.name for layer in layers.CATALOGUE} == set(LAYERS)
    assert all(layer.stops and layer.mend for layer in (*layers.CATALOGUE, layers.OWN_UID))


def test_doctor_has_a_line_for_each_layer_also_when_one_is_missing():
    found = {check.name: check for check in doctor.layer_checks({"seccomp": "a job could fork"})}
    assert set(found) == set(LAYERS)
    assert (found["seccomp"].state, found["landlock"].state) == ("bad", "ok")
    assert "a job could fork" in found["seccomp"].detail and "CONFIG_SECCOMP_FILTER" in found["seccomp"].mend


def test_doctor_says_why_no_user_is_lent():
    check = doctor.own_uid_check(lent=False)
    assert check.state == "absent" and check.mend


WITHOUT_LANDLOCK = """
import ctypes, sys, warnings
from verl_visual_sdpo.errors import SandboxUnavailableError
from verl_visual_sdpo.inspection.sandbox import SandboxPool, landlock, seccomp
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
op, allow, absent = seccomp._op, 0x7FFF0000, 0x00050000 | 38
filter = b"".join([op(0x20, 0), op(0x35, 444, 0, 2), op(0x35, 447, 1, 0), op(6, absent), op(6, allow)])
fprog = seccomp._Program(len(filter) // 8, filter)
assert libc.prctl(22, 2, ctypes.byref(fprog), 0, 0) == 0 and landlock.abi() == 0
try:
    with SandboxPool(sys.argv[1]) as pool:
        pool.layers
except SandboxUnavailableError as error:
    print("strict:", sorted(error.missing), "lsm=" in str(error))
with warnings.catch_warnings(record=True) as said, SandboxPool(sys.argv[1], policy="permissive", workers=2) as pool:
    warnings.simplefilter("always")
    print("permissive:", pool.run({"code": "write(b'done')"}).result, "landlock" in pool.layers)
    pool.run({"code": "pass"})
print("warned:", sum("landlock" in str(w.message) for w in said))
"""


WITHOUT_FILTERS = """
import ctypes, platform, sys
from verl_visual_sdpo.errors import SandboxUnavailableError
from verl_visual_sdpo.inspection.sandbox import SandboxPool, seccomp
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
prctl, allow, refused = {"x86_64": 157, "aarch64": 167}[platform.machine()], 0x7FFF0000, 0x00050000 | 22
code = [seccomp._op(0x20, 0), seccomp._op(0x15, prctl, 0, 3), seccomp._load(0), seccomp._op(0x15, 22, 0, 1)]
filter = b"".join([*code, seccomp._op(6, refused), seccomp._op(6, allow)])
fprog = seccomp._Program(len(filter) // 8, filter)
assert libc.prctl(22, 2, ctypes.byref(fprog), 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(fprog), 0, 0) != 0
try:
    with SandboxPool(sys.argv[1]) as pool:
        pool.layers
except SandboxUnavailableError as error:
    print(sorted(error.missing), "refused the filter" in str(error), "CONFIG_SECCOMP_FILTER" in str(error))
"""


def test_a_layer_that_the_kernel_refuses_is_named_with_its_mend(driver):
    command = [sys.executable, "-c", WITHOUT_FILTERS, str(driver)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ended.stdout.splitlines() == ["['seccomp'] True True"], ended


def test_a_kernel_without_landlock_is_refused_by_strict_and_warned_of_once_by_permissive(driver):
    """A container whose filter knows no Landlock: its system calls answer ENOSYS, as they do there."""
    command = [sys.executable, "-c", WITHOUT_LANDLOCK, str(driver)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ended.stdout.splitlines() == ["strict: ['landlock'] True", "permissive: b'done' False", "warned: 1"], ended
