"""``teacher/benefit``: who is asked, how, and what is made of the answers.

That a run asks and logs is tested through Ray (test_end_to_end.py).
"""

from __future__ import annotations

import random

import pytest
import torch
from test_agent_loop import Server, tokenizer

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.verl_plugin.agent_loop import SEED, AnswerEitherPrompt
from verl_visual_sdpo.verl_plugin.benefit import Benefit, benefit, choose
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput

TAUGHT = TeacherInput(torch.zeros(2), {"input_ids": torch.arange(5)}, 30)
TOO_LONG, CLEAN = (TeacherInput(torch.zeros(2), skip=why) for why in ("too_long", "not_counted"))


def test_the_benefit_is_the_mean_difference_of_whole_pairs():
    found = benefit([(0.2, 0.5), (0.6, 0.5), (0.4, 0.8), (None, 0.9), (0.1, None)])
    assert found["teacher/benefit"] == pytest.approx(0.2)
    assert found["teacher/benefit_student"] == pytest.approx(0.4)
    assert found["teacher/benefit_prompts"] == 3 and found["teacher/benefit_unanswered"] == 2
    differences = torch.tensor([0.3, -0.1, 0.4])
    assert found["teacher/benefit_error"] == pytest.approx(float(differences.std()) / 3**0.5)


def test_counts_are_told_where_nothing_was_answered():
    assert benefit([(None, 0.5)]) == {"teacher/benefit_prompts": 0.0, "teacher/benefit_unanswered": 1.0}


def test_one_rollout_of_a_prompt_is_asked_and_those_too_long_are_not_passed_over():
    inputs = [TAUGHT, TAUGHT, CLEAN, TOO_LONG, TAUGHT]
    groups = ["a", "a", "b", "c", "d"]
    picked = [choose(inputs, groups, 8, random.Random(seed)) for seed in range(20)]
    assert {tuple(rows) for rows in picked} == {(0, 3, 4), (1, 3, 4)}
    assert all(len(choose(inputs, groups, 2, random.Random(seed))) == 2 for seed in range(5))


def test_a_failure_costs_the_measurement_and_nothing_else(caplog, monkeypatch):
    """Here there is no queue at all: whatever is asked of it raises."""
    measured = Benefit(DistillationConfig(benefit_every=2))
    measured.note(None, [TAUGHT], [None], step=1)
    assert not measured.due and "not measured in step 1" in caplog.text
    measured._questions = [object()]
    measured.measure(None, None, step=1)
    found = measured.take()
    assert found["teacher/benefit_unanswered"] == 1 and "teacher/benefit" not in found
    assert measured.take() == {} and not measured.due


def test_it_rests_between():
    measured = Benefit(DistillationConfig(benefit_every=3))
    measured.note(None, [TAUGHT], [None], step=2)  # would warn, if it looked
    assert measured.take() == {}


async def test_a_prompt_beyond_the_rollouts_length_is_answered_whole_and_sampled_as_in_training():
    from types import SimpleNamespace

    from omegaconf import OmegaConf
    from verl.experimental.agent_loop.agent_loop import DictConfigWrap
    from verl.utils.dataset.rl_dataset import RLHFDataset

    rollout = {"prompt_length": 4, "response_length": 8, "full_determinism": False}
    rollout |= {"temperature": 0.8, "top_p": 0.95, "top_k": 50}
    config = {"actor_rollout_ref": {"rollout": rollout}, "data": {}, "visual_sdpo": {"max_teacher_prompt_length": 16}}
    config, server = OmegaConf.create(config), Server()
    loop = AnswerEitherPrompt(
        trainer_config=DictConfigWrap(config),
        server_manager=server,
        tokenizer=tokenizer(),
        processor=None,
        dataset_cls=RLHFDataset,
        data_config=DictConfigWrap(config.data),
        tools=SimpleNamespace(tools=[]),
    )
    messages = [{"role": "user", "content": " ".join(["draw"] * 10)}]
    await loop.run({"temperature": 0.0, "top_p": 1.0, "logprobs": False}, raw_prompt=messages, index=3, **{SEED: 7})
    assert len(server.prompt_ids) == 12 > rollout["prompt_length"], "user, ten words, assistant"
    asked = {name: server.sampling_params[name] for name in ("temperature", "top_p", "top_k", "max_tokens", "seed")}
    assert asked == {"temperature": 0.8, "top_p": 0.95, "top_k": 50, "max_tokens": 8, "seed": 7}
    assert config.actor_rollout_ref.rollout.prompt_length == 4, "training keeps its own"
