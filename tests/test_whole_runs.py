"""What the tests' runner of whole commands promises: nothing is left of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from waiting import has_ended
from whole_runs import run_whole

DAEMON = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
open("part", "w").write(str(child.pid))
os.rename("part", "pid")
time.sleep(float(sys.argv[1]))
"""


def test_daemons_go_with_a_command_that_ends(tmp_path):
    run_whole([sys.executable, "-c", DAEMON, "0"], env={}, cwd=tmp_path, timeout=120)
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_daemons_go_with_a_command_that_is_ended(tmp_path):
    for patience in (1, 5, 25, 125):  # a busy machine may end it before it has begun
        with pytest.raises(subprocess.TimeoutExpired):
            run_whole([sys.executable, "-c", DAEMON, "600"], env={}, cwd=tmp_path, timeout=patience)
        if (tmp_path / "pid").exists():
            break
    assert has_ended(int((tmp_path / "pid").read_text()))
