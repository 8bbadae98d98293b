"""The actor that answers generation requests: collects what arrives together and samples it as one batch.

Free of verl imports: the process is up in a fraction of the time, and the trainer starts it before it loads its own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ray

from verl_visual_sdpo.errors import UnsupportedOptionError

QUIET_SECONDS = 0.05  # a batch starts when no request has come for this long


@dataclass
class TokenOutput:
    """The fields of ``verl.workers.rollout.replica.TokenOutput``, without importing it."""

    token_ids: list[int]
    log_probs: list[float] | None = None
    stop_reason: str | None = None
    num_preempted: int | None = None
    routed_experts: Any = None
    extra_fields: dict[str, Any] = field(default_factory=dict)


class TransformersServer:
    """verl's server interface as far as the trainers of one resource pool (sync, colocate_async) call it."""

    def __init__(self, path: str, *, dtype: str, max_tokens: int, max_batch: int, threads: int, seed: int) -> None:
        import torch

        from verl_visual_sdpo.verl_plugin.rollout.generation import Generator

        torch.set_num_threads(threads or os.cpu_count() or 1)
        self._seed = seed
        self._generator = Generator(path, dtype=getattr(torch, dtype))
        self._max_tokens, self._max_batch = max_tokens, max_batch
        self._waiting: list[tuple[Any, asyncio.Future]] = []
        self._serving: asyncio.Task | None = None
        self._busy = asyncio.Lock()  # weights never change under a batch
        self._global_steps = 0
        self._open = asyncio.Event()  # closed between an abort and the next resumption
        self._open.set()

    async def ready(self) -> None:
        """Returns once the model is loaded."""

    async def generate(
        self,
        request_id: str,
        *,
        prompt_ids: list[int],
        sampling_params: Mapping[str, Any],
        image_data: list[Any] | None = None,
        video_data: list[Any] | None = None,
        **_: Any,
    ) -> TokenOutput:
        """One request; it shares its batch with those that arrive at the same time."""
        from verl_visual_sdpo.verl_plugin.rollout.generation import Request, Sampling

        if video_data:
            raise UnsupportedOptionError("the transformers rollout engine takes images, not videos; use vllm")
        sampling = Sampling(
            temperature=float(sampling_params.get("temperature", 1.0)),
            top_p=float(sampling_params.get("top_p", 1.0)),
            top_k=int(sampling_params.get("top_k", -1)),
            max_tokens=int(sampling_params.get("max_tokens") or self._max_tokens),
            seed=sampling_params.get("seed"),
        )
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((Request(prompt_ids, sampling, image_data or ()), answer))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        done = await answer
        return TokenOutput(
            token_ids=done.token_ids,
            log_probs=done.log_probs if sampling_params.get("logprobs") else None,
            stop_reason="aborted" if done.interrupted else "completed" if done.finished else "length",
            extra_fields={"global_steps": self._global_steps},
        )

    async def update_weights(self, state: Mapping[str, Any], global_steps: int | None = None) -> None:
        """Take over the actor's weights, between two batches."""
        import torch

        async with self._busy:
            await asyncio.to_thread(self._generator.load, state)
            if global_steps is not None:
                self._global_steps = global_steps
                torch.manual_seed(self._seed + 1_000_003 * global_steps)  # a resumed run samples what this one would

    async def abort_all_requests(self, *_: Any, **__: Any) -> None:
        """Interrupt the batch under way (its requests return what they have, ``aborted``) and hold back the others."""
        self._open.clear()
        self._generator.interrupt()
        async with self._busy:
            self._generator.go_on()

    async def resume_generation(self, *_: Any, **__: Any) -> None:
        """Serve again what was held back."""
        self._open.set()

    async def _serve(self) -> None:
        while self._waiting:
            await self._open.wait()
            arrived = 0
            while arrived < len(self._waiting) < self._max_batch:
                arrived = len(self._waiting)
                await asyncio.sleep(QUIET_SECONDS)
            if not self._open.is_set():
                continue
            batch, self._waiting = self._waiting[: self._max_batch], self._waiting[self._max_batch :]
            try:
                async with self._busy:
                    completions = await asyncio.to_thread(self._generator.generate, [request for request, _ in batch])
            except Exception as error:  # the requester learns of it; the server goes on
                for _, answer in batch:
                    answer.set_exception(error)
            else:
                for (_, answer), completion in zip(batch, completions):
                    answer.set_result(completion)

    async def _nothing(self, *_: Any, **__: Any) -> None:
        """No device memory to free, no cache between requests, no profiler."""

    wake_up = sleep = clear_kv_cache = release_kv_cache = resume_kv_cache = _nothing
    start_profile = stop_profile = _nothing


def start_server(path: str, rank: int, rollout: Any) -> ray.actor.ActorHandle:
    """The server of a replica, started if it is not there yet. Returns at once; see :meth:`TransformersServer.ready`.

    Args:
        path: local folder of the model.
        rollout: verl's rollout config; ``engine_kwargs.transformers`` may hold ``threads`` (0: all cores).
    """
    options = (rollout.engine_kwargs or {}).get("transformers") or {}
    actor = ray.remote(TransformersServer).options(
        name=server_name(rank), get_if_exists=True, num_cpus=1, max_concurrency=1000
    )
    return actor.remote(
        path,
        dtype=rollout.dtype,
        max_tokens=rollout.response_length,
        max_batch=rollout.max_num_seqs,
        threads=options.get("threads", 0),
        seed=rollout.seed + rank,
    )


def server_name(rank: int) -> str:
    return f"visual_sdpo_rollout_{rank}"
