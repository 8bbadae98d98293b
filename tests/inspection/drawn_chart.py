"""A chart that was drawn, with the questions that tests ask of it."""

import io

import numpy as np
from PIL import Image

from verl_visual_sdpo.inspection.program import bare_program

HEAD = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(4, 3), dpi=100)\n"


class Drawn:
    """A rendering that must have succeeded."""

    def __init__(self, renderer, source, **options):
        self.program = bare_program(source)
        self.rendering = renderer.render(self.program, options)
        assert self.rendering.execution.ok, self.rendering.execution
        self.scenes = self.rendering.scenes

    def all(self, kind, scene=0):
        return [e for e in self.scenes[scene].elements if e.kind == kind]

    def one(self, kind, text=None):
        (found,) = [e for e in self.all(kind) if text is None or e.text == text]
        return found

    def owners(self, element):
        """{(line, tie, prop)}"""
        line = {s.id: s.line for s in self.program.statements}
        return {(line[o.statement], o.tie, o.prop) for o in element.owners}

    def lines(self, element):
        return {line for line, _, _ in self.owners(element)}


def pixels(scene):
    return np.asarray(Image.open(io.BytesIO(scene.image)).convert("RGB")).astype(int)
