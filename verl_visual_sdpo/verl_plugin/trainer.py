"""verl's trainers with named phases extended: evidence, teacher pass, loss, metrics. Nothing is copied.

    sample -> balance (+ read the evidence, start building teacher inputs) -> old log-probs (+ top-k ids)
           -> advantage (+ leave unjudged rollouts out; teacher pass before it) -> update (+ our loss and metrics)

Plain GRPO is the same trainer with ``visual_sdpo.kl_coef=0``: no teacher, verl's own loss, the same metrics.
"""

from __future__ import annotations

import logging
import random
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import ray
import transfer_queue as tq
from omegaconf import DictConfig
from transfer_queue import KVBatchMeta
from transformers import AutoConfig
from verl.trainer.ppo.v1.trainer_base import register_trainer
from verl.trainer.ppo.v1.trainer_colocate_async import PPOTrainerColocateAsync
from verl.trainer.ppo.v1.trainer_sync import PPOTrainerSync
from verl.utils.config import omega_conf_to_dataclass
from verl.utils.debug import marked_timer
from verl.utils.fs import copy_to_local

from verl_visual_sdpo.distillation.ablation import exchange, shuffled_credit
from verl_visual_sdpo.distillation.teacher import teacher_eligible
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Evidence
from verl_visual_sdpo.verl_plugin.benefit import Benefit
from verl_visual_sdpo.verl_plugin.columns import plain
from verl_visual_sdpo.verl_plugin.engine import RETURN_TOP_K, SCORE_FULL, SCORE_TOP_K
from verl_visual_sdpo.verl_plugin.evidence import check_references, evidence_of
from verl_visual_sdpo.verl_plugin.health import CollapseError, HealthGuard
from verl_visual_sdpo.verl_plugin.loss import KL_COEF, rows_of, visual_sdpo_loss
from verl_visual_sdpo.verl_plugin.metrics import distill_metrics, teacher_metrics, trace_metrics, visual_metrics
from verl_visual_sdpo.verl_plugin.options import check_model, check_options, health_of, settings_of
from verl_visual_sdpo.verl_plugin.register import ASYNC_TRAINER, ROLLOUT, TRAINER
from verl_visual_sdpo.verl_plugin.rollout.server import start_server
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput
from verl_visual_sdpo.verl_plugin.teacher_pass import collect, teacher_pass
from verl_visual_sdpo.verl_plugin.teacher_workers import TeacherWorkers
from verl_visual_sdpo.verl_plugin.unjudged import as_filling, drop_scores, judged_only, leave_out, without_advantage
from verl_visual_sdpo.verl_plugin.worker import VisualWorker

logger = logging.getLogger(__name__)

HEALTH = "health.json"  # the guard's state, in a checkpoint's folder


class VisualSDPO:
    """What is added to one of verl's trainers, which stands behind it among the bases. ``MODE``: verl's name of it."""

    MODE: str

    def __init__(self, config: DictConfig) -> None:
        check_options(config)
        self.settings = settings_of(config)
        self._evidence: list[Evidence] = []
        self._futures: list[Future[TeacherInput]] = []
        self._benefit = Benefit(self.settings)
        self._taught = False  # whether any rollout of the step has a teacher
        self._health = HealthGuard(health_of(config))
        self._collapse = ""  # why the run ends before its next step
        super().__init__(config)

    @property
    def trainer_mode(self) -> str:
        """verl compares it with its own names in six places (trainer_base.py:153, 731, 902, 912, 1004, 1499)."""
        return self.MODE

    @trainer_mode.setter
    def trainer_mode(self, _: str) -> None: ...

    # ------------------------------------------------------------------ set-up

    def _setup(self) -> None:
        if self.config.actor_rollout_ref.rollout.name == ROLLOUT:
            self._start_rollout_servers()
        super()._setup()
        plugin = self.config.visual_sdpo_plugin
        self._teacher_workers = TeacherWorkers(
            self.settings,
            self.tokenizer,
            self.processor,
            self.config.data,
            workers=plugin.teacher_workers if self.settings.active else 0,
            threads=plugin.teacher_threads,
        )
        if self.settings.active:
            actor = omega_conf_to_dataclass(self.config.actor_rollout_ref.actor)
            self.actor_rollout_wg.set_loss_fn(partial(visual_sdpo_loss, config=actor, settings=self.settings))

    def _start_rollout_servers(self) -> None:
        """Their models load while verl sets its workers up; the replicas find them by name."""
        rollout = omega_conf_to_dataclass(self.config.actor_rollout_ref.rollout)
        path = copy_to_local(self.config.actor_rollout_ref.model.path)
        workers = self.config.trainer.n_gpus_per_node * self.config.trainer.nnodes
        self._rollout_servers = [start_server(path, rank, rollout) for rank in range(workers)]

    def _init_tokenizer(self) -> None:
        super()._init_tokenizer()
        check_model(
            self.config, self.processor, self.settings, self._positions if self.settings.benefit_every else None
        )

    @property
    def _positions(self) -> int | None:
        """Tokens for which the model has positions, where it tells."""
        model = self.config.actor_rollout_ref.model
        trust = bool(model.get("trust_remote_code", False))
        found = AutoConfig.from_pretrained(copy_to_local(model.path), trust_remote_code=trust)
        return getattr(found.get_text_config(), "max_position_embeddings", None)

    def _init_resource_pool_mgr(self) -> None:
        super()._init_resource_pool_mgr()
        (actor,) = [role for role in self.role_worker_mapping if "actor" in str(role)]
        self.role_worker_mapping[actor] = ray.remote(VisualWorker)

    def _build_replay_buffer(self) -> Any:
        buffer = super()._build_replay_buffer()
        if (seconds := self.config.visual_sdpo_plugin.poll_seconds) is not None:
            buffer.poll_interval = seconds
        return buffer

    # ------------------------------------------------------------------ phases of a step

    def _balance_batch(self, batch: KVBatchMeta, metrics: dict, *args: Any, **kwargs: Any) -> KVBatchMeta:
        batch = super()._balance_batch(batch, metrics, *args, **kwargs)
        self._read_evidence(batch, metrics)
        return batch

    def _compute_old_log_prob(self, batch: KVBatchMeta, metrics: dict) -> KVBatchMeta:
        if self._top_k:
            batch.extra_info[RETURN_TOP_K] = self.settings.top_k
        batch = super()._compute_old_log_prob(batch, metrics=metrics)
        batch.extra_info.pop(RETURN_TOP_K, None)
        return batch

    def _compute_advantage(self, batch: KVBatchMeta, metrics: dict) -> KVBatchMeta:
        if self._kl_coef:
            with marked_timer("teacher", self.timing_raw, color="magenta"):
                self._run_teacher(batch, metrics)
        actor = self.config.actor_rollout_ref
        leave_out(batch, self._unjudged, mini_batch=actor.actor.ppo_mini_batch_size * actor.rollout.n)
        batch = super()._compute_advantage(batch, metrics)
        return without_advantage(batch, self._unjudged)

    def _update_actor(self, batch: KVBatchMeta, metrics: dict) -> KVBatchMeta:
        batch.extra_info |= self._asked_of_the_update()
        batch = super()._update_actor(batch, metrics=metrics)
        distill_metrics(metrics)
        if self.settings.active:
            metrics["distill/kl_coef"] = self._kl_coef
        return batch

    # ------------------------------------------------------------------ checkpoints and health

    def _load_checkpoint(self) -> None:
        if self.settings.active and self.settings.teacher != "current":
            self.actor_rollout_wg.keep_teacher(self.settings.teacher_rate if self.settings.teacher == "ema" else 0.0)
        super()._load_checkpoint()
        if self.global_steps:
            named = self.config.trainer.resume_mode == "resume_path"
            folder = Path(self.config.trainer.resume_from_path) if named else self._checkpoint()
            self._health.load(folder / HEALTH)

    def on_step_begin(self) -> None:
        if self._collapse:
            raise CollapseError(self._collapse)
        super().on_step_begin()

    def on_step_end(self) -> None:
        super().on_step_end()  # the rollout engine is awake, with the step's weights
        if self._benefit.due:
            with marked_timer("benefit", self.timing_raw, color="magenta"):
                ask, wait = self.agent_loop_manager.generate_sequences, self.replay_buffer.sample
                self._benefit.measure(ask, wait, self.global_steps)

    def _consume_sync_metrics(self) -> dict:
        return super()._consume_sync_metrics() | self._benefit.take()

    def _save_checkpoint(self) -> None:
        super()._save_checkpoint()
        self._health.save(self._checkpoint() / HEALTH)

    def _compute_metrics(self, batch: KVBatchMeta, metrics: dict, *args: Any, **kwargs: Any) -> None:
        super()._compute_metrics(as_filling(batch, self._unjudged), metrics, *args, **kwargs)
        if len(self._unjudged) == len(batch.keys):
            drop_scores(metrics)
        if self._health.config.action == "off":
            return
        alarms = self._health.watch(metrics)
        metrics["health/alarms"] = float(len(alarms))
        for name, words in alarms.items():
            logger.warning("health: %s for %d steps: %s", name, self._health.streaks[name], words)
        if self._health.config.action == "stop" and (name := self._health.lost):
            self._save_checkpoint()
            self._collapse = (
                f"stopped after step {self.global_steps}: {alarms[name]}, for {self._health.streaks[name]} steps. The "
                f"weights are in {self._checkpoint()}. Resume from an earlier checkpoint with a smaller or falling "
                "visual_sdpo.kl_coef (kl_decay_steps) or learning rate, or let it run with health.action=warn."
            )

    def _checkpoint(self) -> Path:
        return Path(self.config.trainer.default_local_dir) / f"global_step_{self.global_steps}"

    def _val_metrics_update(self, data_sources: Any, uids: Any, infos: Any, turns: Any, **kwargs: Any) -> dict:
        return super()._val_metrics_update(data_sources, uids, judged_only(uids, infos), turns, **kwargs)

    # ------------------------------------------------------------------ what they are made of

    @property
    def _unjudged(self) -> list[int]:
        return [row for row, seen in enumerate(self._evidence) if not seen.determined]

    @property
    def _kl_coef(self) -> float:
        """This step's factor of the distillation term; at 0 the teacher rests."""
        return self.settings.kl_coef_at(self.global_steps)

    @property
    def _top_k(self) -> bool:
        return self._kl_coef > 0 and self.settings.estimator == "topk"

    def _asked_of_the_update(self) -> dict[str, Any]:
        full = self._kl_coef > 0 and self.settings.estimator == "full"
        if full and not self._taught:  # nobody to run: the term is 0
            return {SCORE_TOP_K: False, SCORE_FULL: None, KL_COEF: 0.0}
        names = ("divergence", "entry_clip", "teacher", "teacher_rate")
        wanted = {name: getattr(self.settings, name) for name in names} if full else None
        return {SCORE_TOP_K: self._top_k, SCORE_FULL: wanted, KL_COEF: self._kl_coef}

    def _read_evidence(self, batch: KVBatchMeta, metrics: dict) -> None:
        """Parse what the reward saw of each row and start building teacher inputs beside the student's log-probs."""
        fields = ["extra_fields", "raw_prompt", "responses"]
        fields += ["reward_model"] if "reference" in self.settings.channels else []
        data = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=fields)
        infos = [plain(extra).get("reward_extra_info") or {} for extra in data["extra_fields"]]
        padding = [bool(tag.get("is_padding")) for tag in batch.tags]
        self._evidence = [evidence_of(info, filler) for info, filler in zip(infos, padding)]
        if "reference" in self.settings.channels:
            self._evidence = [
                replace(seen, reference=str((plain(row) or {}).get("ground_truth") or ""))
                for seen, row in zip(self._evidence, data["reward_model"])
            ]
            check_references(self._evidence, self.settings.channels)
        real = [i for i, filler in enumerate(padding) if not filler]
        metrics.update(visual_metrics([infos[i] for i in real], [self._evidence[i] for i in real]))
        if self._kl_coef:
            self._check_oracle()
            prompts, responses = map(plain, data["raw_prompt"]), rows_of(data["responses"])
            rows = zip(prompts, responses, self._evidence, self._shown(batch))
            self._futures = [self._teacher_workers.submit(list(messages), *row) for messages, *row in rows]

    def _run_teacher(self, batch: KVBatchMeta, metrics: dict) -> None:
        inputs = self._with_credit(batch, collect(self._futures))
        self._taught = any(one.row for one in inputs)
        real = [i for i, tag in enumerate(batch.tags) if not tag.get("is_padding")]
        metrics.update(teacher_metrics([inputs[i] for i in real]))
        metrics.update(trace_metrics([self._evidence[i] for i in real], [inputs[i] for i in real]))
        teacher_pass(
            batch,
            inputs,
            self.actor_rollout_wg.compute_log_prob,
            settings=self.settings,
            temperature=self.config.actor_rollout_ref.rollout.temperature,
        )
        self._benefit.note(batch, inputs, self._shown(batch), self.global_steps)

    # ------------------------------------------------------------------ ablations: what belongs to another rollout

    def _shown(self, batch: KVBatchMeta) -> list[Evidence]:
        """What each teacher reads: the rollout's own evidence, or another's under ``feedback=shuffled``."""
        if self.settings.feedback == "own":
            return self._evidence
        eligible = [teacher_eligible(seen, self.settings) for seen in self._evidence]
        order = exchange(self._prompts(batch, eligible), self._dice("feedback"))
        return [self._evidence[other] for other in order]

    def _with_credit(self, batch: KVBatchMeta, inputs: list[TeacherInput]) -> list[TeacherInput]:
        if self.settings.credit != "shuffled":
            return inputs
        groups = self._prompts(batch, [one.row is not None for one in inputs])
        dealt = shuffled_credit([one.responsibilities for one in inputs], groups, self._dice("credit"))
        return [replace(one, credit=credit) for one, credit in zip(inputs, dealt)]

    def _prompts(self, batch: KVBatchMeta, taking_part: list[bool]) -> list[str | None]:
        """The prompt of each row; None for rows that keep what is theirs."""
        data = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=["uid"])
        return [str(plain(uid)) if part else None for uid, part in zip(data["uid"], taking_part)]

    def _dice(self, what: str) -> random.Random:
        return random.Random(f"{self.settings.ablation_seed} {what} {self.global_steps}")

    def _check_oracle(self) -> None:
        if self.settings.credit == "oracle" and any(e.determined and e.oracle is None for e in self._evidence):
            raise InvalidInputError(
                "visual_sdpo.credit=oracle needs a reward that knows the truth: set "
                "+reward.custom_reward_function.reward_kwargs.oracle=true"
            )


@register_trainer(TRAINER)
class VisualSDPOTrainer(VisualSDPO, PPOTrainerSync):
    """``trainer.v1.trainer_mode=visual_sdpo``: rollouts and training take turns."""

    MODE = "sync"


@register_trainer(ASYNC_TRAINER)
class VisualSDPOColocateAsync(VisualSDPO, PPOTrainerColocateAsync):
    """``trainer.v1.trainer_mode=visual_sdpo_colocate_async``: answers that are not ready when a step has enough are
    interrupted, and finished by the next weights. Teacher, student and old log-probs are those of the step's start."""

    MODE = "colocate_async"
