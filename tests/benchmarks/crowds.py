"""What it costs to look at pictures of thousands of things in one place: programs in which every element meets every
other are the dearest that a model can write, and a training step waits for the slowest of its programs.

    python tests/benchmarks/crowds.py [--elements 1500]

For each: how it ended, the seconds that drawing took, the elements of the picture, the processor time of everything
after that (detectors, blame, score) and the defects.
"""

from __future__ import annotations

import argparse
import time

from verl_visual_sdpo.inspection.pipeline import analyse
from verl_visual_sdpo.types import Task

CHART = "```python\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n{}\nplt.savefig('chart.png')\n```"
PAGE = "```html\n<!doctype html><style>div {{ position: absolute; {} }}</style>\n{}\n```"
DECK = """```python
from pptx import Presentation
from pptx.util import Inches
deck = Presentation()
slide = deck.slides.add_slide(deck.slide_layouts[6])
for i in range({}):
    slide.shapes.add_textbox({}).text_frame.text = f"hello {{i}}"
deck.save("deck.pptx")
```"""


def pages(count: int, place: str, style: str = "") -> str:
    """``place`` of the i-th box, an expression in i."""
    boxes = (f'<div style="{eval(place, {"i": i})}">hello {i}</div>' for i in range(count))  # our own expressions
    return PAGE.format(style, "\n".join(boxes))


def crowds(count: int) -> dict[str, tuple[str, str]]:
    """What is written, by name: (domain, response)."""
    heap, grid = "'left: 100px; top: 100px'", "f'left: {i % 100 * 12}px; top: {i // 100 * 9}px'"
    loose = "f'left: {i % 10 * 120}px; top: {i // 10 * 20}px'"
    return {
        "texts in one place": ("chart", CHART.format(f"for i in range({count}): ax.text(.5, .5, f'hello {{i}}')")),
        "bars in one place": ("chart", CHART.format(f"ax.bar([1] * {count}, range({count}))")),
        "ticks on each other": ("chart", CHART.format(f"ax.set_xticks([i / {count} for i in range({count})])")),
        "boxes in one place": ("web", pages(count, heap)),
        "boxes on each other": ("web", pages(count, grid)),
        "opaque boxes on each other": ("web", pages(count, grid, "background: #fff; padding: 9px")),
        "faint words": ("web", pages(count, loose, "color: #ddd")),
        "text boxes in one place": ("slide", DECK.format(count, "Inches(1), Inches(1), Inches(3), Inches(1)")),
        "text boxes on each other": (
            "slide",
            DECK.format(count, "Inches(i % 40 / 5), Inches(i // 40 / 6), Inches(.5), Inches(.3)"),
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elements", type=int, default=1500, help="things of each crowd (default 1500)")
    count = parser.parse_args().elements
    print("| crowd | domain | ended | drawing, s | elements | looking, CPU s | defects |")
    print("|---|---|---|---|---|---|---|")
    for name, (domain, response) in crowds(count).items():
        before = time.process_time()
        found = analyse(response, Task(domain))
        looking = time.process_time() - before
        elements = sum(len(scene.elements) for scene in found.scenes)
        print(
            f"| {name} | {domain} | {found.execution.status} | {found.execution.seconds:.1f} | {elements} "
            f"| {looking:.1f} | {len(found.defects)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
