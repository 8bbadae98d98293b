"""What several tests of data need."""

import pytest


@pytest.fixture(scope="module")
def renderer():
    """Of charts; modules on other domains have one of their own."""
    from verl_visual_sdpo.inspection.render.chart import ChartRenderer

    with ChartRenderer(workers=2, policy="permissive") as renderer:
        yield renderer
