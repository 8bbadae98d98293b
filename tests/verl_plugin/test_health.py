"""The guard: silent on a healthy run, loud on each way of collapsing, and no wiser or duller after a resume."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.verl_plugin.health import HealthConfig, HealthGuard

HEALTHY = {
    "visual/execution_rate": 0.9,
    "actor/entropy": 0.15,
    "actor/grad_norm": 0.2,
    "distill/guilty_kl_share": 0.8,
    "response_length/mean": 80.0,
    "visual/score": 0.6,
    "visual/gate": 0.95,
    "visual/fidelity": 0.8,
}
SICK = {
    "execution": {"visual/execution_rate": 0.5},
    "entropy": {"actor/entropy": 0.4},
    "grad_norm": {"actor/grad_norm": 5.0},
    "guilty_share": {"distill/guilty_kl_share": 0.3},
    "length": {"response_length/mean": 20.0},
    "hacking": {"visual/score": 0.9, "visual/gate": 0.6},
}


def guard(**settings) -> HealthGuard:
    watched = HealthGuard(HealthConfig(**settings))
    for _ in range(8):
        assert watched.watch(HEALTHY) == {}
    return watched


def test_learning_is_not_an_alarm():
    watched = guard()
    for step in range(40):
        better = {
            "visual/execution_rate": 0.9 + step / 400,
            "actor/entropy": 0.15 * (1 - step / 50),
            "visual/score": 0.9,
        }
        assert watched.watch({**HEALTHY, **better}) == {} and not watched.lost


@pytest.mark.parametrize("name", SICK)
def test_each_collapse_is_named_after_a_window_and_ends_the_run_after_its_patience(name):
    watched = guard()
    on = [set(watched.watch({**HEALTHY, **SICK[name]})) for _ in range(8)]
    first = on.index({name})
    assert first < 3 and all(alarms == {name} for alarms in on[first:])
    assert watched.lost == name
    lasting = guard()
    for _ in range(first + lasting.config.patience - 1):
        lasting.watch({**HEALTHY, **SICK[name]})
    assert not lasting.lost, "one step before its patience ends"


def test_a_bad_step_or_two_pass():
    watched = guard()
    watched.watch({**HEALTHY, "visual/execution_rate": 0.5})
    for _ in range(5):
        assert watched.watch(HEALTHY) == {}
    assert not watched.lost


def test_a_score_that_falls_with_the_content_is_no_hacking_and_none_switches_off():
    watched = guard(hacking_content=None)
    assert all(watched.watch({**HEALTHY, **SICK["hacking"]}) == {} for _ in range(5))
    watched = guard()
    assert all(watched.watch({**HEALTHY, "visual/score": 0.3, "visual/gate": 0.5}) == {} for _ in range(5))


def test_what_is_not_logged_is_not_watched():
    watched = HealthGuard(HealthConfig())
    assert all(watched.watch({"visual/execution_rate": 0.9}) == {} for _ in range(20))


def test_the_words_say_what_was_measured_against_what():
    watched = guard(window=1)
    (words,) = watched.watch({**HEALTHY, "visual/execution_rate": 0.5}).values()
    assert words == "visual/execution_rate went from 0.9 to 0.5 (health.execution_drop=0.25)"


def test_a_resumed_run_keeps_the_baseline(tmp_path):
    watched = guard()
    watched.watch({**HEALTHY, **SICK["execution"]})
    watched.save(tmp_path / "health.json")
    resumed = HealthGuard(HealthConfig())
    resumed.load(tmp_path / "health.json")
    for _ in range(8):
        assert resumed.watch({**HEALTHY, **SICK["execution"]}) == watched.watch({**HEALTHY, **SICK["execution"]})
    assert resumed.lost == watched.lost == "execution"
    HealthGuard(HealthConfig()).load(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"action": "panic"}, "choose from off, warn, stop"),
        ({"patience": 0}, "health.patience is 0"),
        ({"execution_drop": 1.5}, "health.execution_drop is 1.5"),
        ({"entropy_rise": 0.5}, "health.entropy_rise is 0.5"),
        ({"length_change": "2"}, "health.length_change is '2'"),
        ({"entropy_raise": 2.0}, "health has no entropy_raise"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InvalidInputError, match=message):
        HealthConfig.from_mapping(settings)
