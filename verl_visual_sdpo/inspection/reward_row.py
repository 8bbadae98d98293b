"""What a reward function of verl returns: one flat row, with the same keys whatever happened."""

from __future__ import annotations

from collections import Counter

from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.domains import domain_of
from verl_visual_sdpo.inspection.trace import BLAME
from verl_visual_sdpo.types import Analysis, Evidence, Execution

Row = dict[str, float | str]


def scored(domain: str, analysis: Analysis, evidence: Evidence) -> Row:
    """The row of a judged response."""
    reward, found = analysis.reward, Counter(defect.detector for defect in analysis.defects)
    return {
        "score": reward.score,
        "executed": reward.executed,
        "quality": reward.quality,
        "fidelity": reward.fidelity,
        "gate": reward.gate,
        **{_term_key(term): float(analysis.fidelity.get(term, 1.0)) for term in domain_of(domain).terms},
        "defects": float(len(analysis.defects)),
        **{_count_key(detector): float(found[detector]) for detector in _detector_ids(domain)},
        "blame_undetermined": float(sum(one.detector == BLAME for one in analysis.undetermined)),
        "undetermined": 0.0,
        **_costs(analysis.execution),
        **_integrity(analysis.execution),
        "status": analysis.execution.status,
        "evidence": evidence.to_json(),
    }


def undetermined(domain: str, error: Exception, score: float) -> Row:
    """The row of a response that our machinery failed: ``score`` is what stands in its place, the rest is 0."""
    terms = [_term_key(term) for term in domain_of(domain).terms]
    numbers = ("executed", "quality", "fidelity", "gate", *terms, "defects")
    evidence = Evidence(determined=False, status="undetermined", words=f"{type(error).__name__}: {error}")
    return {
        "score": score,
        **dict.fromkeys(numbers, 0.0),
        **{_count_key(detector): 0.0 for detector in _detector_ids(domain)},
        "blame_undetermined": 0.0,
        "undetermined": 1.0,
        **_costs(Execution("no_program", attempts=getattr(error, "attempts", 0))),
        **_integrity(Execution("no_program")),
        "status": evidence.status,
        "evidence": evidence.to_json(),
    }


def _costs(execution: Execution) -> dict[str, float]:
    return {
        "render_seconds": execution.seconds,
        "render_wait_seconds": execution.waited,
        "render_attempts": float(execution.attempts),
        "render_cached": float(execution.cached),
    }


def _integrity(execution: Execution) -> dict[str, float]:
    return {
        "forbidden": float(execution.status == "forbidden"),
        "audit_unverified": float(execution.audit == "unverified"),
        "audit_contradicted": float(execution.audit == "contradicted"),
    }


def _term_key(term: str) -> str:
    return "fidelity_" + term.replace("/", "_")


def _count_key(detector: str) -> str:
    return "defect_" + detector.replace("-", "_")


def _detector_ids(domain: str) -> list[str]:
    return [detector.id for detector in detectors_of(domain)]
