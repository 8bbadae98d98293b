"""Sampling from a vision-language model with transformers' ``generate``, many prompts at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from verl_visual_sdpo.data.sft import Prompt


@torch.inference_mode()
def sample_responses(
    model, tokenizer, prompts: Sequence[Prompt], *, max_tokens: int, seed: int, batch_size: int = 64
) -> list[str]:
    """One response a prompt at temperature 1 from the whole vocabulary but the vision tokens, without the end token."""
    config = model.config
    vision = [config.image_token_id, config.video_token_id, config.vision_start_token_id, config.vision_end_token_id]
    model.eval()
    texts: list[str] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for at in range(0, len(prompts), batch_size):
            batch = prompts[at : at + batch_size]
            inputs = pad_left(batch, config)
            output = model.generate(
                **inputs,
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                max_new_tokens=max_tokens,
                suppress_tokens=vision,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
            )
            answers = output[:, inputs["input_ids"].shape[1] :]
            texts += tokenizer.batch_decode(answers, skip_special_tokens=True)
    return texts


def pad_left(prompts: Sequence[Prompt], config) -> dict[str, torch.Tensor]:
    """Model inputs for ``generate``: ids (B, P) padded on the left, pictures one after the other."""
    longest = max(len(prompt.ids) for prompt in prompts)
    ids = torch.full((len(prompts), longest), config.text_config.pad_token_id)
    attention = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, longest - len(prompt.ids) :] = prompt.ids
        attention[row, longest - len(prompt.ids) :] = 1
    return {
        "input_ids": ids,
        "attention_mask": attention,
        "mm_token_type_ids": (ids == config.image_token_id).long(),
        "pixel_values": torch.cat([prompt.pixels for prompt in prompts]),
        "image_grid_thw": torch.cat([prompt.grid for prompt in prompts]),
    }
