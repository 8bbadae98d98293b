"""The estimate of a recipe: sizes against what a tiny model really takes, and answers a user can act on."""

from __future__ import annotations

import copy
import gc

import pytest
import torch

from verl_visual_sdpo.cli import main
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.estimate import GB, QWEN3_VL_8B, Machine, ModelShape, estimate, shape_of

RECIPE = {
    "actor_rollout_ref": {
        "actor": {
            "ulysses_sequence_parallel_size": 1,
            "use_dynamic_bsz": True,
            "ppo_max_token_len_per_gpu": 16384,
            "ppo_epochs": 1,
            "fsdp_config": {},
        },
        "rollout": {
            "name": "vllm",
            "n": 8,
            "log_prob_use_dynamic_bsz": True,
            "log_prob_max_token_len_per_gpu": 32768,
            "gpu_memory_utilization": 0.6,
            "tensor_model_parallel_size": 1,
        },
        "model": {"path": "Qwen/Qwen3-VL-8B-Instruct", "enable_gradient_checkpointing": True},
    },
    "data": {"max_prompt_length": 2048, "max_response_length": 2048, "train_batch_size": 64},
    "trainer": {"n_gpus_per_node": 8, "nnodes": 1},
    "visual_sdpo": {
        "kl_coef": 1.0,
        "max_teacher_prompt_length": 6144,
        "teacher": "current",
        "estimator": "topk",
        "top_k": 100,
    },
}


def changed(**settings) -> dict:
    """``changed(a__b=1)`` -> the recipe with ``a.b = 1``."""
    config = copy.deepcopy(RECIPE)
    for name, value in settings.items():
        *path, last = name.split("__")
        group = config
        for key in path:
            group = group[key]
        group[last] = value
    return config


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    from verl_visual_sdpo.data.tiny_model import build_tiny_model

    return build_tiny_model(tmp_path_factory.mktemp("model"), seed=0, texts=["Draw a bar chart."] * 4)


@pytest.fixture(scope="module")
def model(tiny):
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText.from_pretrained(tiny, attn_implementation="sdpa")


def line(found, what: str) -> float:
    (gigabytes,) = {one.gigabytes for one in (*found.memory, *found.host) if one.what == what}
    return gigabytes * GB


def test_parameters_are_counted_exactly(tiny, model):
    shape = shape_of(str(tiny))
    assert shape.parameters == sum(p.numel() for p in model.parameters())
    assert shape.layer == sum(p.numel() for p in model.model.language_model.layers[0].parameters())


def test_the_published_shape_is_the_class_of_transformers():
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    text = dict(QWEN3_VL_8B["text_config"])
    config = Qwen3VLConfig(
        text_config=text, vision_config=dict(QWEN3_VL_8B["vision_config"]), tie_word_embeddings=False
    )
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(config)
    assert ModelShape.of(QWEN3_VL_8B).parameters == sum(p.numel() for p in model.parameters())


def test_trained_state_is_what_torch_holds_after_a_step(tiny, model):
    module = copy.deepcopy(model)
    module(input_ids=torch.arange(20)[None]).logits.square().mean().backward()
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    optimizer = torch.optim.AdamW(module.parameters())
    optimizer.step()
    found = estimate(changed(trainer__n_gpus_per_node=1), shape_of(str(tiny)))
    size = {name: sum(x.nbytes for x in values) for name, values in _held(module, optimizer).items()}
    assert line(found, "weights") == pytest.approx(size["weights"])
    assert line(found, "gradients") == pytest.approx(size["gradients"])
    assert line(found, "Adam's moments") == pytest.approx(size["moments"], rel=1e-3)  # and a counter for each tensor


def test_an_engine_that_keeps_room_for_every_position_does_not_start():
    """vLLM refuses a max_model_len whose keys and values it cannot hold; verl asks for all positions by default."""
    shape = ModelShape.of(QWEN3_VL_8B)
    for limit, starts in ((None, False), (8192, True)):
        found = estimate(changed(actor_rollout_ref__rollout__max_model_len=limit), shape)
        assert (found.engine_needs <= found.engine_room) is starts
        cache = next(one.gigabytes for one in found.engine if one.what == "cache of one row")
        assert cache * GB == (limit or 262_144) * 36 * 2 * 8 * 128 * 2


def _held(module, optimizer) -> dict[str, list[torch.Tensor]]:
    parameters = list(module.parameters())
    state = [value for one in optimizer.state.values() for value in one.values() if isinstance(value, torch.Tensor)]
    return {"weights": parameters, "gradients": [p.grad for p in parameters], "moments": state}


def test_a_kept_teacher_is_its_shards(tiny, model):
    from verl_visual_sdpo.verl_plugin.teacher_weights import TeacherWeights

    kept = TeacherWeights(model, rate=0.05)._kept
    found = estimate(changed(trainer__n_gpus_per_node=1, visual_sdpo__teacher="ema"), shape_of(str(tiny)))
    assert line(found, "kept teacher (ema)") == pytest.approx(sum(shard.nbytes for shard in kept))


def test_checkpointed_activations_are_one_input_a_layer(tiny, model):
    module = copy.deepcopy(model).train()
    module.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    tokens, layers = 512, len(module.model.language_model.layers)
    inputs = module.get_input_embeddings()(torch.arange(tokens)[None] % 200)
    before = alive(inputs.numel())
    output = module.model.language_model(inputs_embeds=inputs, attention_mask=None)
    kept = len(alive(inputs.numel()) - before) + 1  # the first layer's input was there before
    found = estimate(changed(actor_rollout_ref__actor__ppo_max_token_len_per_gpu=tokens), shape_of(str(tiny)))
    in_float32 = 2 * line(found, "activations kept")  # the formula is for bf16
    assert in_float32 == pytest.approx(layers * inputs.nbytes)
    assert layers <= kept <= layers + 3, "an input a layer, and what surrounds them"
    assert output.last_hidden_state.requires_grad


def alive(numel: int) -> set[int]:
    """Storages of the tensors of that size that somebody still holds."""
    gc.collect()
    tensors = [x for x in gc.get_objects() if type(x) is torch.Tensor and x.numel() == numel]
    return {x.untyped_storage().data_ptr() for x in tensors}


def test_the_recipe_for_eight_accelerators_fits_and_two_do_not():
    shape = shape_of("Qwen/Qwen3-VL-8B-Instruct")
    assert shape.parameters == pytest.approx(8.77e9, rel=1e-3)
    peaks = estimate(RECIPE, shape).peaks()
    assert set(peaks) == {"update", "log-probs", "teacher", "rollout"}
    assert all(peak < 80 for peak in peaks.values())
    assert max(estimate(changed(trainer__n_gpus_per_node=1), shape).peaks().values()) > 140


@pytest.mark.parametrize(
    ("settings", "phase", "more"),
    [
        ({"actor_rollout_ref__actor__ppo_max_token_len_per_gpu": 32768}, "update", True),
        ({"visual_sdpo__estimator": "full"}, "update", True),
        ({"actor_rollout_ref__actor__fsdp_config": {"use_no_sync_for_gradient_accumulation": True}}, "update", True),
        ({"actor_rollout_ref__actor__ulysses_sequence_parallel_size": 2}, "update", False),
        ({"actor_rollout_ref__model__lora_rank": 64}, "update", False),
        ({"trainer__nnodes": 2}, "update", False),
        ({"actor_rollout_ref__rollout__log_prob_max_token_len_per_gpu": 16384}, "teacher", False),
        ({"actor_rollout_ref__rollout__gpu_memory_utilization": 0.5}, "rollout", False),
    ],
    ids=lambda value: next(iter(value)).rpartition("__")[2] if isinstance(value, dict) else "",
)
def test_each_setting_moves_its_phase_as_it_should(settings, phase, more):
    shape = shape_of("Qwen/Qwen3-VL-8B-Instruct")
    before, after = (estimate(config, shape).peaks()[phase] for config in (RECIPE, changed(**settings)))
    assert after > before if more else after < before


def test_grpo_has_no_teacher_and_a_slower_machine_takes_longer():
    shape = shape_of("Qwen/Qwen3-VL-8B-Instruct")
    grpo = estimate(changed(visual_sdpo__kl_coef=0.0), shape)
    assert "teacher" not in grpo.peaks() and "teacher" not in {name for name, *_ in grpo.seconds}
    slow, fast = (estimate(RECIPE, shape, Machine(tflops=t)).seconds for t in (300.0, 900.0))
    update = {name: (a, b) for (name, a, _), (_, b, _) in zip(slow, fast)}["update"]
    assert update[0] == pytest.approx(3 * update[1])


def test_a_model_that_is_not_at_hand_is_asked_for(tmp_path, capsys):
    with pytest.raises(InvalidInputError, match="--model-config"):
        shape_of("some/model")
    (tmp_path / "config.json").write_text('{"hidden_size": 8}')
    with pytest.raises(InvalidInputError, match="not a Qwen3-VL's"):
        shape_of("", str(tmp_path / "config.json"))
    assert main(["doctor", "trainer.nnodes=2"]) == 2 and "--recipe" in capsys.readouterr().err
    assert main(["doctor", "--recipe", str(tmp_path / "absent.yaml")]) == 2


@pytest.mark.slow
def test_the_command_composes_the_recipe_and_says_whether_it_fits(capsys):
    from pathlib import Path

    recipe = str(Path(__file__).resolve().parents[1] / "recipes" / "chart" / "qwen3vl_8b.yaml")
    assert main(["doctor", "--recipe", recipe]) == 0
    said = capsys.readouterr().out
    assert "P = 8.77 billion parameters on N = 8 ranks" in said and "DOES NOT FIT" not in said
    assert main(["doctor", "--recipe", recipe, "trainer.n_gpus_per_node=1"]) == 1
    assert "DOES NOT FIT" in capsys.readouterr().out
