"""A domain from outside the package: bars written as text, one ``label: number`` a line, drawn with Pillow.

    from verl_visual_sdpo.inspection.pipeline import analyse
    from verl_visual_sdpo.types import Task
    analyse("```bars\\nnorth: 30\\nsouth: 90000\\n```", Task("bars"))

The same analysis, blame, reward and feedback come out as for charts; a reward function is two lines (see ``score``).
Nothing a model writes is executed here, so that no sandbox is needed; a domain that runs programs must bring one.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

from PIL import Image, ImageDraw

from verl_visual_sdpo.inspection.detect.detector import Detector
from verl_visual_sdpo.inspection.domains import Domain
from verl_visual_sdpo.types import (
    Box,
    Defect,
    Element,
    Execution,
    Owner,
    Program,
    ProgramError,
    Rendering,
    Scene,
    Span,
    Statement,
)

WIDTH, ROW, LEFT = 400, 30, 120  # px


# --------------------------------------------------------------------------- the language: one statement a line


def read(source: str, offset: int = 0) -> Program:
    statements, at, problem = [], 0, None
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        if line.strip():
            span = Span(offset + at, offset + at + len(line.rstrip()))
            statements.append(Statement(len(statements), span, number, number, "Bar"))
            try:
                float(line.partition(":")[2])
            except ValueError:
                problem = problem or ProgramError("NotABar", f"{line.strip()!r} is not 'label: number'", number)
        at += len(line)
    return Program(source, offset, tuple(statements), problem)


LANGUAGE = SimpleNamespace(NAME="bars", TAGS=frozenset({"bars"}), read=read)


# --------------------------------------------------------------------------- the renderer: a picture with owners


class Renderer:
    layers = ()

    def __init__(self, workers: int = 1, timeout: float = 10.0) -> None:
        """Nothing to start; the settings are those that every renderer takes."""

    def render(self, program: Program, options=None) -> Rendering:
        if program.problem:
            status = "no_program" if program.problem.type == "NoProgram" else "syntax_error"
            return Rendering(Execution(status, program.problem))
        picture = Image.new("RGB", (WIDTH, ROW * max(len(program.statements), 1)), "white")
        draw, elements, lines = ImageDraw.Draw(picture), [], []
        for row, statement in enumerate(program.statements):
            text = program.source.splitlines()[statement.line - 1]
            label, value = text.partition(":")[0].strip(), float(text.partition(":")[2])
            lines.append(f"{label}: {value:g}")
            owners = (Owner(statement.id, "created"),)
            top = ROW * row + 8.0
            bar = Box(LEFT, top, LEFT + max(value, 1.0), top + 14)
            draw.text((4, top), label, fill="black", font_size=12)
            draw.rectangle((bar.left, bar.top, min(bar.right, WIDTH), bar.bottom), fill="navy")
            text_box = Box(4, top, 4 + draw.textlength(label, font_size=12), top + 14)
            elements.append(Element(len(elements), "text", text_box, label, {"font_size": 12.0}, owners))
            elements.append(Element(len(elements), "bar", bar, "", {"face": "#000080"}, owners))
        png = io.BytesIO()
        picture.save(png, "PNG")
        scene = Scene(picture.size, tuple(elements), png.getvalue())
        return Rendering(Execution("ok"), (scene,), {"lines": lines})

    def close(self) -> None:
        """Nothing was started."""

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()


def likeness(record, reference) -> dict[str, float]:
    """Share of the reference's bars that are there; the mean of all terms goes by the name ``low``."""
    wanted = reference["lines"]
    share = sum(line in record["lines"] for line in wanted) / max(len(wanted), 1)
    return {"bars": share, "low": share}


DOMAIN = Domain(renderer=Renderer, likeness=likeness, terms=("bars",), renderer_settings=("workers", "timeout"))


# --------------------------------------------------------------------------- detectors: they see pictures, never source


@dataclass(frozen=True)
class Limits:
    beyond: float = 0.0  # px that a bar may leave the picture by


def too_long(scene: Scene, limits: Limits) -> Iterator[Defect]:
    for e in scene.elements:
        if e.kind == "bar" and (over := e.box.right - scene.size[0]) > limits.beyond:
            words = f"a bar leaves the picture by {over:.0f} px, {limits.beyond:g} allowed; make its number smaller"
            yield Defect("too-long", min(over / scene.size[0], 1.0), (e.box,), (e.id,), over, limits.beyond, words)


@dataclass(frozen=True)
class Most:
    bars: int = 40


def too_many(scene: Scene, limits: Most) -> Iterator[Defect]:
    bars = [e for e in scene.elements if e.kind == "bar"]
    if len(bars) > limits.bars:
        words = f"{len(bars)} bars, {limits.bars} can be told apart; sum small ones up"
        yield Defect(
            "too-many-bars", 0.5, tuple(e.box for e in bars), tuple(e.id for e in bars), len(bars), limits.bars, words
        )


TOO_LONG = Detector("too-long", too_long, Limits())
TOO_MANY = Detector("too-many-bars", too_many, Most())


# --------------------------------------------------------------------------- what verl loads as its reward


async def score(data_source, solution_str, ground_truth, extra_info=None, **settings):
    """``reward.custom_reward_function.path=pkg://text_bars``, ``.name=score``."""
    from verl_visual_sdpo.inspection.scoring import Scorer

    return await Scorer("bars").score(data_source, solution_str, ground_truth, extra_info, settings)
