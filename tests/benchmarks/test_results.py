"""Rows of a run on disk: what is there is kept, what is new is written as it comes, and whose fault a failure is."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.benchmarks.results import BrokenReferenceError, complete, key_of, read_rows
from verl_visual_sdpo.errors import EndpointError, SandboxError, SandboxUnavailableError

KEYS = {name: key_of(name) for name in ("b", "a", "c")}
SAID = "a line\u2028and another, and half a letter \ud800"


def test_rows_that_are_there_are_kept_and_the_others_made(tmp_path):
    path, asked = tmp_path / "results.jsonl", []

    def judge(name):
        asked.append(name)
        return {"said": SAID}

    assert complete(path, KEYS, judge, 2)[0] == [{"id": n, "key": KEYS[n], "said": SAID} for n in "bac"]
    lines = path.read_text().split("\n")
    path.write_text("\n".join([lines[0], lines[1].replace(KEYS["a"], "another"), lines[2][:-5]]))  # and stopped there
    asked.clear()
    rows, broken = complete(path, KEYS, judge, 2)
    assert sorted(asked) == ["a", "c"] and broken == {}
    assert rows == list(read_rows(path)) == [{"id": n, "key": KEYS[n], "said": SAID} for n in "bac"]


@pytest.mark.parametrize("error", [SandboxError("no disk"), EndpointError("timeout", "no answer")], ids=repr)
def test_what_is_our_fault_is_told_when_the_others_are_done(tmp_path, error):
    faults = {"b": BrokenReferenceError("does not draw"), "a": error}

    def judge(name):
        if name in faults:
            raise faults[name]
        return {"score": 1.0}

    path = tmp_path / "results.jsonl"
    with pytest.raises(type(error), match=r"1 tasks could not be judged \(a: .*the same command goes on"):
        complete(path, KEYS, judge, 1)
    assert [row["id"] for row in read_rows(path)] == ["c"]
    del faults["a"]
    rows, broken = complete(path, KEYS, judge, 1)
    assert [row["id"] for row in rows] == ["a", "c"] and broken == {"b": "does not draw"}


def test_where_nothing_can_be_isolated_that_is_said_as_it_is(tmp_path):
    def judge(name):
        raise SandboxUnavailableError("no namespaces", {"network": "a packet left"})

    with pytest.raises(SandboxUnavailableError, match="^no namespaces$") as caught:
        complete(tmp_path / "results.jsonl", KEYS, judge, 1)
    assert caught.value.missing == {"network": "a packet left"}
