"""Teach the tiny model the toy task before reinforcement learning, and check that it is worth starting from.

Half of the examples show the prompt and a sloppy program, half a *teacher* prompt (the same prompt with real feedback
about another sloppy program, built by ``distillation.teacher``) and the program that heeds it. Afterwards the gate
samples from the model and measures what the method needs: programs that run, defects to remove, and a teacher whose
answers are better than the student's.

    python -m verl_visual_sdpo.data.warm_start --tasks warm.parquet --validation val.parquet --out outputs/start
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.data.gate import Gate, measure
from verl_visual_sdpo.data.processor import load_processor
from verl_visual_sdpo.data.sft import SupervisedExample, encode_prompt, encode_response, train
from verl_visual_sdpo.data.tiny_model import build_tiny_model
from verl_visual_sdpo.data.toy_dataset import ToyTask, read_parquet
from verl_visual_sdpo.data.toy_feedback import Repair, load_repairs, make_repairs, reword_repair, save_repairs
from verl_visual_sdpo.data.toys import TOYS, sample_texts, sloppy_knobs, toy_of
from verl_visual_sdpo.distillation.teacher import teacher_messages
from verl_visual_sdpo.inspection.pipeline import Budget, Renderer, default_renderer


@dataclass(frozen=True)
class WarmStart:
    """Settings of the warm start. ``teacher_share`` of the batches are feedback -> repair examples.

    A model that does not pass the gate gets ``more_steps`` more at a quarter of ``lr``, up to ``more_rounds`` times:
    how far 700 steps come differs a little from machine to machine.
    """

    seed: int = 0
    repairs_per_task: int = 1
    steps: int = 700
    batch_size: int = 16
    lr: float = 2e-3
    more_steps: int = 150
    more_rounds: int = 3
    teacher_share: float = 0.5
    rubric_chars: int = 500
    template: str = ""

    @property
    def distillation(self) -> DistillationConfig:
        """The teacher's prompt as training will build it."""
        return DistillationConfig(rubric_chars=self.rubric_chars, template=self.template)

    @property
    def budget(self) -> Budget:
        return Budget(rubric_chars=self.rubric_chars)


def warm_start(tasks: Sequence[ToyTask], settings: WarmStart, renderer: Renderer, out: Path) -> Path:
    """Build the tiny model, train it on ``tasks`` and save it to ``out/model``.

    Finished parts (feedback, model) are kept and used again as long as settings and tasks are the same.
    """
    out.mkdir(parents=True, exist_ok=True)
    stamp = _fingerprint(tasks, settings)
    model_dir, done = out / "model", out / "done.json"
    if done.exists() and json.loads(done.read_text())["stamp"] == stamp:
        print(f"warm start: {model_dir} is up to date")
        return model_dir
    repairs = _repairs(tasks, settings, renderer, out)
    build_tiny_model(model_dir, settings.seed, _texts(tasks, repairs, settings))
    losses = _train(model_dir, tasks, repairs, settings, 0)
    done.write_text(json.dumps({"stamp": stamp, "settings": asdict(settings), "rounds": 0, "losses": losses}))
    return model_dir


def train_further(tasks: Sequence[ToyTask], settings: WarmStart, renderer: Renderer, out: Path) -> None:
    """One round of ``more_steps`` on the model that :func:`warm_start` left in ``out``."""
    done = json.loads((out / "done.json").read_text())
    done["rounds"] += 1
    repairs = _repairs(tasks, settings, renderer, out)
    done["losses"] += _train(out / "model", tasks, repairs, settings, done["rounds"])
    (out / "done.json").write_text(json.dumps(done))


def _train(
    model_dir: Path, tasks: Sequence[ToyTask], repairs: Sequence[Repair], settings: WarmStart, number: int
) -> list[float]:
    from transformers import AutoModelForImageTextToText

    model = AutoModelForImageTextToText.from_pretrained(model_dir)
    steps, lr = (settings.more_steps, settings.lr / 4) if number else (settings.steps, settings.lr)
    label = f"warm start, round {number + 1}" if number else "warm start"
    batches = _batches(tasks, repairs, replace(settings, seed=settings.seed + 1000 * number), load_processor(model_dir))
    losses = train(model, batches, steps=steps, lr=lr, label=label)
    model.save_pretrained(model_dir)
    return losses


def teacher_prompt(task: ToyTask, repair: Repair, settings: WarmStart) -> list[dict]:
    """The task's messages with the feedback that the repair answers."""
    return teacher_messages(task.messages, repair.evidence, settings.distillation)


def _repairs(tasks: Sequence[ToyTask], settings: WarmStart, renderer: Renderer, out: Path) -> list[Repair]:
    later = {"steps": 0, "batch_size": 0, "lr": 0.0, "more_steps": 0, "more_rounds": 0, "template": ""}
    relevant = replace(settings, **later)  # what the feedback does not depend on
    path = out / f"feedback-{_fingerprint(tasks, relevant)}.jsonl"
    if not path.exists():
        repairs = make_repairs(
            tasks, renderer, per_task=settings.repairs_per_task, seed=settings.seed, budget=settings.budget
        )
        save_repairs(repairs, path)
    return load_repairs(path)


def _texts(tasks: Sequence[ToyTask], repairs: Sequence[Repair], settings: WarmStart) -> list[str]:
    """What the tokenizer learns from: prompts, programs, and the teacher's texts."""
    teacher = [
        part["text"]
        for repair in repairs
        for message in teacher_prompt(tasks[repair.task], repair, settings)
        for part in message["content"]
        if part["type"] == "text"
    ]
    return sample_texts(toy_of(tasks[0].domain), settings.seed) + teacher


def _batches(
    tasks: Sequence[ToyTask], repairs: Sequence[Repair], settings: WarmStart, processor
) -> Iterator[list[SupervisedExample]]:
    """Batches for ever, each of one sort, for a student's prompt is much shorter than a teacher's.

    Words and slips are new each time: what repeats would be learned by heart instead of copied.
    """
    rng, toy = random.Random(settings.seed), toy_of(tasks[0].domain)
    tokenizer = processor.tokenizer
    student = [encode_prompt(task.messages, processor) for task in tasks]
    teacher = [encode_prompt(teacher_prompt(tasks[repair.task], repair, settings), processor) for repair in repairs]

    def sloppy(index: int) -> SupervisedExample:
        task = replace(tasks[index], item=toy.reword(tasks[index].item, rng))
        prompt = encode_prompt(task.messages, processor, same_pictures=student[index])
        response = toy.write_response(task.item, sloppy_knobs(toy, task.item, rng))
        return SupervisedExample(prompt, encode_response(response, tokenizer))

    def repaired(index: int) -> SupervisedExample:
        old = tasks[repairs[index].task]
        task = replace(old, item=toy.reword(old.item, rng))
        repair = reword_repair(repairs[index], old, task)
        prompt = encode_prompt(teacher_prompt(task, repair, settings), processor, same_pictures=teacher[index])
        return SupervisedExample(prompt, encode_response(repair.response, tokenizer))

    while True:
        make, count = (repaired, len(repairs)) if rng.random() < settings.teacher_share else (sloppy, len(tasks))
        yield [make(index) for index in rng.sample(range(count), settings.batch_size)]


def _fingerprint(tasks: Sequence[ToyTask], settings: WarmStart) -> str:
    """Changes with the tasks' references and the settings."""
    text = json.dumps([asdict(settings), [task.reference for task in tasks]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


# --------------------------------------------------------------------------- command line


def main(argv: Sequence[str] | None = None) -> int:
    """Warm start, then gate; more training where it fails. Exit status 1 when it still does."""
    arguments = _parser().parse_args(argv)
    out = Path(arguments.out)
    settings = WarmStart(seed=arguments.seed, steps=arguments.steps, template=arguments.template)
    renderer = default_renderer(arguments.domain, workers=arguments.workers, cache_size=4096)
    tasks, validation = read_parquet(arguments.tasks), read_parquet(arguments.validation)
    warm_start(tasks, settings, renderer, out)
    failures = _gate(out, validation, settings, renderer)
    while failures and json.loads((out / "done.json").read_text())["rounds"] < settings.more_rounds:
        print(f"gate: not yet ({'; '.join(failures)}), {settings.more_steps} more steps")
        train_further(tasks, settings, renderer, out)
        failures = _gate(out, validation, settings, renderer)
    print(f"gate: {(out / 'gate.json').read_text()}")
    if failures:
        print(
            f"The warm start is not fit to be trained further ({'; '.join(failures)}).\n"
            f"Raise --steps (now {settings.steps}) or change --seed (now {settings.seed}) and run again.",
            file=sys.stderr,
        )
    return 1 if failures else 0


def _gate(out: Path, validation: Sequence[ToyTask], settings: WarmStart, renderer: Renderer) -> list[str]:
    """What the model in ``out`` lacks; measured once after each round, and kept in ``gate.json``."""
    path, done = out / "gate.json", json.loads((out / "done.json").read_text())
    key = {"stamp": done["stamp"], "rounds": done["rounds"]}
    if path.exists():
        known = json.loads(path.read_text())
        if {name: known.get(name) for name in key} == key:
            return known["failures"]
    gate = _measure(out / "model", validation, settings, renderer)
    path.write_text(json.dumps({**key, **gate.as_plain()}, indent=2) + "\n")
    return gate.failures


def _measure(model_dir: Path, tasks: Sequence[ToyTask], settings: WarmStart, renderer: Renderer) -> Gate:
    from transformers import AutoModelForImageTextToText

    model = AutoModelForImageTextToText.from_pretrained(model_dir)
    return measure(model, load_processor(model_dir), tasks, renderer, settings.distillation, seed=settings.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Warm-start the tiny model on a toy task and check the result.")
    parser.add_argument("--domain", choices=tuple(TOYS), default="chart", help="what is drawn (default chart)")
    parser.add_argument("--tasks", required=True, help="parquet of toy tasks to train on")
    parser.add_argument("--validation", required=True, help="parquet of toy tasks for the gate")
    parser.add_argument("--out", required=True, help="folder for the model, the feedback and gate.json")
    parser.add_argument("--seed", type=int, default=WarmStart.seed)
    parser.add_argument("--steps", type=int, default=WarmStart.steps)
    parser.add_argument("--template", default=WarmStart.template, help="feedback text in place of the built-in one")
    parser.add_argument("--workers", type=int, default=2, help="render processes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
