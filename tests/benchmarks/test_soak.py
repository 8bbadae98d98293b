"""A short soak: what the long one promises, on a hundred jobs."""

import subprocess

from soak import soak


def test_a_hundred_jobs_under_fire_are_each_answered_once_and_nothing_is_left():
    with subprocess.Popen(["sleep", "1000"]) as bystander:  # a process of the same parent, such as a browser's driver
        found = soak(jobs=100, workers=2, seed=1, kill_every=12)
        spared = bystander.poll() is None
        bystander.kill()
    assert spared
    # how memory goes is for the long soak to say: these few seconds show little but workers that start and end
    assert [fault for fault in found["faults"] if not fault.startswith("memory of ")] == []
    assert sum(found["statuses"].values()) == found["jobs"]
    given_up = found["statuses"].get("undetermined", 0)
    assert given_up == found["pool"]["failed"] < 5, "only what was killed three times"
    assert sum(found["kills"].values()) >= 5 and found["pool"]["started"] > 2
