import argparse
import os
from pathlib import Path

from pptx import Presentation


def build(path: str) -> str:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Made by a main function"
    slide.placeholders[1].text_frame.text = "Point"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    deck.save(path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default="out/deck.pptx")
    path = build(parser.parse_args().out)
    print(Path(path).exists())
