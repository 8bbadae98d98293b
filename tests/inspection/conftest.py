"""What several tests of the sandbox and of charts need."""

import pytest

from verl_visual_sdpo.inspection.render.chart import ChartRenderer

DRIVER = """
def warm_up(): pass
def run(payload, write): exec(payload["code"], {"write": write})
"""


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """A driver that runs whatever code a job brings, with no screen in front."""
    path = tmp_path_factory.mktemp("driver") / "driver.py"
    path.write_text(DRIVER)
    return path


@pytest.fixture(scope="session")
def renderer():
    """Of charts, with its usual settings; modules that want others, or another domain, have one of their own."""
    with ChartRenderer(workers=2, timeout=20) as renderer:
        yield renderer
