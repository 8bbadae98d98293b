"""Inspect a program from Python: what it draws, what is wrong with it, which lines are to blame, what it is worth.

Run:  python examples/inspect_a_program.py            (writes inspected.html and inspected.png beside you)
"""

from pathlib import Path

from verl_visual_sdpo.inspection.pipeline import analyse
from verl_visual_sdpo.report.annotate import annotated_png
from verl_visual_sdpo.report.findings import findings
from verl_visual_sdpo.report.inspect_page import inspect_page
from verl_visual_sdpo.types import Task

REFERENCE = """
import matplotlib.pyplot as plt
months = ["January", "February", "March", "April", "May", "June"]
plt.figure(figsize=(5, 3.5), layout="constrained")
plt.bar(months, [3, 5, 4, 6, 8, 7], label="umbrellas")
plt.title("Umbrellas sold")
plt.ylabel("thousands")
plt.xticks(rotation=45)
plt.legend()
"""

RESPONSE = """Here is the chart:
```python
import matplotlib.pyplot as plt

months = ["January", "February", "March", "April", "May", "June"]
plt.figure(figsize=(3, 3.5))
plt.bar(months, [3, 5, 4, 6, 8, 7], label="umbrellas")
plt.title("Umbrellas sold")
plt.ylabel("thousands")
plt.text(2, 8.8, "record in May, thanks to the rain")
plt.legend()
```
"""


def main() -> None:
    analysis = analyse(RESPONSE, Task("chart", reference=REFERENCE))

    print(f"{analysis.execution.status}; score {analysis.reward.score:.2f} = {analysis.reward}")
    for finding in findings(analysis):
        lines = ", ".join(f"line {s.line} ({s.tie}, {s.responsibility:.2f})" for s in finding.suspects)
        print(f"{finding.number}. {finding.defect.message}  <- {lines or 'no statement found'}")
    print("\nWhat a teacher reads:\n" + analysis.feedback.rubric)

    Path("inspected.html").write_text(inspect_page(analysis, "response"), encoding="utf-8")
    if analysis.scene:
        Path("inspected.png").write_bytes(annotated_png(analysis.scene, findings(analysis)))


if __name__ == "__main__":
    main()
