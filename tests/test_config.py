"""Settings are refused early, with the value, the limit and the mend."""

from __future__ import annotations

import dataclasses
import math

import pytest

from verl_visual_sdpo.config import CHANNELS, DistillationConfig
from verl_visual_sdpo.errors import InvalidInputError


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"alpha": 0.5}, r"alpha is 0\.5; it must be finite and at least 1"),
        ({"alpha": float("nan")}, "alpha is nan"),
        ({"alpha": True}, "give a number"),
        ({"kl_coef": "1e-2"}, "kl_coef is '1e-2'; give a number"),
        ({"beta": -1}, "beta is -1"),
        ({"importance_clip": 0.2}, "importance_clip is 0.2"),
        ({"top_k": 0}, "top_k is 0; give a whole number of at least 1"),
        ({"top_k": 10.0}, "top_k is 10.0"),
        ({"estimator": "exact"}, "choose from topk, sampled, full"),
        ({"divergence": "wasserstein"}, "choose from reverse_kl, forward_kl, jensen_shannon"),
        ({"divergence": "forward_kl", "estimator": "sampled"}, "choose estimator topk"),
        ({"entry_clip": 0.05, "estimator": "sampled"}, "choose estimator topk"),
        ({"teacher": "trust_region", "estimator": "sampled"}, "choose topk"),
        ({"teacher_rate": 0.0}, "that would be teacher=frozen"),
        ({"credit": "perfect"}, "choose from traced, uniform, uniform_matched, random, shuffled, oracle"),
        ({"feedback": "none"}, "choose from own, shuffled"),
        ({"distill": "none"}, "choose from all, defective, failed"),
        ({"channels": "image"}, "give a list"),
        ({"channels": ["image", "sound"]}, "'sound'; choose from image, rubric, error, reference"),
        ({"channels": []}, "set kl_coef to 0"),
        ({"template": None}, "path of a text file"),
        ({"kl_coef": 0, "beta": 0}, "nothing would be trained"),
    ],
)
def test_a_bad_value_is_named_with_its_mend(setting, message):
    with pytest.raises(InvalidInputError, match=message):
        DistillationConfig.from_mapping(setting)


def test_an_unknown_key_is_refused_with_the_nearest_one():
    with pytest.raises(InvalidInputError, match="visual_sdpo has no kl_coeff; did you mean 'kl_coef'"):
        DistillationConfig.from_mapping({"kl_coeff": 1.0})
    with pytest.raises(InvalidInputError, match="it has alpha, beta"):
        DistillationConfig.from_mapping({"zzz": 1.0})


def test_every_field_survives_the_way_through_a_mapping():
    config = DistillationConfig(alpha=3.0, importance_clip=None, channels=("rubric",))
    assert DistillationConfig.from_mapping(dataclasses.asdict(config)) == config
    assert DistillationConfig.from_mapping({"channels": list(CHANNELS)}).channels == CHANNELS


def test_the_term_is_off_only_at_zero():
    assert DistillationConfig().active and not DistillationConfig(kl_coef=0).active


def test_kl_coef_falls_linearly_and_then_rests():
    settings = DistillationConfig(kl_coef=0.4, kl_decay_steps=4)
    assert [settings.kl_coef_at(step) for step in range(1, 7)] == pytest.approx([0.4, 0.3, 0.2, 0.1, 0.0, 0.0])
    assert DistillationConfig(kl_coef=0.4).kl_coef_at(1000) == 0.4
    shapes = {
        "cosine": [0.4, 0.2 + 0.2 * math.cos(math.pi / 4), 0.2, 0.2 - 0.2 * math.cos(math.pi / 4), 0.0, 0.0],
        "step": [0.4, 0.4, 0.4, 0.4, 0.0, 0.0],
    }
    for shape, expected in shapes.items():
        settings = DistillationConfig(kl_coef=0.4, kl_decay_steps=4, kl_decay=shape)
        assert [settings.kl_coef_at(step) for step in range(1, 7)] == pytest.approx(expected)
    rising = DistillationConfig(kl_coef=0.4, kl_warmup_steps=3, kl_decay_steps=2)
    assert [rising.kl_coef_at(step) for step in range(1, 7)] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.2, 0.0])
    with pytest.raises(InvalidInputError, match="kl_decay_steps is -1"):
        DistillationConfig(kl_decay_steps=-1)
