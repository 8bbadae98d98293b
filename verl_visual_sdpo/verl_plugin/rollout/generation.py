"""Batched sampling from a Hugging Face model: prompts as ids with their pictures, log-probs as the actor computes them.

Knows nothing of verl or Ray, so that the server process starts without importing them.

Shapes: B requests of a batch, P longest prompt, T longest response, V vocabulary.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from verl_visual_sdpo.errors import InvalidInputError

VISION_TOKENS = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")


@dataclass(frozen=True)
class Sampling:
    """``temperature`` 0 is greedy; ``top_k`` below 1 and ``top_p`` 1 switch their filter off. Without a ``seed`` the
    process's random numbers are drawn; requests with seeds leave those untouched."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = -1
    max_tokens: int = 512
    seed: int | None = None


@dataclass(frozen=True)
class Request:
    """One prompt, image tokens expanded, with its pictures in order."""

    prompt_ids: Sequence[int]
    sampling: Sampling = field(default_factory=Sampling)
    images: Sequence[Any] = ()


@dataclass(frozen=True)
class Completion:
    """Sampled ids, the end-of-turn token included when it was sampled, and their log-probs.

    The log-probs are those of the whole vocabulary at the request's temperature (1 when greedy), before any filter and
    before vision tokens are suppressed: the very numbers that the actor recomputes.
    """

    token_ids: list[int]
    log_probs: list[float]
    finished: bool
    interrupted: bool = False  # neither finished nor at its limit: :meth:`Generator.interrupt` came between


class Generator:
    """A model on the CPU (or one device) with ``generate`` over many requests at once.

    Vision tokens are never sampled: a response with ``<|image_pad|>`` promises a picture that does not exist, and the
    rope index of the whole prompt group would fail (found with random and badly trained models).
    """

    def __init__(self, path: str, *, dtype: torch.dtype = torch.float32, device: str = "cpu") -> None:
        from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoTokenizer

        from verl_visual_sdpo.data.processor import load_processor

        config = AutoConfig.from_pretrained(path)
        self.sees = hasattr(config, "vision_config")
        auto = AutoModelForImageTextToText if self.sees else AutoModelForCausalLM
        self.model = auto.from_pretrained(path, dtype=dtype, attn_implementation="sdpa").to(device).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(path)
        self.image_processor = load_processor(path).image_processor if self.sees else None
        self.image_token_id = getattr(config, "image_token_id", None)
        self._suppressed = [getattr(config, name) for name in VISION_TOKENS if getattr(config, name, None) is not None]
        eos = self.model.generation_config.eos_token_id
        self._eos = {self.tokenizer.eos_token_id, *(eos if isinstance(eos, list) else [eos])} - {None}
        self._interrupted = threading.Event()
        self._pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else min(self._eos)

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take over weights by name. Raises ValueError when a name is unknown or an untied weight is left out."""
        own = self.model.state_dict(keep_vars=True)
        unknown = set(state) - set(own)
        given = {own[name].data_ptr() for name in state if name in own}  # a tied weight is given once
        missing = [name for name, tensor in own.items() if name not in state and tensor.data_ptr() not in given]
        if unknown or missing:
            raise ValueError(
                f"weights do not fit the rollout model: unknown {sorted(unknown)[:3]}, missing {missing[:3]}"
            )
        with torch.no_grad():
            for name, tensor in state.items():
                own[name].copy_(tensor)

    def interrupt(self) -> None:
        """From any thread: the batch under way returns after its next token, and later ones after their first, until
        :meth:`go_on`."""
        self._interrupted.set()

    def go_on(self) -> None:
        """Ends :meth:`interrupt`."""
        self._interrupted.clear()

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Answer all requests, in order. Requests that share a :class:`Sampling` run as one batch, whose random numbers
        come from all their seeds together.

        Rows are sorted by prompt, so that what is sampled does not depend on who came first.
        """

        def shared(i: int) -> tuple[str, bool]:
            sampling = requests[i].sampling
            return repr(replace(sampling, seed=None)), sampling.seed is not None

        answers: dict[int, Completion] = {}
        order = sorted(range(len(requests)), key=lambda i: (shared(i), list(requests[i].prompt_ids)))
        for (_, seeded), indices in itertools.groupby(order, key=shared):
            indices = list(indices)
            batch = [requests[i] for i in indices]
            with torch.random.fork_rng(devices=[], enabled=seeded):
                if seeded:
                    torch.manual_seed(random.Random(repr([request.sampling.seed for request in batch])).getrandbits(63))
                answers.update(zip(indices, self._batch(batch, batch[0].sampling)))
        return [answers[i] for i in range(len(requests))]

    @torch.inference_mode()
    def _batch(self, requests: list[Request], sampling: Sampling) -> list[Completion]:
        from transformers import StoppingCriteriaList

        inputs = self._inputs(requests)
        greedy = sampling.temperature <= 0
        filters = {} if greedy else {"temperature": sampling.temperature, "top_p": sampling.top_p}
        filters |= {} if greedy else {"top_k": max(sampling.top_k, 0)}
        output = self.model.generate(
            **inputs,
            do_sample=not greedy,
            **filters,
            max_new_tokens=sampling.max_tokens,
            suppress_tokens=self._suppressed or None,
            eos_token_id=sorted(self._eos),
            pad_token_id=self._pad,
            output_logits=True,
            stopping_criteria=StoppingCriteriaList([self._stop]),
            return_dict_in_generate=True,
        )
        ids_BT = output.sequences[:, inputs["input_ids"].shape[1] :]
        scale = 1.0 if greedy else sampling.temperature
        log_probs_BT = torch.stack(
            [_log_prob(logits_BV / scale, ids_BT[:, t]) for t, logits_BV in enumerate(output.logits)], dim=1
        )
        rows = zip(ids_BT.tolist(), log_probs_BT.tolist())
        return [self._completion(ids, log_probs, sampling.max_tokens) for ids, log_probs in rows]

    def _stop(self, ids_BT: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        return torch.full((len(ids_BT),), self._interrupted.is_set(), device=ids_BT.device)

    def _inputs(self, requests: list[Request]) -> dict[str, torch.Tensor]:
        """Left-padded ids (B, P) and the patches of all pictures."""
        longest = max(len(request.prompt_ids) for request in requests)
        ids_BP = torch.full((len(requests), longest), self._pad)
        mask_BP = torch.zeros_like(ids_BP)
        for row, request in enumerate(requests):
            ids_BP[row, longest - len(request.prompt_ids) :] = torch.tensor(request.prompt_ids)
            mask_BP[row, longest - len(request.prompt_ids) :] = 1
        inputs = {"input_ids": ids_BP, "attention_mask": mask_BP}
        if images := [image for request in requests for image in request.images]:
            if not self.sees:
                raise InvalidInputError(f"{len(images)} pictures were given to a model that reads text only")
            patches = self.image_processor(images=images, return_tensors="pt")
            inputs |= {name: patches[name] for name in ("pixel_values", "image_grid_thw")}
            inputs["mm_token_type_ids"] = (ids_BP == self.image_token_id).int()
        self._check_pictures(ids_BP, inputs.get("image_grid_thw"))
        return {name: tensor.to(self.model.device) for name, tensor in inputs.items()}

    def _check_pictures(self, ids_BP: torch.Tensor, grids: torch.Tensor | None) -> None:
        """A placeholder without its picture would be read as a word, silently."""
        if not self.sees:
            return
        promised = int((ids_BP == self.image_token_id).sum())
        given = 0 if grids is None else int(grids.prod(dim=-1).sum()) // self.image_processor.merge_size**2
        if promised != given:
            raise InvalidInputError(f"prompts hold {promised} image tokens, their pictures give {given}")

    def _completion(self, ids: list[int], log_probs: list[float], limit: int) -> Completion:
        end = next((t + 1 for t, token in enumerate(ids) if token in self._eos), None)
        interrupted = end is None and len(ids) < limit
        return Completion(ids[:end], log_probs[:end], finished=end is not None, interrupted=interrupted)


def _log_prob(logits_BV: torch.Tensor, ids_B: torch.Tensor) -> torch.Tensor:
    logits_BV = logits_BV.float()
    return logits_BV.gather(-1, ids_B[:, None])[:, 0] - logits_BV.logsumexp(-1)
