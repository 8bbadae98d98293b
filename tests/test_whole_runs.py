"""What the tests' runner of whole commands promises: nothing is left of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from waiting import has_ended
from whole_runs import run_whole

DAEMON = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
open("pid", "w").write(str(child.pid))
time.sleep(float(sys.argv[1]))
"""


@pytest.mark.parametrize("seconds", ["0", "600"], ids=["it ends", "it is ended"])
def test_daemons_go_with_the_command(tmp_path, seconds):
    try:
        run_whole(
            [sys.executable, "-c", DAEMON, seconds], env={}, cwd=tmp_path, timeout=10 if seconds == "600" else 120
        )
    except subprocess.TimeoutExpired:
        assert seconds == "600"
    started = (tmp_path / "pid").read_text() if (tmp_path / "pid").exists() else ""
    assert started or seconds == "600", "a busy machine may end it before it has begun"
    assert not started or has_ended(int(started))
