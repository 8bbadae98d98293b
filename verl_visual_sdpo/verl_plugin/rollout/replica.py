"""How verl's server manager reaches our servers."""

from __future__ import annotations

from verl.utils.fs import copy_to_local
from verl.workers.rollout.replica import RolloutMode, RolloutReplica

from verl_visual_sdpo.errors import UnsupportedOptionError
from verl_visual_sdpo.verl_plugin.rollout.server import server_name, start_server


class TransformersReplica(RolloutReplica):
    """One server process; tensor, pipeline and data parallelism inside a replica are vLLM's business."""

    async def launch_servers(self) -> None:
        """Start the server (or take the one that the trainer started early) and wait until its model is loaded."""
        if self.world_size != 1:
            raise UnsupportedOptionError(
                f"the transformers rollout engine runs one process a replica, not {self.world_size}: set "
                "rollout.tensor_model_parallel_size, data_parallel_size and pipeline_model_parallel_size to 1"
            )
        if self.rollout_mode is not RolloutMode.HYBRID:
            raise UnsupportedOptionError(
                "the transformers rollout engine serves trainers that share its machine only: set "
                "trainer.v1.trainer_mode to visual_sdpo or visual_sdpo_colocate_async"
            )
        server = start_server(copy_to_local(self.model_config.path), self.replica_rank, self.config)
        await server.ready.remote()
        self.servers = [server]
        self._server_handle, self._server_address = server, server_name(self.replica_rank)
