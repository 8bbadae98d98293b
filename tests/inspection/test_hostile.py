"""Hostile programs against the real sandbox: none escapes, each is answered, and the pool is as good as before.

See ``hostile_suite.py`` for the form of the programs and ``hostile_canaries.py`` for how an escape is seen.
"""

import os
from unittest import mock

import hostile_suite as suite
import pytest
from hostile_canaries import ENVIRONMENT

PROGRAMS = suite.programs()
BARE = [program for program in PROGRAMS if program.says("bare")]


@pytest.fixture(scope="module")
def found():
    return suite.run(PROGRAMS)


def test_there_are_enough_of_them():
    assert len(PROGRAMS) >= 60 and all(program.says(key) for program in PROGRAMS for key in ("hostile", "expect"))


@pytest.mark.parametrize("screened", [True, False], ids=["screened", "kernel"])
@pytest.mark.parametrize("name", [program.name for program in PROGRAMS])
def test_no_escape_and_an_answer(found, name, screened):
    (run,) = (run for run in found.runs if run.program.name == name and run.screened == screened)
    assert not run.escapes
    assert run.status in run.program.expected | {"forbidden"}, run.detail


def test_bombs_are_bounded(found):
    """The kernel holds memory at 512 MiB beyond the libraries; files and threads are counted every 100 ms, so that a
    fast disk, or a machine on which who counts has to wait, lets more through than the limits of 64 MiB and 1000
    entries. Without them it would be all that a disk takes in a minute."""
    assert found.peaks["MiB of a job"] < 700
    assert found.peaks["MiB in a folder"] < 4096
    assert found.peaks["entries in a folder"] < 100_000
    assert found.peaks["threads of a job"] < 5000
    assert found.looks > 50, "nobody looked"


def test_the_pool_is_healthy_afterwards(found):
    before, after = found.good
    assert before == after
    for pool in found.statistics:  # nor was any program's end taken for a failure of ours and tried again
        assert (pool.failed, pool.retries, pool.died, pool.died_idle, pool.recycled) == (0, 0, 0, 0, {})


def test_nothing_is_left(found):
    assert not any(found.left.values()), found.left


@pytest.mark.parametrize("program", BARE, ids=lambda program: program.name)
def test_the_canaries_see_an_escape(program, tmp_path):
    """The same programs with no layer around them: a suite that finds no escape is worth what its canaries can see."""
    if "as root" in program.says("bare") and os.geteuid() != 0:
        pytest.skip("only root can do that in the first place")
    with mock.patch.dict(os.environ, {ENVIRONMENT: "a secret of the trainer's"}):
        assert suite.bare(program, tmp_path)
