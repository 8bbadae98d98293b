"""The baseline SFT on the very rows of reinforcement learning: verl's own SFT trainer, told where the answer is.

``data.custom_cls.{path,name}`` of ``verl.trainer.sft_trainer`` names :class:`SupervisedRows`; see
``recipes/chart/sft_qwen3vl_8b.yaml``. No second data set is written.
"""

from __future__ import annotations

import re
from typing import Any

from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset, convert_nested_value_to_list_recursive

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.verl_plugin.dataset import picture_of


class SupervisedRows(MultiTurnSFTDataset):
    """Prompt and pictures as in the rollout; the answer to learn is ``reward_model.ground_truth`` in a fenced block.

    ``data.answer_language`` is the word behind the fence (``python``, ``html``); "" leaves the answer without one.
    Rows without a ground truth cannot be learned from and are refused by number.
    """

    def __init__(self, parquet_files: Any, tokenizer: Any, config: Any, processor: Any = None, max_samples: int = -1):
        self._language = str(config.get("answer_language", "python"))
        super().__init__(parquet_files, tokenizer, config, processor, max_samples)

    def _read_files_and_process(self) -> None:
        self.messages_key = "prompt"
        super()._read_files_and_process()

    def _build_messages(self, example: dict) -> list[dict]:
        row = convert_nested_value_to_list_recursive(dict(example))
        truth = (row.get("reward_model") or {}).get("ground_truth") or ""
        if not truth.strip():
            raise InvalidInputError(
                f"row {example.get('extra_info')} has no reward_model.ground_truth: there is no answer to learn; SFT "
                "needs a data set with references"
            )
        pictures = iter(row.get(self.image_key) or [])
        messages = [{**turn, "content": self._parts(turn["content"], pictures)} for turn in row["prompt"]]
        if left := len(list(pictures)):
            raise InvalidInputError(
                f"row {example.get('extra_info')}: {left} pictures without an <image> in the prompt"
            )
        answer = f"```{self._language}\n{truth.strip()}\n```" if self._language else truth
        return [*messages, {"role": "assistant", "content": self._parts(answer, iter(()), literal=True)}]

    def _parts(self, text: str, pictures: Any, literal: bool = False) -> Any:
        if self.processor is None:
            return text
        pieces = [text] if literal else [piece for piece in re.split("(<image>)", text) if piece]
        return [
            {"type": "image", "image": _next(pictures)} if piece == "<image>" and not literal else _text(piece)
            for piece in pieces
        ]


def _next(pictures: Any) -> Any:
    try:
        return picture_of(next(pictures))
    except StopIteration:
        raise InvalidInputError("a prompt has more <image> marks than pictures") from None


def _text(piece: str) -> dict[str, str]:
    return {"type": "text", "text": piece}
