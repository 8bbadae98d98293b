"""What the trainer does through a real TransferQueue: the teacher pass, and rollouts that could not be judged.

Shapes: B rollouts, T response tokens, K vocabulary entries.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from omegaconf import OmegaConf
from plugin_rows import TEMPERATURE, distributions, with_extra

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Evidence

pytestmark = pytest.mark.slow

K = 8
LENGTHS, TEXTS = [9, 5, 7, 12], ["Draw a bar chart.", "Plot.", "Draw a line and then a bar.", "Draw a pie."]
JUDGED = Evidence(determined=True, status="ok", defects=1)


@pytest.fixture(scope="module")
def queue():
    import ray
    import transfer_queue as tq

    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    tq.init(OmegaConf.create({"backend": {"SimpleStorage": {"num_data_storage_units": 1}}}))
    yield tq
    tq.close()
    ray.shutdown()


@pytest.fixture
def put(queue):
    """``put(columns)`` -> the batch's metadata; the rows are gone after the test."""
    from tensordict import TensorDict
    from transfer_queue import KVBatchMeta
    from verl.utils.tensordict_utils import get_tensordict

    batches = []

    def run(columns: dict, sessions: int) -> KVBatchMeta:
        tensors = {
            name: torch.nested.as_nested_tensor(rows, layout=torch.jagged)
            for name, rows in columns.items()
            if isinstance(rows[0], torch.Tensor)
        }
        others = {name: rows for name, rows in columns.items() if name not in tensors}
        fields = get_tensordict({**tensors, **others})
        assert isinstance(fields, TensorDict)
        keys = [f"prompt{row // sessions}_{row % sessions}_0" for row in range(len(fields))]
        queue.kv_batch_put(keys=keys, partition_id="train", fields=fields, tags=[{"status": "success"}] * len(keys))
        batches.append(KVBatchMeta(keys=keys, tags=[{"status": "success"} for _ in keys], partition_id="train"))
        return batches[-1]

    yield run
    for batch in batches:
        queue.kv_clear(keys=batch.keys, partition_id="train")


def rows_of(nested: torch.Tensor) -> list[torch.Tensor]:
    return list(nested.values().split(nested.offsets().diff().tolist()))


@torch.no_grad()
@pytest.mark.parametrize("whose", ["current", "frozen", "trust_region"])
def test_the_teacher_scores_the_students_tokens_beside_the_rollouts(
    queue, put, worker, plain_model, batch, monkeypatch, whose
):
    """Before the first step all teachers are the same weights, and a mixture of equals is what they are."""
    from verl_visual_sdpo.verl_plugin.engine import TOP_K_IDS
    from verl_visual_sdpo.verl_plugin.loss import DISTILL_MASK, RESPONSIBILITIES, TEACHER_LOG_PROBS, TEACHER_TOP_K
    from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput
    from verl_visual_sdpo.verl_plugin.teacher_pass import PARTITION, teacher_pass
    from verl_visual_sdpo.verl_plugin.teacher_weights import TeacherWeights

    monkeypatch.setattr(worker, "teacher", TeacherWeights(worker.engine.module, rate=0.0))
    teacher = batch(LENGTHS, TEXTS)
    vocabulary = plain_model.config.text_config.vocab_size
    ids = [torch.randint(vocabulary, (length, K), dtype=torch.int32) for length in LENGTHS]
    rollouts = put({"responses": [row["responses"] for row in teacher.rows], TOP_K_IDS: ids}, sessions=2)
    guilt = [torch.rand(length) for length in LENGTHS]
    inputs = [TeacherInput(own, row, len(row["prompts"])) for own, row in zip(guilt, teacher.rows)]
    inputs[1] = replace(inputs[1], row=None, skip="too_long")

    def compute_log_prob(meta) -> None:  # what verl's worker group does with the metadata, in this process
        data = queue.kv_batch_get(keys=meta.keys, partition_id=meta.partition_id)
        output = worker.infer_batch(with_extra(data, **meta.extra_info)).exclude("metrics")
        queue.kv_batch_put(keys=meta.keys, partition_id=meta.partition_id, fields=output)

    settings = DistillationConfig(teacher=whose)
    teacher_pass(rollouts, inputs, compute_log_prob, settings=settings, temperature=TEMPERATURE)
    fields = [DISTILL_MASK, RESPONSIBILITIES, TEACHER_LOG_PROBS, TEACHER_TOP_K]
    found = queue.kv_batch_get(keys=rollouts.keys, partition_id="train", select_fields=fields)
    for number, row in enumerate(teacher.rows):
        mask, own, sampled, top_k = (rows_of(found[name])[number] for name in fields)
        assert torch.equal(own, guilt[number])
        if number == 1:
            assert not mask.any() and not sampled.any() and not top_k.any(), "left out"
            continue
        truth = distributions(plain_model, row)
        assert mask.all()
        torch.testing.assert_close(sampled, truth.gather(-1, row["responses"][:, None])[:, 0], atol=5e-6, rtol=0)
        torch.testing.assert_close(top_k, truth.gather(-1, ids[number].long()), atol=5e-6, rtol=0)
    assert not (queue.kv_list(PARTITION) or {}).get(PARTITION), "the teacher's rows are gone"


def test_nobody_is_scored_when_no_rollout_has_a_teacher(queue, put):
    from verl_visual_sdpo.verl_plugin.loss import CREDIT, DISTILL_MASK
    from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput
    from verl_visual_sdpo.verl_plugin.teacher_pass import teacher_pass

    rollouts = put({"responses": [torch.arange(3), torch.arange(5)]}, sessions=2)
    inputs = [TeacherInput(torch.zeros(3), skip="failed"), TeacherInput(torch.zeros(5), skip="undetermined")]
    settings = DistillationConfig(estimator="sampled", credit="random")
    teacher_pass(rollouts, inputs, lambda _: pytest.fail("a pass for nobody"), settings=settings, temperature=1.0)
    found = queue.kv_batch_get(keys=rollouts.keys, partition_id="train", select_fields=[DISTILL_MASK, CREDIT])
    assert not found[DISTILL_MASK].values().any()
    assert not found[CREDIT].values().any(), "the update reads it whenever credit is dealt"


@pytest.fixture
def trainer():
    """The trainer without its workers: the advantage is computed where it stands."""
    from verl_visual_sdpo.verl_plugin.trainer import VisualSDPOTrainer

    bare = object.__new__(VisualSDPOTrainer)
    bare.settings, bare.global_steps = DistillationConfig(kl_coef=0.0), 1
    bare.config = OmegaConf.create(
        {
            "algorithm": {"adv_estimator": "grpo", "use_kl_in_reward": False, "gamma": 1.0, "lam": 1.0},
            "actor_rollout_ref": {"rollout": {"n": 4}, "actor": {"ppo_mini_batch_size": 1}},
        }
    )
    return bare


def advantages(queue, trainer, batch) -> list[float]:
    batch = trainer._compute_advantage(batch, metrics={})
    found = queue.kv_batch_get(keys=batch.keys, partition_id="train", select_fields=["advantages", "returns"])
    assert all(torch.equal(a, b) for a, b in zip(rows_of(found["advantages"]), rows_of(found["returns"])))
    assert all(len(row.unique()) == 1 for row in rows_of(found["advantages"]))
    return [float(row[0]) for row in rows_of(found["advantages"])]


def test_an_unjudged_rollout_moves_nobody_and_nothing(queue, put, trainer):
    scores = [0.2, 0.8, 0.5, 0.9, 0.1, 0.3]  # the fourth of the first prompt was not judged, whatever it says
    lengths = [3, 2, 4, 2, 3, 2]
    trainer._evidence = [JUDGED, JUDGED, JUDGED, replace(JUDGED, determined=False), JUDGED, JUDGED]
    rewards = [torch.tensor([0.0] * (length - 1) + [score]) for length, score in zip(lengths, scores)]
    rollouts = put(rollout_columns(["prompt0"] * 4 + ["prompt1"] * 2, lengths, rewards), sessions=4)
    found = advantages(queue, trainer, rollouts)
    group = torch.tensor(scores[:3])
    truth = ((group - group.mean()) / (group.std() + 1e-6)).tolist()
    assert found[:3] == pytest.approx(truth, abs=1e-4), "the mean and deviation of the judged alone"
    assert found[3] == 0.0
    assert found[4] == pytest.approx(-found[5])
    assert masks(queue, rollouts) == [3, 2, 4, 0, 3, 2], "losses count its tokens neither"


def test_a_step_in_which_nothing_could_be_judged_divides_by_no_zero(queue, put, trainer):
    trainer._evidence = [replace(JUDGED, determined=False)] * 4
    rewards = [torch.tensor([0.0, score]) for score in (0.1, 0.2, 0.3, 0.9)]
    rollouts = put(rollout_columns(["prompt0"] * 4, [2] * 4, rewards), sessions=4)
    assert advantages(queue, trainer, rollouts) == [0.0] * 4
    assert masks(queue, rollouts) == [1] * 4


def rollout_columns(uids, lengths, rewards):
    ones = [torch.ones(length, dtype=torch.int64) for length in lengths]
    zeros = [torch.zeros(length) for length in lengths]
    return {"uid": uids, "response_mask": ones, "loss_mask": ones, "rm_scores": rewards, "old_log_probs": zeros}


def masks(queue, batch) -> list[int]:
    """Tokens of each row that losses see."""
    found = queue.kv_batch_get(keys=batch.keys, partition_id="train", select_fields=["response_mask", "loss_mask"])
    response, loss = ([int(row.sum()) for row in rows_of(found[name])] for name in ("response_mask", "loss_mask"))
    assert response == loss
    return response


def test_a_reward_without_evidence_ends_the_run():
    from verl_visual_sdpo.verl_plugin.evidence import evidence_of

    with pytest.raises(InvalidInputError, match="without 'evidence'.*trainer_mode=sync"):
        evidence_of({"score": 1.0}, filler=False)
    assert not evidence_of({"evidence": "{broken"}, filler=False).determined
    assert evidence_of({"evidence": JUDGED.to_json()}, filler=False) == JUDGED


def test_controls_take_from_another_prompt_and_leave_the_unjudged_alone(queue, put, trainer):
    from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput

    rubrics = ["0", "1", "2", "3"]
    trainer.settings = DistillationConfig(credit="shuffled", feedback="shuffled")
    trainer._evidence = [replace(JUDGED, rubric=rubric) for rubric in rubrics]
    trainer._evidence[2] = replace(JUDGED, determined=False)
    rollouts = put({"responses": [torch.arange(n) for n in (3, 2, 4, 2)], "uid": ["a", "a", "b", "b"]}, sessions=2)
    shown = [evidence.rubric for evidence in trainer._shown(rollouts)]
    assert sorted(shown[i] for i in (0, 1, 3)) == ["0", "1", "3"]
    assert trainer._shown(rollouts)[2] is trainer._evidence[2], "nobody reads it"
    assert all(shown[i] != rubrics[i] for i in (0, 1, 3)) and shown[3] in "01", "the other prompt's"

    inputs = [TeacherInput(torch.full((n,), n / 10), row={"any": 0}) for n in (3, 2, 4, 2)]
    inputs[2] = replace(inputs[2], row=None)
    dealt = trainer._with_credit(rollouts, inputs)
    assert [len(one.credit) for one in dealt] == [3, 2, 4, 2], "stretched to the response"
    assert sorted(float(dealt[i].credit[0]) for i in (0, 1, 3)) == pytest.approx([0.2, 0.2, 0.3])
    assert float(dealt[2].credit[0]) == pytest.approx(0.4), "takes no part"
    assert all(torch.equal(a.responsibilities, b.responsibilities) for a, b in zip(dealt, inputs))


def test_an_oracle_that_nobody_asked_ends_the_run_with_the_mend(trainer):
    trainer.settings = DistillationConfig(credit="oracle")
    trainer._evidence = [replace(JUDGED, determined=False), replace(JUDGED, oracle=((0, 1, 1.0),))]
    trainer._check_oracle()
    trainer._evidence.append(JUDGED)
    with pytest.raises(InvalidInputError, match="reward_kwargs.oracle=true"):
        trainer._check_oracle()
