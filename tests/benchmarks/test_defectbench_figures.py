"""DefectBench's figures: credit for blame, the table of a small made-up judgement, the command from end to end."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from verl_visual_sdpo.benchmarks.defectbench.credit import Credit, credit_of
from verl_visual_sdpo.benchmarks.defectbench.judge import ChartJudgement
from verl_visual_sdpo.benchmarks.defectbench.judgement import WRONG, Finding
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.rows import table
from verl_visual_sdpo.benchmarks.defectbench.statistics import bootstrap, wilson
from verl_visual_sdpo.benchmarks.defectbench.summary import Summary
from verl_visual_sdpo.benchmarks.defectbench.table import false_alarms, misses, report


@pytest.mark.parametrize(
    ("shares", "guilty", "accomplices", "expected"),
    [
        ({1: 0.9, 2: 0.1}, {1}, set(), Credit(1, 1, 1, 0.9)),
        ({1: 0.6, 2: 0.3, 3: 0.1}, {2}, {1}, Credit(1, 1, 0, 0.3)),
        ({1: 0.5, 2: 0.5}, {1}, set(), Credit(0.5, 1, 0.5, 0.5)),  # equals are ranked by lot
        ({1: 1, 2: 1, 3: 1, 4: 1}, {4}, set(), Credit(0.25, 0.75, 0.25, 0.25)),
        ({1: 1, 2: 0.5, 3: 0.5, 4: 0.5}, {4}, set(), Credit(0, 2 / 3, 0, 0.2)),
        ({1: 0.5, 2: 0.5}, set(), {2}, Credit(0.5, 1, 0.5, 0.5)),  # a statement was removed
        ({1: 1.0}, {7}, set(), Credit(0, 0, 0, 0)),
        ({}, {7}, set(), Credit(0, 0, 0, 0)),
    ],
)
def test_credit_for_blame(shares, guilty, accomplices, expected):
    found = credit_of(shares, guilty, accomplices)
    assert (found.top1, found.top3, found.strict, found.mass) == pytest.approx(
        (expected.top1, expected.top3, expected.strict, expected.mass)
    )


def judgement(number, kind, *findings, credit=None, undetermined=()):
    return ChartJudgement(
        id=f"{kind}-{number}",
        kind=kind,
        program="p",
        change="change",
        mechanism="later",
        status="ok",
        findings=findings,
        guilty=(0,),
        credit=credit,
        chart="bar",
        source="a = 1\n",
        undetermined=undetermined,
        lines={0: 1},
    )


def finding(detector, verdict):
    return Finding(detector, "words", 0.5, (), 0, verdict, {0: 1.0})


SMALL = [
    judgement(0, "tiny-text", finding("tiny-text", "hit"), credit=Credit(1, 1, 1, 0.8)),
    judgement(1, "tiny-text", finding("tiny-text", "hit"), finding("low-contrast", WRONG), credit=Credit(0, 1, 0, 0.4)),
    judgement(2, "tiny-text", undetermined=(("tiny-text", "too dark"),)),
    judgement(3, "tiny-text", finding("canvas-overflow", "collateral")),
    judgement(0, "faint-text", finding("low-contrast", "hit"), credit=Credit(1, 1, 1, 1)),
    judgement(0, "clean", finding("tiny-text", WRONG)),
    judgement(0, "control", finding("tiny-text", "known")),
]


def test_the_table_of_a_small_judgement():
    tiny, faint, everything = sorted(table(SMALL, ("tiny-text", "low-contrast")), key=lambda r: r.name, reverse=True)
    assert (tiny.name, tiny.twins) == ("tiny-text", 4)
    assert tiny.recall.value == 0.5
    assert tiny.precision.value == pytest.approx(2 / 3), "two hits, one alarm on a clean chart; known ones do not count"
    assert (tiny.top1.value, tiny.top3.value, tiny.mass.value) == pytest.approx((0.5, 1.0, 0.6))
    assert tiny.undetermined.value == 0.25
    assert faint.precision.value == 0.5
    assert (everything.name, everything.twins, everything.recall.value) == ("all", 5, 0.6)


def test_intervals_hold_their_value():
    assert (wilson(0, 0).value, wilson(0, 0).low, wilson(0, 0).high) == (None, 0.0, 1.0)
    half = wilson(5, 10)
    assert (half.low, half.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)  # Wilson 1927, n = 10
    assert wilson(10, 10).high == pytest.approx(1.0)
    assert wilson(10, 10).low == pytest.approx(0.7225, abs=1e-4)
    mean = bootstrap([0, 0, 1, 1, 1, 1])
    assert mean.low < mean.value < mean.high
    assert bootstrap([]).value is None


def test_lists_name_what_a_detector_author_needs():
    assert "tiny-text-2 | tiny-text" in misses(SMALL) and "too dark" in misses(SMALL)
    assert ">>   1 a = 1" in misses(SMALL)
    assert "clean-0" in false_alarms(SMALL) and "control-0" not in false_alarms(SMALL)
    text = report(SMALL, ("tiny-text", "low-contrast"))
    assert "false alarms in 1 clean programs: 1 {'tiny-text': 1}" in text
    assert "no detector answers for" in text


def test_the_summary_of_pages_and_decks_tells_the_same_and_lists_what_went_wrong():
    kinds = {name: KINDS[name] for name in ("tiny-text", "faint-text")}
    printed = Summary(kinds, "pages", "way of writing", ("top1", "mass")).text(SMALL, {"tiny-text": Counter(width=2)})
    rows = {line.split()[0]: line for line in printed.splitlines() if line}
    cells = ("0.50 [0.15, 0.85]", "0.67 [0.21, 0.94]", "0.50 [0.00, 1.00]", "0.60 [0.40, 0.80]")
    assert rows["tiny-text"] == f"{'tiny-text':<24}{4:>6}" + "".join(f"{cell:>18}" for cell in cells)
    assert rows["all"].split()[1:3] == ["5", "0.60"] and rows["later"].split()[1:3] == ["5", "0.60"]
    assert "false alarms in 1 clean pages: 1 {'tiny-text': 1}" in printed
    assert "missed    tiny-text-2" in printed and "misblamed tiny-text-1" in printed
    assert "alarm     tiny-text-1 change: low-contrast: words" in printed
    assert "not seen by the gauge: tiny-text {'width': 2}" in printed


def test_the_command_from_end_to_end(tmp_path):
    command = [sys.executable, "-m", "verl_visual_sdpo.cli", "bench", "defects", "--domain", "chart", "--seed", "4"]
    command += ["--kinds", "faint-text", "--twins", "1", "--harmless", "1", "--workers", "1", "--out", str(tmp_path)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "results.json").read_text())
    twin, clean, control = sorted(result["judged"], key=lambda j: ("faint-text", "clean", "control").index(j["kind"]))
    assert all(j["status"] == "ok" for j in (twin, clean, control))
    assert twin["guilty"] and len({twin["source"], clean["source"], control["source"]}) == 3
    assert (tmp_path / "programs" / f"{twin['id']}.py").read_text() == twin["source"]
    assert (tmp_path / "table.txt").read_text().strip() in done.stdout
    assert {p.name for p in (tmp_path / "sheets").iterdir()} >= {"faint-text.png", "controls.png"}


def test_bad_usage_is_explained():
    command = [sys.executable, "-m", "verl_visual_sdpo.cli", "bench", "defects", "--kinds", "nothing", "--out", "x"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "faint-text" in done.stderr
