"""The guard: sees a run collapsing in its metrics, warns, and stops it with a checkpoint before GPU-weeks are lost.

A collapse under self-distillation does not show in the KL, which stays small while wrong tokens spread from student to
teacher. It shows in the execution rate, the entropy, the gradient norm, the guilty share of the KL and the length; and
reward hacking shows where the score rises while there is less in the pictures.

Pure bookkeeping over the numbers that verl logs; nothing here touches the training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, VisualSDPOError, check_names

ACTIONS = ("off", "warn", "stop")


class CollapseError(VisualSDPOError):
    """The guard ended the run. The message names the alarm, the checkpoint and what to try."""


@dataclass(frozen=True, slots=True)
class HealthConfig:
    """When to worry. A limit of None switches its alarm off. All values are ours."""

    action: str = "stop"
    """``warn`` when an alarm goes off; ``stop`` also ends the run after ``patience`` steps of it; ``off`` neither."""
    baseline_steps: int = 5
    """The first steps of the run, over whose mean the baseline is taken."""
    window: int = 3
    """Steps over whose mean the present is taken."""
    patience: int = 5
    """Steps in a row with the same alarm after which the run is stopped."""
    execution_drop: float | None = 0.25
    """Fall of the share of programs that run (``visual/execution_rate``), as a difference."""
    entropy_rise: float | None = 2.0
    """Rise of ``actor/entropy``, as a factor."""
    grad_norm_rise: float | None = 10.0
    """Rise of ``actor/grad_norm``, as a factor."""
    guilty_share_fall: float | None = 0.5
    """Fall of ``distill/guilty_kl_share``, as a factor: the KL drifts to innocent tokens."""
    length_change: float | None = 2.0
    """``response_length/mean`` this many times longer or shorter."""
    hacking_content: float | None = 0.15
    """Fall of the content gate or of the fidelity (``visual/gate``, ``visual/fidelity``), as a difference, while
    ``visual/score`` has risen."""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise InvalidInputError(f"health.action is {self.action!r}; choose from {', '.join(ACTIONS)}")
        for name in ("baseline_steps", "window", "patience"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidInputError(f"health.{name} is {value!r}; give a whole number of at least 1")
        for name, least in _LIMITS.items():
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if value is not None and not (number and least(value)):
                raise InvalidInputError(f"health.{name} is {value!r}; see its range in HealthConfig, or null for none")

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> HealthConfig:
        """Raises InvalidInputError for an unknown key or a value out of its range."""
        check_names("health", mapping, [f.name for f in fields(cls)])
        return cls(**mapping)


_LIMITS = {
    **dict.fromkeys(("execution_drop", "hacking_content", "guilty_share_fall"), lambda value: 0 < value < 1),
    **dict.fromkeys(("entropy_rise", "grad_norm_rise", "length_change"), lambda value: value > 1),
}
_WATCHED = {
    "execution": "visual/execution_rate",
    "entropy": "actor/entropy",
    "grad_norm": "actor/grad_norm",
    "guilty_share": "distill/guilty_kl_share",
    "length": "response_length/mean",
    "score": "visual/score",
    "gate": "visual/gate",
    "fidelity": "visual/fidelity",
}


@dataclass(slots=True)
class HealthGuard:
    """Watches one run. Its state goes into every checkpoint, or a resumed run would take its ruins for the baseline."""

    config: HealthConfig
    history: dict[str, list[float]] = field(default_factory=dict)  # the baseline's steps, then the latest window
    streaks: dict[str, int] = field(default_factory=dict)

    def watch(self, metrics: Mapping[str, Any]) -> dict[str, str]:
        """Take in one step's metrics. Returns the alarms that are on: name -> what was measured against what."""
        keep = self.config.baseline_steps + self.config.window
        for name, key in _WATCHED.items():
            if key in metrics:
                values = self.history.setdefault(name, [])
                values.append(float(metrics[key]))
                if len(values) > keep:
                    del values[self.config.baseline_steps]
        alarms = self._alarms()
        self.streaks = {name: self.streaks.get(name, 0) + 1 for name in alarms}
        return alarms

    @property
    def lost(self) -> str:
        """The alarm that has lasted for ``patience`` steps, or ""."""
        return next((name for name, steps in self.streaks.items() if steps >= self.config.patience), "")

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"history": self.history, "streaks": self.streaks}))

    def load(self, path: Path) -> None:
        """Go on from :meth:`save`; a checkpoint without the file (plain verl's) starts anew."""
        if path.exists():
            state = json.loads(path.read_text())
            self.history, self.streaks = state["history"], state["streaks"]

    def _alarms(self) -> dict[str, str]:
        now = {name: pair for name in self.history if (pair := self._then_and_now(name))}
        limits = asdict(self.config)
        found = {}
        for name, limit, wrong in (
            ("execution", "execution_drop", lambda a, b, x: b < a - x),
            ("entropy", "entropy_rise", lambda a, b, x: b > a * x),
            ("grad_norm", "grad_norm_rise", lambda a, b, x: b > a * x),
            ("guilty_share", "guilty_share_fall", lambda a, b, x: b < a * x),
            ("length", "length_change", lambda a, b, x: not a / x <= b <= a * x),
        ):
            if limits[limit] is not None and name in now and wrong(*now[name], limits[limit]):
                found[name] = _words(name, *now[name], f"health.{limit}={limits[limit]}")
        if "score" in now and now["score"][1] > now["score"][0] and self.config.hacking_content is not None:
            for name in ("gate", "fidelity"):
                if name in now and now[name][1] < now[name][0] - self.config.hacking_content:
                    limit = f"while the score rose; health.hacking_content={self.config.hacking_content}"
                    found["hacking"] = _words(name, *now[name], limit)
        return found

    def _then_and_now(self, name: str) -> tuple[float, float] | None:
        """Means of the baseline and of the latest window; None until both are there."""
        values, first, window = self.history[name], self.config.baseline_steps, self.config.window
        if len(values) < first + window:
            return None
        return sum(values[:first]) / first, sum(values[-window:]) / window


def _words(name: str, then: float, now: float, limit: str) -> str:
    return f"{_WATCHED[name]} went from {then:.3g} to {now:.3g} ({limit})"
