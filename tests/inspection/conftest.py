"""What several tests of the sandbox need."""

import pytest

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
