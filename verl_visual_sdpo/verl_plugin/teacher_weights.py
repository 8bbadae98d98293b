"""The weights of a teacher that is not the current student: a copy of the actor's own shards, swapped in for its pass.

No second module and no second engine: each rank keeps its share of the trained parameters once more, in host memory
(4 bytes a parameter over all ranks: 35 GB for 8.8 B parameters, 4.4 GB a rank of eight; the actor's own shards lie
beside it for the length of the pass), and puts it in the actor's place. Frozen parameters (under LoRA: the base) are
the same for both and are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch.distributed.tensor import DTensor

from verl_visual_sdpo.errors import InvalidInputError


class TeacherWeights:
    """``rate`` 0: as they are now, for ever. Above: an average that moves by ``rate`` towards the actor each step."""

    def __init__(self, module: torch.nn.Module, rate: float) -> None:
        self._module, self.rate = module, rate
        self._kept = [shard.to("cpu", torch.float32, copy=True) for shard in self._shards()]

    @torch.no_grad()
    def follow(self) -> None:
        """Once after each optimiser step's update: ``kept += rate * (actor - kept)``."""
        if self.rate:
            for kept, shard in zip(self._kept, self._shards()):
                kept.lerp_(shard.to("cpu", torch.float32), self.rate)

    @contextmanager
    def swapped_in(self) -> Iterator[None]:
        """The module computes with these weights inside; the actor's come back to the last bit."""
        actor = [shard.to("cpu", copy=True) for shard in self._shards()]
        self._overwrite(self._kept)
        try:
            yield
        finally:
            self._overwrite(actor)

    def save(self, path: Path) -> None:
        torch.save(self._kept, path)

    def load(self, path: Path) -> None:
        """Raises InvalidInputError for shards of another model or another number of ranks."""
        kept = torch.load(path, map_location="cpu")
        if [tuple(x.shape) for x in kept] != [tuple(x.shape) for x in self._kept]:
            raise InvalidInputError(f"{path} holds a teacher of another model or world size; resume with the same ones")
        self._kept = kept

    @torch.no_grad()
    def _overwrite(self, values: list[torch.Tensor]) -> None:
        if hasattr(self._module, "reshard"):
            self._module.reshard()  # FSDP2 may still hold gathered parameters of the last forward
        for shard, value in zip(self._shards(), values):
            shard.copy_(value)

    def _shards(self) -> list[torch.Tensor]:
        """This rank's part of each trained parameter, sharing its memory."""
        trained = (p.detach() for p in self._module.parameters() if p.requires_grad)
        return [p.to_local() if isinstance(p, DTensor) else p for p in trained]
