"""The CLIP term with a real CLIP of ``transformers``, built here small and with random weights."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from verl_visual_sdpo.benchmarks.design2code.clip import ClipEncoder, clip_similarity
from verl_visual_sdpo.errors import InvalidInputError

LAYERS = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
TEXT = {**LAYERS, "vocab_size": 64, "max_position_embeddings": 16, "bos_token_id": 1, "eos_token_id": 2}
SIDE = 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    vision = {**LAYERS, "image_size": SIDE, "patch_size": 8}
    folder = tmp_path_factory.mktemp("clip")
    CLIPModel(CLIPConfig(text_config=TEXT, vision_config=vision, projection_dim=16)).save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def page(color: str) -> tuple[bytes, dict]:
    out = io.BytesIO()
    Image.new("RGB", (48, 64), color).save(out, "PNG")
    return out.getvalue(), {"picture": [48, 64], "texts": []}


def test_a_saved_clip_embeds_pictures_as_the_model_does(folder):
    encoder = ClipEncoder(folder)
    assert encoder.name == folder.name
    picture = Image.new("RGB", (48, 48), "navy")
    model, processor = CLIPModel.from_pretrained(folder).eval(), CLIPImageProcessor.from_pretrained(folder)
    with torch.inference_mode():
        pooled = model.vision_model(**processor(images=picture, return_tensors="pt")).pooler_output
        truth = model.visual_projection(pooled)[0].numpy()
    assert np.allclose(encoder.encode(picture), truth, atol=1e-5) and truth.shape == (16,)
    assert clip_similarity(encoder, page("navy"), page("navy")) == pytest.approx(1.0)
    assert clip_similarity(encoder, page("navy"), page("orange")) < 0.999


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match="is no CLIP model that can be loaded"):
        ClipEncoder(tmp_path)
