"""doctor: every part of the machine is named with its state, and what is missing comes with a mend."""

import os

import pytest
from packaging.requirements import Requirement

from verl_visual_sdpo import doctor
from verl_visual_sdpo.commands import doctor as command
from verl_visual_sdpo.inspection.render.drivers import slide_lok


def test_needed_packages_are_checked_against_the_pinned_versions():
    found = {check.name: check for check in doctor.package_checks()}
    assert found["matplotlib"].state == "ok"
    too_new = doctor._package(Requirement("pillow>=9999"), "")
    assert (too_new.state, too_new.mend) == ("bad", "pip install 'pillow>=9999'")


def test_an_optional_package_may_be_absent_and_a_needed_one_not():
    assert doctor._package(Requirement("no-such-package-here"), "web").state == "absent"
    assert doctor._package(Requirement("no-such-package-here"), "").state == "bad"


def test_the_sandbox_names_its_layers_and_draws():
    found = list(doctor.sandbox_checks())
    assert (found[-1].name, found[-1].state) == ("a chart", "ok"), found[-1].detail
    assert {"landlock", "seccomp"} <= {check.name for check in found}


@pytest.mark.browser
def test_the_browser_names_its_layers_and_shows_a_page():
    found = list(doctor.web_checks())
    assert (found[-1].name, found[-1].state) == ("a page", "ok"), found[-1].detail
    assert {"interception", "landlock", "seccomp"} <= {check.name for check in found if check.state == "ok"}


def test_a_browser_that_is_not_there_is_an_absent_part(monkeypatch):
    monkeypatch.setenv("VISUAL_SDPO_CHROMIUM", "/no/such/browser")
    (check,) = doctor.web_checks()
    assert check.state == "absent" and "/no/such/browser" in check.detail and "apt install" in check.detail


def test_slides_name_their_fonts_and_layers_and_one_is_shown():
    found = {check.name: check for check in doctor.slide_checks()}
    if found["LibreOffice"].state == "absent" and os.geteuid() != 0:
        pytest.skip("no LibreOffice here, and only root can install it")
    cjk = found.pop("CJK letters")  # a large font, which is not asked for
    assert cjk.state == "ok" or "fonts-noto-cjk" in cjk.mend
    assert {check.state for check in found.values()} == {"ok"}, found
    assert "landlock" in found["layers"].detail and "shown in" in found["a slide"].detail


def test_a_libreoffice_that_is_not_there_is_an_absent_part(monkeypatch):
    monkeypatch.setattr(slide_lok, "find_program", lambda: None)
    (check,) = doctor.slide_checks()
    assert check.state == "absent" and "apt-get install" in check.mend


def test_only_bad_checks_make_it_exit_with_1(monkeypatch, capsys):
    good = doctor.Check("packages", "one", "ok", "1.0")
    gone = doctor.Check("packages", "two", "absent", "not installed", "pip install two")
    bad = doctor.Check("sandbox", "seccomp", "bad", "refused", "allow prctl")
    monkeypatch.setattr(doctor, "checks", lambda: iter([good, gone]))
    assert command.run(None) == 0
    monkeypatch.setattr(doctor, "checks", lambda: iter([good, gone, bad]))
    assert command.run(None) == 1
    assert "-> allow prctl" in capsys.readouterr().out
