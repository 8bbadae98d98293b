"""Teacher rows: the same response behind the feedback, positions as the model computes them, and never a crash."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
import torch
from PIL import Image
from plugin_rows import png

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.types import Evidence
from verl_visual_sdpo.verl_plugin.dataset import PictureDataset
from verl_visual_sdpo.verl_plugin.teacher_inputs import SKIPS, TeacherInputs

SEEN = Evidence(determined=True, status="ok", defects=1, rubric='{"defects": ["overlap"]}', image=png("red"))
TEXT = "plt.bar([1, 2])\nplt.show()"


@pytest.fixture
def builder(processor):
    def build(**settings) -> TeacherInputs:
        return TeacherInputs(DistillationConfig(**settings), processor.tokenizer, processor, PictureDataset, {})

    return build


@pytest.fixture
def messages():
    picture = Image.open(io.BytesIO(png("blue")))
    content = [{"type": "image", "image": picture}, {"type": "text", "text": "Draw a bar chart."}]
    return [{"role": "user", "content": content}]


@pytest.fixture
def response(processor) -> torch.Tensor:
    return torch.tensor(processor.tokenizer(TEXT)["input_ids"] + [processor.tokenizer.eos_token_id])


def test_the_sampled_ids_stand_behind_the_feedback(builder, messages, response, processor):
    row = builder().build(messages, response, SEEN).row
    assert torch.equal(row["responses"], response)
    assert torch.equal(row["input_ids"], torch.cat([row["prompts"], response]))
    prompt = processor.tokenizer.decode(row["prompts"])
    assert "Draw a bar chart." in prompt and '"overlap"' in prompt and prompt.endswith("<|im_start|>assistant\n")
    assert len(row["multi_modal_inputs"]["image_grid_thw"]) == 2, "the reference and the picture that was drawn"


def test_positions_are_those_of_the_models_own_forward(builder, messages, response, plain_model):
    row = builder().build(messages, response, SEEN).row
    ids = row["input_ids"][None]
    kinds = (ids == plain_model.config.image_token_id).int()
    axes, _ = plain_model.model.get_rope_index(
        input_ids=ids, mm_token_type_ids=kinds, image_grid_thw=row["multi_modal_inputs"]["image_grid_thw"]
    )
    assert torch.equal(row["position_ids"][1:], axes[:, 0])
    assert torch.equal(row["position_ids"][0], torch.arange(ids.shape[1]))


def test_responsibilities_follow_the_statements(builder, messages, response):
    line = TEXT.index("\n")
    evidence = replace(SEEN, responsibilities=((0, line, 0.25), (line + 1, len(TEXT), 0.75)))
    values = builder().build(messages, response, evidence).responsibilities
    assert len(values) == len(response)
    assert values[0] == 0.25 and values[-2] == 0.75 and values[-1] == 0.0, "the end of turn belongs to no statement"


@pytest.mark.parametrize(
    ("evidence", "settings", "skip"),
    [
        (replace(SEEN, determined=False), {}, "undetermined"),
        (replace(SEEN, defects=0), {"distill": "defective"}, "not_counted"),
        (SEEN, {"max_teacher_prompt_length": 20}, "too_long"),
        (replace(SEEN, responsibilities=((0, 10_000, 1.0),)), {}, "misaligned"),
        (replace(SEEN, image=b"not a picture"), {}, "failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rollout_without_a_teacher_says_why(builder, messages, response, evidence, settings, skip):
    found = builder(**settings).build(messages, response, evidence)
    assert found.skip == skip and skip in SKIPS and found.row is None
    assert len(found.responsibilities) == len(response)


def test_an_overlong_prompt_is_built_again_smaller_and_never_cut(builder, messages, response, processor):
    rows = [{"what": f"text-overlap-{n}", "severity": n / 40, "measured": 0.5} for n in range(40)]
    seen = replace(SEEN, rubric=json.dumps({"defects": rows}), image=png("red", (320, 240)))
    whole = builder(image_max_pixels=320 * 240).build(messages, response, seen)
    limit = whole.prompt_length - 1
    found = builder(image_max_pixels=320 * 240, max_teacher_prompt_length=limit).build(messages, response, seen)
    assert not whole.shortened and found.shortened and found.prompt_length <= limit
    prompt = processor.tokenizer.decode(found.row["prompts"])
    assert '"text-overlap-39"' in prompt and '"text-overlap-0"' not in prompt and '"more":' in prompt
    images = found.row["multi_modal_inputs"]["image_grid_thw"]
    promised = int((found.row["prompts"] == processor.image_token_id).sum())
    assert promised == int(images.prod(dim=-1).sum()) // processor.image_processor.merge_size**2
    assert torch.equal(images, whole.row["multi_modal_inputs"]["image_grid_thw"]), "the picture was not given up yet"
    assert torch.equal(found.row["responses"], response)


def test_ablations_deal_credit_and_feedback_of_others(builder, messages, response, processor):
    line = TEXT.index("\n")
    seen = replace(
        SEEN,
        responsibilities=((0, line, 0.25), (line + 1, len(TEXT), 0.75)),
        oracle=((0, line, 0.0), (line + 1, len(TEXT), 1.0)),
    )
    assert builder().build(messages, response, seen).credit is None, "traced needs no other"
    oracle = builder(credit="oracle").build(messages, response, seen)
    assert oracle.credit[0] == 0.0 and oracle.credit[-2] == 1.0 and oracle.responsibilities[0] == 0.25
    dealt = [builder(credit="random", ablation_seed=n).build(messages, response, seen).credit for n in range(8)]
    assert {float(credit[0]) for credit in dealt} == {0.25, 0.75}, "now one statement's, now the other's"
    shown = builder().build(messages, response, seen, replace(seen, rubric='{"defects": ["clipped"]}'))
    prompt = processor.tokenizer.decode(shown.row["prompts"])
    assert "clipped" in prompt and '"overlap"' not in prompt and shown.responsibilities[0] == 0.25
