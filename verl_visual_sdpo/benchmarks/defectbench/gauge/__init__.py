"""The benchmark's own eye: what a program draws, measured in ink, without the renderer or any detector."""

from verl_visual_sdpo.benchmarks.defectbench.gauge.facts import Axes, Facts, Figure, Gauge, Legend, TextFacts

__all__ = ["Axes", "Facts", "Figure", "Gauge", "Legend", "TextFacts"]
