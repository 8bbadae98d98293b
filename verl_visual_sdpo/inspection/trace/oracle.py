"""Which statements are guilty, by someone who knows the right program: for ablations (``credit=oracle``) only.

Where a task has one right program, and the response differs from it in single statements (the quickstart's charts are
of this kind), those statements are the faulty ones. For free programs it is a rough upper bound, not a truth.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter

from verl_visual_sdpo.inspection.program import syntax_tree
from verl_visual_sdpo.types import Program


def differing_statements(program: Program, reference: Program) -> tuple[tuple[int, int, float], ...]:
    """(start, end, 1.0 or 0.0) of every statement of ``program``: 1 where the reference has no such statement (left).

    Statements are compared by their syntax, not by their spelling: quotes, spaces and comments do not count.
    """
    left = Counter(_meaning(reference, number) for number in range(len(reference.statements)))
    found = []
    for number, statement in enumerate(program.statements):
        meaning = _meaning(program, number)
        known = left[meaning] > 0
        left[meaning] -= known
        found.append((statement.span.start, statement.span.end, 0.0 if known else 1.0))
    return tuple(found)


def _meaning(program: Program, number: int) -> str:
    span = program.statements[number].span
    text = program.source[span.start - program.offset : span.end - program.offset]
    for whole in (text, f"{text.rstrip()}\n pass"):  # the header of a compound statement lacks its body
        try:
            return ast.dump(syntax_tree(textwrap.dedent(whole)))
        except SyntaxError:
            continue
    return " ".join(text.split())
