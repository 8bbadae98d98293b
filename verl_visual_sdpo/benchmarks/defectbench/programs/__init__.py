"""Clean chart programs, written by a seed: ``GENERATORS[i % len(GENERATORS)](random.Random(seed)).source``."""

from verl_visual_sdpo.benchmarks.defectbench.programs.classic import GENERATORS, Chart

__all__ = ["GENERATORS", "Chart"]
