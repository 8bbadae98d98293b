"""A reward that a random model can earn, with evidence of every kind and without a renderer."""

from __future__ import annotations

from plugin_rows import png

from verl_visual_sdpo.types import Evidence, Span


async def compute_score(data_source, solution_str, ground_truth, extra_info=None, unjudged_every=0, **_):
    """A score in (0, 1) that every character moves, so that whatever a model writes there is something to learn from.

    Every ``unjudged_every``-th length of response could not be judged."""
    length = len(solution_str)
    judged = not unjudged_every or length % unjudged_every
    evidence = Evidence(
        determined=bool(judged),
        status=("ok", "runtime_error")[length % 2],
        code=Span(0, length),
        responsibilities=((0, length // 2, 0.5),),
        defects=length % 3,
        rubric='{"defects": [{"detector": "text-overlap"}]}',
        words="NameError: name 'plot' is not defined",
        image=png("orange"),
    )
    return {
        "score": (1 + sum(map(ord, solution_str)) % 97) / 98 if judged else 0.0,
        "undetermined": 0.0 if judged else 1.0,
        "status": evidence.status,
        "evidence": evidence.to_json(),
    }
