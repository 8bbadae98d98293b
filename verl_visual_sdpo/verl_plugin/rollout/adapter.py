"""Between verl's hybrid worker and our server: weights go one way, nothing else is needed."""

from __future__ import annotations

import os
from typing import Any

import ray
from verl.workers.rollout.base import BaseRollout
from verl.workers.rollout.utils import ensure_async_iterator

from verl_visual_sdpo.errors import UnsupportedOptionError
from verl_visual_sdpo.verl_plugin.rollout.server import server_name


class TransformersAdapter(BaseRollout):
    """The side that lives in the training worker (one server to each rank, which is a whole data-parallel replica)."""

    async def resume(self, tags: list[str]) -> None:
        """The server holds its weights all the time."""

    async def release(self) -> None:
        """See :meth:`resume`."""

    async def update_weights(
        self, weights: Any, global_steps: int | None = None, wire_format: str = "named_tensors", **kwargs: Any
    ) -> None:
        """Send all weights to this rank's server. Every rank gathers them: the generator runs collectives."""
        if wire_format != "named_tensors" or kwargs.get("peft_config") is not None:
            raise UnsupportedOptionError(
                "the transformers rollout engine takes whole weights: set checkpoint_engine.backend=naive, and "
                "model.lora.merge=True where LoRA is trained"
            )
        state = {name: tensor.detach().cpu() async for name, tensor in ensure_async_iterator(weights)}
        server = ray.get_actor(server_name(int(os.environ["RANK"])))
        await server.update_weights.remote(state, global_steps)
