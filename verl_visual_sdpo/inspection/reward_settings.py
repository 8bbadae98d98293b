"""The ``reward_kwargs`` of a run, read once a call and refused by name where they do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, check_names
from verl_visual_sdpo.inspection.domains import Domain
from verl_visual_sdpo.inspection.feedback import Budget
from verl_visual_sdpo.inspection.sandbox import Upkeep
from verl_visual_sdpo.inspection.trace import Tracing, tracing_of

EVIDENCE_SETTINGS = ("picture_max_pixels", "rubric_chars", "oracle")
FAULT_SETTINGS = ("on_failure", "references")
ON_FAILURE = ("neutral", "raise")
TRACE = "trace"  # the route of tracing; its settings are called trace_endpoint, trace_model, ...
FROM_VERL = ("reward_router_address", "reward_model_tokenizer")  # verl hands these to every reward when it has them


@dataclass(frozen=True, slots=True)
class RewardSettings:
    """``renderer`` are the settings of the domain's renderer, ``task`` those that every task of the run has."""

    renderer: Mapping[str, Any]
    task: Mapping[str, Any]
    budget: Budget
    tracing: Tracing
    picture_max_pixels: int | None
    oracle: bool
    on_failure: str
    references: str | None

    @classmethod
    def of(cls, domain: Domain, kwargs: Mapping[str, Any]) -> RewardSettings:
        """Raises InvalidInputError naming the setting, its value and what it may be."""
        known = (*domain.renderer_settings, *domain.task_settings, *EVIDENCE_SETTINGS, *FAULT_SETTINGS, TRACE)
        others = {name for name in kwargs if not name.startswith(f"{TRACE}_")}
        check_names("reward_kwargs", others - set(FROM_VERL), known)
        max_pixels = kwargs.get("picture_max_pixels")
        if max_pixels is not None and max_pixels < 1:
            raise InvalidInputError(
                f"reward_kwargs.picture_max_pixels={max_pixels} must be at least 1 (null: never scale)"
            )
        if not 0 <= (weight := kwargs.get(domain.own_weight, 0)) <= 1:
            raise InvalidInputError(f"reward_kwargs.{domain.own_weight}={weight} must be from 0 (off) to 1")
        if (choice := kwargs.get("on_failure", ON_FAILURE[0])) not in ON_FAILURE:
            raise InvalidInputError(f"reward_kwargs.on_failure={choice!r} is not one of {', '.join(ON_FAILURE)}")
        renderer = {name: kwargs[name] for name in domain.renderer_settings if name in kwargs}
        if "upkeep" in renderer:
            renderer["upkeep"] = _upkeep(renderer["upkeep"])
        return cls(
            renderer=renderer,
            task={name: kwargs[name] for name in domain.task_settings if name in kwargs},
            budget=Budget(rubric_chars=kwargs["rubric_chars"]) if "rubric_chars" in kwargs else Budget(),
            tracing=_tracing(kwargs),
            picture_max_pixels=max_pixels,
            oracle=bool(kwargs.get("oracle")),
            on_failure=choice,
            references=kwargs.get("references"),
        )


def _upkeep(given: Mapping[str, Any]) -> Upkeep:
    check_names("reward_kwargs.upkeep", given, [field.name for field in fields(Upkeep)])
    return Upkeep(**given)


def _tracing(kwargs: Mapping[str, Any]) -> Tracing:
    settings = {n.removeprefix(f"{TRACE}_"): value for n, value in kwargs.items() if n.startswith(f"{TRACE}_")}
    return tracing_of(kwargs.get(TRACE, "introspection"), **settings)
