"""The oracle of the ablations: what differs from the one right program."""

from __future__ import annotations

from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.trace.oracle import differing_statements

RIGHT = """\
import matplotlib.pyplot as plt
for x in range(3):
    plt.plot([x], label='a')
plt.title('T')
plt.title('T')
"""


def guilty(source: str, offset: int = 0) -> list[str]:
    program = bare_program(source, offset=offset)
    found = differing_statements(program, bare_program(RIGHT))
    assert len(found) == len(program.statements)
    return [source[start - offset : end - offset].strip() for start, end, value in found if value]


def test_the_same_program_in_another_spelling_is_innocent():
    assert guilty(RIGHT) == []
    assert guilty(RIGHT.replace("'", '"').replace("[x], ", "[x],  ").replace("range(3):", "range(3):  # three")) == []


def test_what_differs_is_guilty_and_nothing_else():
    assert guilty(RIGHT.replace("range(3)", "range(4)")) == ["for x in range(4):"], "a header alone, not its body"
    assert guilty(RIGHT.replace("label='a'", "label='b'"), offset=17) == ["plt.plot([x], label='b')"]
    assert guilty(RIGHT + "plt.title('T')\n") == ["plt.title('T')"], "two of them are right, the third is not"


def test_a_program_that_does_not_parse_is_compared_line_by_line():
    broken = guilty(RIGHT.replace("plt.title('T')\n", "plt.title('T'\n", 1))
    assert broken and "import matplotlib.pyplot as plt" not in broken
