"""verl's single-turn agent loop with vision tokens kept out of the answer, and one that answers a teacher's prompt too.

A sampled ``<|image_pad|>`` promises a picture that is not there: the positions of that response cannot be computed, and
verl drops the whole group of its prompt. verl 0.9.1 has no option for it (the sampling parameters are made in
trainer/ppo/v1/agent_loop_tq.py:64), but an agent loop may add to them, and vLLM and SGLang both know ``logit_bias``.
"""

from __future__ import annotations

import copy
from typing import Any

from omegaconf import open_dict
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop

VISION_TOKENS = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
NEVER = -100.0  # added to a logit: e^-100 of its probability, nothing that a log-prob would show
SEED = "benefit_seed"  # the column that holds a row's seed


class SingleTurnWithoutVisionTokens(SingleTurnAgentLoop):
    """``rollout.agent.agent_loop_config_path`` names this class (recipes/chart/agent_loops.yaml)."""

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> AgentLoopOutput:
        bias = {token: NEVER for token in vision_token_ids(self.tokenizer)}
        return await super().run({**sampling_params, **({"logit_bias": bias} if bias else {})}, **kwargs)


class AnswerEitherPrompt(SingleTurnWithoutVisionTokens):
    """Answers the student's prompt and the teacher's alike, for ``teacher/benefit`` (``verl_plugin.benefit``).

    verl holds every prompt to ``rollout.prompt_length``; here a prompt may be as long as
    ``visual_sdpo.max_teacher_prompt_length``, and every answer as long as in training. Sampled as in training, whatever
    the validation's settings are, from the row's own seed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rollout_config = copy.deepcopy(self.rollout_config)
        longest = max(self.rollout_config.prompt_length, self.config.visual_sdpo.max_teacher_prompt_length)
        with open_dict(self.rollout_config):
            self.rollout_config.prompt_length = self.prompt_length = longest

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> AgentLoopOutput:
        own = {name: self.rollout_config[name] for name in ("temperature", "top_p", "top_k")}
        own |= {"max_tokens": self.rollout_config.response_length, "seed": int(kwargs.pop(SEED))}
        return await super().run({**sampling_params, **own}, **kwargs)


def vision_token_ids(tokenizer: Any) -> list[int]:
    """Ids of the vision tokens that this tokenizer has; none for a model that reads text only."""
    ids = [(name, tokenizer.convert_tokens_to_ids(name)) for name in VISION_TOKENS]
    return [token for name, token in ids if token is not None and tokenizer.convert_ids_to_tokens(token) == name]
