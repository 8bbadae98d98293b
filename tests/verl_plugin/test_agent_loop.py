"""The agent loop that recipes name: verl's own, with vision tokens kept out of the answer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from verl.experimental.agent_loop.agent_loop import DictConfigWrap
from verl.utils.dataset.rl_dataset import RLHFDataset
from verl.workers.rollout.replica import TokenOutput

from verl_visual_sdpo.verl_plugin.agent_loop import NEVER, SingleTurnWithoutVisionTokens, vision_token_ids


def tokenizer(*specials: str) -> PreTrainedTokenizerFast:
    words = ["<unk>", "<eos>", "draw", "user", "assistant", *specials]
    core = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    built = PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token="<unk>", eos_token="<eos>", additional_special_tokens=list(specials)
    )
    built.chat_template = "{% for m in messages %}{{ m.role + ' ' + m.content + ' ' }}{% endfor %}assistant "
    return built


class Server:
    """Stands where the inference server's client stands: keeps what it was asked, answers with fixed ids."""

    async def generate(self, *, prompt_ids, sampling_params, **_):
        self.prompt_ids, self.sampling_params = prompt_ids, sampling_params
        return TokenOutput(token_ids=[2, 1], log_probs=[-0.5, -0.25])


async def run(tokenizer: PreTrainedTokenizerFast) -> tuple[Server, object]:
    rollout = {"prompt_length": 16, "response_length": 8, "full_determinism": False}
    config = OmegaConf.create({"actor_rollout_ref": {"rollout": rollout}, "data": {}})
    server = Server()
    loop = SingleTurnWithoutVisionTokens(
        trainer_config=DictConfigWrap(config),
        server_manager=server,
        tokenizer=tokenizer,
        processor=None,
        dataset_cls=RLHFDataset,
        data_config=DictConfigWrap(config.data),
        tools=SimpleNamespace(tools=[]),
    )
    params = {"temperature": 1.0, "top_p": 0.9}
    output = await loop.run(params, raw_prompt=[{"role": "user", "content": "draw"}], index=3)
    assert params == {"temperature": 1.0, "top_p": 0.9}, "verl shares one dictionary among all rollouts"
    return server, output


async def test_vision_tokens_get_a_bias_and_nothing_else_changes():
    own = tokenizer("<|vision_start|>", "<|image_pad|>")
    server, output = await run(own)
    biased = {own.convert_tokens_to_ids(name): NEVER for name in ("<|vision_start|>", "<|image_pad|>")}
    assert server.sampling_params == {"temperature": 1.0, "top_p": 0.9, "logit_bias": biased}
    assert output.response_ids == [2, 1] and output.response_logprobs == [-0.5, -0.25]


async def test_a_model_without_vision_tokens_is_left_alone():
    assert vision_token_ids(tokenizer()) == []
    server, _ = await run(tokenizer())
    assert server.sampling_params == {"temperature": 1.0, "top_p": 0.9}


def test_the_recipe_names_this_class():
    from pathlib import Path

    hydra = pytest.importorskip("hydra.utils")
    root = Path(__file__).resolve().parents[2]
    (loop,) = OmegaConf.load(root / "recipes" / "chart" / "agent_loops.yaml")
    recipe = OmegaConf.load(root / "recipes" / "chart" / "qwen3vl_8b.yaml")
    assert hydra.get_class(loop._target_) is SingleTurnWithoutVisionTokens
    assert recipe.actor_rollout_ref.rollout.agent.default_agent_loop == loop.name
