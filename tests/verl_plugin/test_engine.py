"""The engine against a plain transformers model: the numbers that the teacher pass and the update are made of."""

from __future__ import annotations

import pytest
import torch
from plugin_rows import TEMPERATURE, distributions, with_extra

from verl_visual_sdpo.verl_plugin.engine import RETURN_TOP_K, SCORE_TOP_K, TOP_K_IDS, TOP_K_LOG_PROBS

K = 16
LENGTHS, TEXTS = [9, 5, 7, 12], ["Draw a bar chart.", "Plot.", "Draw a line and then a bar.", "Draw a pie."]
LOG_PROBS = {"calculate_entropy": False, "compute_loss": False, "temperature": TEMPERATURE}


def rows_of(nested: torch.Tensor) -> list[torch.Tensor]:
    return list(nested.values().split(nested.offsets().diff().tolist()))


@torch.no_grad()
def test_log_probs_are_those_of_a_plain_model(worker, plain_model, batch):
    from verl.workers.utils.padding import response_from_nested

    rollouts = batch(LENGTHS, TEXTS)
    output = worker.infer_batch(with_extra(rollouts.data, **LOG_PROBS))
    scored = rows_of(response_from_nested(output["log_probs"], rollouts.data["response_mask"]))
    for row, found in zip(rollouts.rows, scored):
        truth = distributions(plain_model, row).gather(-1, row["responses"][:, None])[:, 0]
        torch.testing.assert_close(found, truth, atol=5e-6, rtol=0)


@torch.no_grad()
def test_top_k_ids_are_the_students_likeliest(worker, plain_model, batch):
    rollouts = batch(LENGTHS, TEXTS)
    output = worker.infer_batch(with_extra(rollouts.data, **LOG_PROBS, **{RETURN_TOP_K: K}))
    for row, ids in zip(rollouts.rows, rows_of(output[TOP_K_IDS])):
        truth = distributions(plain_model, row)
        assert ids.shape == (len(row["responses"]), K)
        torch.testing.assert_close(truth.gather(-1, ids.long()), truth.topk(K).values, atol=1e-5, rtol=0)


LAYOUTS = [
    pytest.param({"use_remove_padding": packed, "use_dynamic_bsz": dynamic}, id=f"{layout}-{size}")
    for packed, layout in ((False, "padded"), (True, "packed"))
    for dynamic, size in ((False, "fixed"), (True, "dynamic"))
]


@torch.no_grad()
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_teacher_is_scored_at_the_students_ids(worker, plain_model, batch, layout):
    rollouts = batch(LENGTHS, TEXTS)
    vocabulary = plain_model.config.text_config.vocab_size
    ids = [torch.randint(vocabulary, (len(row["responses"]), K), dtype=torch.int32) for row in rollouts.rows]
    rollouts.data[TOP_K_IDS] = torch.nested.as_nested_tensor(ids, layout=torch.jagged)
    output = worker.infer_batch(with_extra(rollouts.data, **LOG_PROBS, **layout, **{SCORE_TOP_K: True}))
    for row, own, found in zip(rollouts.rows, ids, rows_of(output[TOP_K_LOG_PROBS])):
        truth = distributions(plain_model, row).gather(-1, own.long())
        torch.testing.assert_close(found, truth, atol=5e-6, rtol=0)


@torch.no_grad()
def test_a_reference_model_runs_without_pinned_memory(new_worker, worker, batch):
    from verl_visual_sdpo.verl_plugin.worker import VisualTrainingWorker

    reference = new_worker(VisualTrainingWorker, forward_only=True, model_dtype="fp32")
    data = batch(LENGTHS, TEXTS).data
    found, truth = (one.infer_batch(with_extra(data, **LOG_PROBS))["log_probs"].values() for one in (reference, worker))
    torch.testing.assert_close(found, truth, atol=1e-6, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 2], ids=["one row", "rows of one length"])
def test_rows_of_one_length_keep_their_rope_positions(worker, plain_model, batch, count):
    from verl.workers.utils.padding import response_from_nested

    rollouts = batch([6] * count, ["Plot."] * count)
    assert rollouts.data["position_ids"]._ragged_idx == 1, "the queue packs the rope axis as the ragged one"
    extra = {**LOG_PROBS, "micro_batch_size_per_gpu": count}
    output = worker.infer_batch(with_extra(rollouts.data, **extra))
    scored = rows_of(response_from_nested(output["log_probs"], rollouts.data["response_mask"]))
    for row, found in zip(rollouts.rows, scored):
        truth = distributions(plain_model, row).gather(-1, row["responses"][:, None])[:, 0]
        torch.testing.assert_close(found, truth, atol=5e-6, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 2], ids=["one row", "rows of one length"])
def test_verl_alone_loses_them(new_worker, plain_model, batch, count):
    """The reason for ``patches.sequence_ragged``. When this fails, verl has mended it: drop the patch."""
    from verl.workers.engine_workers import TrainingWorker
    from verl.workers.utils.padding import response_from_nested

    stock = new_worker(TrainingWorker)
    rollouts = batch([6] * count, ["Plot."] * count)
    data = with_extra(rollouts.data, **LOG_PROBS, micro_batch_size_per_gpu=count)
    try:
        output = stock.infer_batch(data)
    except Exception:
        return  # a crash, for more than one row
    scored = response_from_nested(output["log_probs"], rollouts.data["response_mask"]).values()
    row = rollouts.rows[0]
    truth = distributions(plain_model, row).gather(-1, row["responses"][:, None])[:, 0]
    assert (scored[: len(truth)] - truth).abs().max() > 1e-3, "silently wrong, for a single row"
