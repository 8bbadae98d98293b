"""The tiny Qwen3-VL: the real classes, loadable by name, with a tokenizer that covers the task."""

import random

import pytest
import torch
from PIL import Image

from verl_visual_sdpo.data.processor import load_processor
from verl_visual_sdpo.data.sft import SupervisedExample, collate, encode_prompt, encode_response
from verl_visual_sdpo.data.tiny_model import build_tiny_model, build_tokenizer
from verl_visual_sdpo.data.toy_charts import draw_chart, good_knobs, write_prompt, write_response
from verl_visual_sdpo.errors import InvalidInputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_tiny_model(tmp_path_factory.mktemp("tiny"), seed=0)


@pytest.fixture(scope="module")
def processor(folder):
    return load_processor(folder)


@pytest.fixture(scope="module")
def model(folder):
    from transformers import AutoModelForImageTextToText

    return AutoModelForImageTextToText.from_pretrained(folder)


def messages(*colors: str, text: str = "Draw it."):
    pictures = [{"type": "image", "image": Image.new("RGB", (320, 240), color)} for color in colors]
    return [{"role": "user", "content": [*pictures, {"type": "text", "text": text}]}]


def test_the_auto_classes_load_the_real_ones(folder, processor, model):
    from transformers import AutoConfig, AutoTokenizer

    assert type(model).__name__ == "Qwen3VLForConditionalGeneration"
    assert type(processor).__name__ == "Qwen3VLProcessor"
    assert AutoConfig.from_pretrained(folder).model_type == "qwen3_vl"
    assert AutoTokenizer.from_pretrained(folder).eos_token == "<|im_end|>"
    assert 1.5e6 < sum(parameter.numel() for parameter in model.parameters()) < 3e6


def test_the_seed_fixes_the_weights(folder, tmp_path):
    same, other = build_tiny_model(tmp_path / "same", seed=0), build_tiny_model(tmp_path / "other", seed=1)
    weights = [(path / "model.safetensors").read_bytes() for path in (folder, same, other)]
    assert weights[0] == weights[1] != weights[2]


def test_pictures_become_twelve_tokens_each(processor, model):
    prompt = encode_prompt(messages("red", "blue"), processor)
    assert (prompt.ids == model.config.image_token_id).sum() == 24
    assert prompt.grid.tolist() == [[1, 6, 8]] * 2 and prompt.pixels.shape == (96, 1536)


def test_prompts_with_known_pictures_are_encoded_alike(processor):
    first = encode_prompt(messages("red", "blue"), processor)
    again = encode_prompt(messages("red", "blue"), processor, same_pictures=first)
    assert torch.equal(first.ids, again.ids) and again.pixels is first.pixels


def test_any_text_survives_the_tokenizer(processor):
    tokenizer = processor.tokenizer
    for text in ("ax.set_title(“π ≤ 3”)\n\tλ = 1e-3", '{"what":"text-overlap"}', "日本語 🎉", "  indented\r\n"):
        assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_the_task_takes_few_tokens(processor):
    rng = random.Random(0)
    lengths = []
    for _ in range(50):
        chart = draw_chart(rng)
        prompt, response = write_prompt(chart), write_response(chart, good_knobs(chart))
        assert processor.tokenizer.decode(processor.tokenizer(response).input_ids) == response
        lengths.append([len(processor.tokenizer(text).input_ids) for text in (prompt, response)])
    assert max(prompt for prompt, _ in lengths) <= 80 and max(response for _, response in lengths) <= 130


def test_padding_and_neighbours_do_not_change_the_logits(processor, model):
    """What a batch computes for a row is what the row alone gives, pictures included."""
    rows = [
        SupervisedExample(
            encode_prompt(messages(*colors, text=text), processor), encode_response("x = 1", processor.tokenizer)
        )
        for colors, text in ((("red",), "Draw."), (("blue", "green"), "Draw this and that, please."))
    ]
    inputs, labels = collate(rows, model.config)
    with torch.no_grad():
        together = model.eval()(**inputs).logits
        for row, example in enumerate(rows):
            alone_inputs, alone_labels = collate([example], model.config)
            alone = model(**alone_inputs).logits[0]
            torch.testing.assert_close(together[row, : len(example)], alone, atol=1e-4, rtol=1e-4)
            assert (labels[row] != -100).sum() == (alone_labels != -100).sum() == len(example.response)


def test_the_picture_matters(processor, model):
    logits = []
    for color in ("red", "blue"):
        prompt = encode_prompt(messages(color), processor)
        example = SupervisedExample(prompt, encode_response("x", processor.tokenizer))
        with torch.no_grad():
            logits.append(model.eval()(**collate([example], model.config)[0]).logits[0, -1])
    assert not torch.allclose(*logits)


def test_a_vocabulary_too_small_is_refused():
    with pytest.raises(InvalidInputError, match="vocabulary=100.*264"):
        build_tokenizer(["x"], vocabulary=100)
