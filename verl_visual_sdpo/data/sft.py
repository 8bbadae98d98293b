"""Supervised training of a small vision-language model: plain torch, one loop, loss on the response tokens only.

Shapes: B examples of a batch, L tokens (prompt + response + end token, padded right), P prompt and T response tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy
from tqdm import tqdm


@dataclass(frozen=True)
class Prompt:
    """A chat prompt as tensors: ``ids`` (P,) int64 with image tokens expanded, ``pixels`` (patches, values of a patch)
    and ``grid`` (pictures, 3) as the image processor made them."""

    ids: torch.Tensor
    pixels: torch.Tensor
    grid: torch.Tensor


@dataclass(frozen=True)
class SupervisedExample:
    """A prompt and the response (T,) int64 to learn, its end token included."""

    prompt: Prompt
    response: torch.Tensor

    def __len__(self) -> int:
        return len(self.prompt.ids) + len(self.response)


def encode_prompt(messages: Sequence[dict], processor, same_pictures: Prompt | None = None) -> Prompt:
    """Encode chat messages whose pictures are ``{"type": "image", "image": PIL}`` parts (at least one).

    ``same_pictures`` is a prompt with the very same pictures: what was made of them is used again.
    """
    text = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    if same_pictures is not None:
        before, *pieces = text.split(processor.image_token)
        sizes = same_pictures.grid.prod(-1) // processor.image_processor.merge_size**2
        text = before + "".join(processor.image_token * int(n) + piece for n, piece in zip(sizes, pieces, strict=True))
        ids = torch.tensor(processor.tokenizer(text, add_special_tokens=False).input_ids)
        return Prompt(ids, same_pictures.pixels, same_pictures.grid)
    parts = [part for message in messages if not isinstance(message["content"], str) for part in message["content"]]
    images = [part["image"] for part in parts if part["type"] == "image"]
    batch = processor(text=[text], images=images, return_tensors="pt")
    return Prompt(batch["input_ids"][0], batch["pixel_values"], batch["image_grid_thw"])


def encode_response(text: str, tokenizer) -> torch.Tensor:
    """(T,) ids of the response and its end token."""
    return torch.tensor([*tokenizer(text, add_special_tokens=False).input_ids, tokenizer.eos_token_id])


def collate(examples: Sequence[SupervisedExample], config) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Model inputs and labels (B, L); labels are -100 outside the response."""
    size = (len(examples), max(map(len, examples)))
    ids = torch.full(size, config.text_config.pad_token_id)
    labels = torch.full(size, -100)
    attention = torch.zeros(size, dtype=torch.long)
    for row, example in enumerate(examples):
        start, end = len(example.prompt.ids), len(example)
        ids[row, :start], ids[row, start:end] = example.prompt.ids, example.response
        labels[row, start:end] = example.response
        attention[row, :end] = 1
    inputs = {
        "input_ids": ids,
        "attention_mask": attention,
        "mm_token_type_ids": (ids == config.image_token_id).long(),
        "pixel_values": torch.cat([example.prompt.pixels for example in examples]),
        "image_grid_thw": torch.cat([example.prompt.grid for example in examples]),
    }
    return inputs, labels


def train(
    model, batches: Iterator[Sequence[SupervisedExample]], *, steps: int, lr: float, label: str = "warm start"
) -> list[float]:
    """Take ``steps`` AdamW steps (linear warm-up, then cosine decay to a tenth) and return the loss of each."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=steps + 1, pct_start=0.05, cycle_momentum=False, div_factor=20, final_div_factor=0.5
    )
    losses: list[float] = []
    model.train()
    for _ in (progress := tqdm(range(steps), desc=label, unit="step", mininterval=2.0)):
        inputs, labels = collate(next(batches), model.config)
        logits = model(**inputs, use_cache=False).logits[:, :-1]
        loss = cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        recent = losses[-20:]
        progress.set_postfix(loss=f"{sum(recent) / len(recent):.3f}", refresh=False)
    model.eval()
    return losses
