"""The teacher's rows: the student's prompt with the feedback behind it, and the same response ids.

Built beside the student's log-probs (``teacher_workers``), so that the device never waits for them.

Shapes: Q teacher prompt tokens, T response tokens, R rope axes (4 for Qwen3-VL), K vocabulary entries.
"""

from __future__ import annotations

import copy
import logging
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from PIL import Image
from verl.utils.tokenizer import build_multimodal_processor_inputs, get_processor_token_id, normalize_token_ids

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.ablation import dealt_anew
from verl_visual_sdpo.distillation.budgets import shorter
from verl_visual_sdpo.distillation.credit import token_responsibilities
from verl_visual_sdpo.distillation.teacher import behind_another_prompt, teacher_eligible, teacher_messages
from verl_visual_sdpo.errors import TokenAlignmentError
from verl_visual_sdpo.types import Evidence

logger = logging.getLogger(__name__)

SKIPS = ("undetermined", "not_counted", "too_long", "misaligned", "failed")


@dataclass(frozen=True)
class TeacherInput:
    """One rollout's teacher row, or why it has none (``skip``, one of ``SKIPS``).

    ``row`` holds what verl's log-prob pass reads; ``responsibilities`` is (T,) and known for every judged rollout;
    ``credit`` (T,) weighs in their place under the ablations of ``distillation.ablation.DEALT``. ``shortened``: the
    feedback was made smaller to fit, by the budgets of ``settings``.
    """

    responsibilities: torch.Tensor
    row: Mapping[str, Any] | None = None
    prompt_length: int = 0
    skip: str = ""
    credit: torch.Tensor | None = None
    shortened: bool = False
    settings: DistillationConfig | None = None


class TeacherInputs:
    """Builds teacher rows for one model's tokenizer and processor.

    Args:
        dataset_class: verl's data set class; its ``_process_multi_modal_info`` finds the pictures of a chat, as in the
            rollout.
        data_config: verl's ``data`` group.
    """

    def __init__(
        self,
        settings: DistillationConfig,
        tokenizer: Any,
        processor: Any,
        dataset_class: type,
        data_config: Any,
    ) -> None:
        self._settings, self._tokenizer, self._shared_processor = settings, tokenizer, processor
        self._own, self._decoding = threading.local(), threading.Lock()
        self._dataset_class, self._data_config = dataset_class, data_config
        self._template_kwargs = dict(data_config.get("apply_chat_template_kwargs") or {})
        self._processor_kwargs = dict(data_config.get("mm_processor_kwargs") or {})

    @property
    def _processor(self) -> Any:
        """A copy for each thread: a fast tokenizer fails ("Already borrowed") when two threads set its padding."""
        if not hasattr(self._own, "processor"):
            self._own.processor = copy.deepcopy(self._shared_processor)
        return self._own.processor

    def build(
        self,
        messages: Sequence[Mapping[str, Any]],
        response_ids: torch.Tensor,
        evidence: Evidence,
        shown: Evidence | None = None,
    ) -> TeacherInput:
        """The row of one rollout. What goes wrong leaves it without a teacher and is named in ``skip``; none is raised.

        ``shown`` is what the teacher reads in the place of ``evidence`` (ablation ``feedback=shuffled``).
        """
        nobody = torch.zeros(len(response_ids))
        if not evidence.determined:
            return TeacherInput(nobody, skip="undetermined")
        try:
            responsibilities = token_responsibilities(response_ids, evidence, self._tokenizer)
            if not teacher_eligible(evidence, self._settings):
                return TeacherInput(responsibilities, skip="not_counted")
            row, prompt_length, fitting = self._fitting_row(messages, shown or evidence, response_ids)
            credit = self._dealt(response_ids, evidence)
            shortened = row is not None and fitting is not self._settings
            skip = "" if row else "too_long"
            return TeacherInput(responsibilities, row, prompt_length, skip, credit, shortened, fitting)
        except TokenAlignmentError as error:
            logger.warning("a rollout gets no teacher: %s", error)
            return TeacherInput(nobody, skip="misaligned")
        except Exception:  # whatever a picture or a chat template can do: one rollout less, never the run
            logger.warning("a rollout gets no teacher: its input could not be built", exc_info=True)
            return TeacherInput(nobody, skip="failed")

    def _dealt(self, response_ids: torch.Tensor, evidence: Evidence) -> torch.Tensor | None:
        """(T,) the credit of the ablations that need no other rollout."""
        if self._settings.credit == "random":
            evidence = dealt_anew(evidence, random.Random(repr((self._settings.ablation_seed, response_ids.tolist()))))
        elif self._settings.credit == "oracle":
            evidence = replace(evidence, responsibilities=evidence.oracle)
        else:
            return None
        return token_responsibilities(response_ids, evidence, self._tokenizer)

    def _fitting_row(
        self, messages: Sequence[Mapping[str, Any]], evidence: Evidence, response_ids: torch.Tensor
    ) -> tuple[dict[str, Any] | None, int, DistillationConfig | None]:
        """The row with the largest budgets that fit, or None; its prompt's length; the settings with those budgets."""
        settings = self._settings
        row, length = self._row(teacher_messages(messages, evidence, settings), response_ids)
        while row is None and (settings := shorter(settings)):
            row, length = self._row(teacher_messages(messages, evidence, settings), response_ids)
        return row, length, settings if row else None

    def _row(self, messages: list[dict], response_ids: torch.Tensor) -> tuple[dict[str, Any] | None, int]:
        inputs = self._process(messages)
        prompt_ids = torch.tensor(normalize_token_ids(inputs.pop("input_ids")))
        limit = self._settings.max_teacher_prompt_length
        if len(prompt_ids) > limit:
            return None, len(prompt_ids)
        teacher = behind_another_prompt(prompt_ids, response_ids, max_prompt_length=limit)
        pictures = {name: inputs[name] for name in inputs if name not in ("attention_mask", "mm_token_type_ids")}
        return {
            "input_ids": teacher.input_ids,
            "prompts": prompt_ids,
            "responses": teacher.response_ids,
            "response_mask": torch.ones_like(teacher.response_ids),
            "loss_mask": torch.ones_like(teacher.response_ids),
            "position_ids": self._positions(teacher.input_ids, pictures),
            "multi_modal_inputs": pictures,
        }, len(prompt_ids)

    def _process(self, messages: list[dict]) -> dict[str, Any]:
        """Chat template and processor, exactly as verl's agent loop calls them for the student."""
        with self._decoding:  # rollouts of a prompt may share its picture, and Pillow decodes lazily, once, unlocked
            for picture in _opened(messages):
                picture.load()
        if self._processor is None:
            ids = self._tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, tokenize=True, **self._template_kwargs
            )
            return {"input_ids": ids}
        text = self._processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False, **self._template_kwargs
        )
        patch_size = getattr(self._processor.image_processor, "patch_size", 14)
        images, videos, _ = self._dataset_class._process_multi_modal_info(
            messages, image_patch_size=patch_size, config=self._data_config
        )
        inputs = build_multimodal_processor_inputs(
            self._processor, text=[text], images=images, videos=videos, mm_processor_kwargs=self._processor_kwargs
        )
        return dict(inputs.convert_to_tensors("pt"))

    def _positions(self, input_ids: torch.Tensor, pictures: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """(R, Q + T) for a model with several rope axes, else (Q + T,); as verl's agent loop lays them out."""
        plain = torch.arange(len(input_ids))
        if not hasattr(self._processor, "get_rope_index"):
            return plain
        kinds = torch.zeros_like(input_ids)
        for kind, name in ((1, "image"), (2, "video")):
            if (token := get_processor_token_id(self._processor, name)) is not None:
                kinds[input_ids == token] = kind
        axes, _ = self._processor.get_rope_index(
            input_ids=input_ids[None],
            mm_token_type_ids=kinds[None],
            image_grid_thw=pictures.get("image_grid_thw"),
            video_grid_thw=pictures.get("video_grid_thw"),
            attention_mask=torch.ones_like(input_ids)[None],
        )
        return torch.cat([plain[None], axes[:, 0]])


def _opened(messages: list[dict]) -> list[Image.Image]:
    """The pictures that the messages hold as ``PIL.Image``."""
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    return [part["image"] for part in parts if isinstance(part.get("image"), Image.Image)]
