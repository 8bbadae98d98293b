"""Is a warm-started model worth training further? Measured by sampling, before any reinforcement learning.

Three figures: do its programs run, do they have defects to remove, and does the *teacher* (the same model with feedback
in its prompt) write better programs than the student. Without the last, distilling the teacher teaches nothing.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from tqdm import tqdm

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.data.sampling import sample_responses
from verl_visual_sdpo.data.sft import encode_prompt
from verl_visual_sdpo.data.toy_dataset import ToyTask
from verl_visual_sdpo.data.toys import toy_of
from verl_visual_sdpo.distillation.teacher import teacher_messages
from verl_visual_sdpo.inspection.pipeline import Budget, Renderer, analyse, gather_evidence
from verl_visual_sdpo.types import Analysis

LEAST_EXECUTED = 0.85
DEFECTS = (1.0, 2.5)  # of the programs that run: enough to learn from, few enough to name
LEAST_BENEFIT = 0.05


@dataclass(frozen=True)
class Quality:
    """Means over sampled programs; ``defects`` over those that ran."""

    programs: int
    executed: float
    defects: float
    reward: float
    reward_error: float

    @classmethod
    def of(cls, analyses: Sequence[Analysis]) -> Quality:
        ran = [analysis for analysis in analyses if analysis.execution.ok]
        rewards = [analysis.reward.score for analysis in analyses]
        return cls(
            programs=len(analyses),
            executed=len(ran) / len(analyses),
            defects=statistics.fmean(len(analysis.defects) for analysis in ran) if ran else 0.0,
            reward=statistics.fmean(rewards),
            reward_error=statistics.pstdev(rewards) / len(rewards) ** 0.5,
        )


@dataclass(frozen=True)
class Gate:
    """Student and teacher side by side. ``benefit`` is the difference of their mean rewards."""

    student: Quality
    teacher: Quality

    @property
    def benefit(self) -> float:
        return self.teacher.reward - self.student.reward

    @property
    def failures(self) -> list[str]:
        """What is missing, measured against required; empty when the model may be trained further."""
        low, high = DEFECTS
        checks = (
            (self.student.executed >= LEAST_EXECUTED, f"{self.student.executed:.2f} run, {LEAST_EXECUTED} required"),
            (low <= self.student.defects <= high, f"{self.student.defects:.2f} defects each, {low} to {high} wanted"),
            (self.benefit >= LEAST_BENEFIT, f"teacher benefit {self.benefit:+.3f}, {LEAST_BENEFIT:+} required"),
        )
        return [message for passed, message in checks if not passed]

    def as_plain(self) -> dict:
        """JSON values."""
        return {
            "student": asdict(self.student),
            "teacher": asdict(self.teacher),
            "benefit": self.benefit,
            "passed": not self.failures,
            "failures": self.failures,
        }


def measure(
    model,
    processor,
    tasks: Sequence[ToyTask],
    renderer: Renderer,
    config: DistillationConfig,
    *,
    samples: int = 1,
    max_tokens: int | None = None,
    seed: int = 0,
    workers: int = 2,
) -> Gate:
    """Sample ``samples`` student answers to every task, then one teacher answer to the feedback on each of them.

    ``max_tokens`` of an answer: by default what the toy's responses may take.
    """
    max_tokens = max_tokens or toy_of(tasks[0].domain).LONGEST
    jobs = list(itertools.chain.from_iterable([task] * samples for task in tasks))
    budget = Budget(rubric_chars=config.rubric_chars)

    def answer(messages: Sequence[list[dict]], label: str) -> list[Analysis]:
        prompts = [encode_prompt(message, processor) for message in messages]
        texts = sample_responses(model, processor.tokenizer, prompts, max_tokens=max_tokens, seed=seed)
        with ThreadPoolExecutor(workers) as pool:
            judged = pool.map(lambda pair: analyse(pair[0], pair[1].judged, renderer, budget), zip(texts, jobs))
            return list(tqdm(judged, total=len(jobs), desc=label, unit="program"))

    student = answer([task.messages for task in jobs], "student's programs")
    feedback = [
        teacher_messages(task.messages, gather_evidence(analysis), config) for task, analysis in zip(jobs, student)
    ]
    return Gate(Quality.of(student), Quality.of(answer(feedback, "teacher's programs")))
