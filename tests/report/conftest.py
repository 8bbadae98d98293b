"""An analysis of two defects in a real picture, small enough to check every number of a report by hand."""

import io

import pytest
from PIL import Image

from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.types import (
    Analysis,
    Blame,
    Box,
    Defect,
    Element,
    Execution,
    Feedback,
    Program,
    Reward,
    Scene,
    Undetermined,
)

SOURCE = (
    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('<b>A & B</b>')\nplt.text(0, 1,\n         'far')\n"
)


def png(size: tuple[int, int], color: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, format="PNG")
    return out.getvalue()


@pytest.fixture
def analysis() -> Analysis:
    program: Program = bare_program(SOURCE)
    title = Element(0, "title", Box(100, 20, 200, 40), text="<b>A & B</b>")
    text = Element(1, "text", Box(190, 25, 330, 45), text="far")
    return Analysis(
        domain="chart",
        program=program,
        execution=Execution("ok", seconds=0.2),
        scenes=(Scene((320, 240), (title, text), png((320, 240))),),
        defects=(
            Defect("canvas-overflow", 0.4, (text.box,), (1,), 10.0, 0.0, "text runs off the canvas"),
            Defect("text-overlap", 0.9, (title.box, text.box), (0, 1), 0.5, 0.0, "title & text overlap"),
        ),
        undetermined=(Undetermined("low-contrast", "an image lies behind"),),
        blames=(Blame(0, 3, 0.4, "created"), Blame(1, 2, 0.6, "created"), Blame(1, 3, 0.9, "created")),
        fidelity={"text": 0.5, "low": 0.75},
        reward=Reward(0.5, 1.0, 0.5, 0.7, 0.7, 1.0),
        feedback=Feedback('{"defects":[]}', "1. title & text overlap."),
    )
