"""How feedback is kept short: whole rows of the rubric, whole lines of a traceback, whole pictures; never half of one.

A prompt that is still too long is built again with smaller budgets (:func:`shorter`), not cut: a cut through image
tokens would leave the model a picture that is not there.
"""

from __future__ import annotations

import json
from dataclasses import replace

from verl_visual_sdpo.config import DistillationConfig

LEAST_RUBRIC_CHARS, LEAST_LINES, LEAST_PIXELS = 250, 4, 128 * 128  # below these feedback says too little


def cut_rubric(rubric: str, chars: int) -> str:
    """The rubric in at most ``chars`` characters: its most severe defects, the rest counted under ``more``.

    At least one defect stays, so a rubric may exceed a budget that is too small for it; a text that is no rubric
    (no JSON object with a list of ``defects``) is cut at the budget, and what is missing is said.

    Example:
        >>> rows = '{"defects":[{"what":"a","severity":0.2},{"what":"b","severity":0.9}],"likeness":{}}'
        >>> cut_rubric(rows, 70)
        '{"defects":[{"what":"b","severity":0.9}],"more":1,"likeness":{}}'
    """
    if len(rubric) <= chars:
        return rubric
    table = _table(rubric)
    if table is None:
        return f"{rubric[:chars]} [{len(rubric) - chars} more characters]"
    rows = sorted(table["defects"], key=_severity, reverse=True)
    left_out = table.get("more", 0) if isinstance(table.get("more", 0), int) else 0
    text = rubric
    for kept in range(len(rows), min(len(rows), 1) - 1, -1):
        more = left_out + len(rows) - kept
        told = {"defects": rows[:kept], **({"more": more} if more else {})}
        rest = {name: value for name, value in table.items() if name not in told}
        text = json.dumps(told | rest, ensure_ascii=False, separators=(",", ":"))
        if len(text) <= chars:
            break
    return text


def last_lines(text: str, limit: int) -> str:
    """The last ``limit`` lines, where a traceback says what matters; how many went before is said."""
    lines = text.strip().splitlines()
    return "\n".join(lines if len(lines) <= limit else [f"[{len(lines) - limit} more lines]", *lines[-limit:]])


def shorter(config: DistillationConfig) -> DistillationConfig | None:
    """The next smaller budgets, or None when nothing is left to give: texts are halved first, down to
    ``LEAST_RUBRIC_CHARS`` and ``LEAST_LINES``, then the picture's pixels, down to ``LEAST_PIXELS``."""
    if config.rubric_chars > LEAST_RUBRIC_CHARS or config.traceback_lines > LEAST_LINES:
        return replace(
            config,
            rubric_chars=min(config.rubric_chars, max(config.rubric_chars // 2, LEAST_RUBRIC_CHARS)),
            traceback_lines=min(config.traceback_lines, max(config.traceback_lines // 2, LEAST_LINES)),
        )
    if config.image_max_pixels > LEAST_PIXELS:
        return replace(config, image_max_pixels=max(config.image_max_pixels // 2, LEAST_PIXELS))
    return None


def _table(rubric: str) -> dict | None:
    try:
        table = json.loads(rubric)
    except ValueError:
        return None
    return table if isinstance(table, dict) and isinstance(table.get("defects"), list) else None


def _severity(row: object) -> float:
    value = row.get("severity", 0.0) if isinstance(row, dict) else 0.0
    return value if isinstance(value, (int, float)) else 0.0
