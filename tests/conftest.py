"""What tests of all folders need."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.render.web import chromium

LONGEST = "test_end_to_end.py"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked ``browser`` are skipped, and say why, where there is no Chromium.

    Where files are dealt to several workers, the longest goes first, so that none is left alone with it at the end. The
    other files keep their order: in ``verl_plugin``, the last, verl changes classes of transformers in this process."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path.name != LONGEST)
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
