"""Finding what is wrong with a picture: one detector a file, all of them in :data:`DETECTORS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from verl_visual_sdpo.inspection.detect import (
    axes_clipped,
    canvas_overflow,
    covered_artist,
    empty_axes,
    legend_covers_data,
    low_contrast,
    misaligned_panels,
    panels_overlap,
    repeated_tick_labels,
    text_clipped,
    text_over_data,
    text_overlap,
    tick_labels_collide,
    tiny_text,
)
from verl_visual_sdpo.inspection.detect.detector import Detector
from verl_visual_sdpo.types import Defect, Scene, Undetermined

DETECTORS: tuple[Detector, ...] = (
    text_overlap.DETECTOR,
    text_clipped.DETECTOR,
    text_over_data.DETECTOR,
    tick_labels_collide.DETECTOR,
    repeated_tick_labels.DETECTOR,
    legend_covers_data.DETECTOR,
    covered_artist.DETECTOR,
    canvas_overflow.DETECTOR,
    axes_clipped.DETECTOR,
    low_contrast.DETECTOR,
    tiny_text.DETECTOR,
    misaligned_panels.DETECTOR,
    panels_overlap.DETECTOR,
    empty_axes.DETECTOR,
)


def detect(
    scene: Scene, page: int = 0, options: Mapping[str, Mapping[str, float]] | None = None
) -> tuple[tuple[Defect, ...], tuple[Undetermined, ...]]:
    """Run every detector over one picture.

    ``options`` maps a detector's id to its limits (``{"low-contrast": {"ratio": 3.0}}``); keys that name no detector
    belong to others and are left alone. Returns defects in the order of :data:`DETECTORS` and the checks that could not
    decide. Raises InvalidInputError for a limit that its detector does not have.
    """
    defects: list[Defect] = []
    undetermined: list[Undetermined] = []
    for detector in DETECTORS:
        for finding in detector(scene, (options or {}).get(detector.id)):
            kept = undetermined if isinstance(finding, Undetermined) else defects
            kept.append(replace(finding, page=page))
    return tuple(defects), tuple(undetermined)


__all__ = ["DETECTORS", "Detector", "detect"]
