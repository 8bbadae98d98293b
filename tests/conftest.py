"""What tests of all folders need."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.render.web import chromium


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``browser`` are skipped, and say why, where there is no Chromium.

    Where files are dealt to several workers, the longest go first, so that none is left alone with one at the end; then
    those that load verl, for one worker that has loaded it to take while another is in the long one."""
    if hasattr(config, "workerinput"):
        long = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: (item.path not in long, "verl_plugin" not in item.path.parts))
    marked = [item for item in items if item.get_closest_marker("browser")]
    if marked and (missing := _missing_browser()):
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=missing))


def _missing_browser() -> str:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "playwright is not installed"
    with sync_playwright() as driver:
        own = driver.chromium.executable_path
    try:
        chromium.find(None, own)
    except InvalidInputError as error:
        return str(error)
    return ""
