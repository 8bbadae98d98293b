"""Every mode of the engine gives the loss and the gradient of the plain one: padded rows, one micro-batch, one rank.

The plain one is compared with the definition in test_update.py and test_full_update.py. README.md, "Modes", names these
tests.
"""

from __future__ import annotations

import copy

import pytest
import torch
from plugin_rows import with_extra
from plugin_updates import (
    LENGTHS,
    TEMPERATURE,
    assert_same_gradients,
    gradients,
    local,
    loss_and_gradients,
    ours,
)
from test_full_update import asked, exact_loss

from verl_visual_sdpo.verl_plugin.engine import SCORE_TOP_K
from verl_visual_sdpo.verl_plugin.worker import VisualTrainingWorker

PLAIN = {"micro_batch_size_per_gpu": 4}
LAYOUTS = {
    "packed": {"use_remove_padding": True, "micro_batch_size_per_gpu": 4},
    "micro-batches": {"micro_batch_size_per_gpu": 1},
    "packed micro-batches": {"use_remove_padding": True, "micro_batch_size_per_gpu": 2},
    "dynamic": {"use_dynamic_bsz": True, "max_token_len_per_gpu": 520},
    "packed dynamic": {"use_remove_padding": True, "use_dynamic_bsz": True, "max_token_len_per_gpu": 520},
}
ESTIMATORS = {
    "topk": {SCORE_TOP_K: True},
    "sampled": {SCORE_TOP_K: False},
    "full": asked(),
}


@pytest.fixture(scope="session")
def plain_truth():
    """Loss and gradient of the plain mode by estimator, computed once."""
    return {}


@pytest.fixture
def plain(plain_truth, worker, actor, rollouts):
    def of(estimator: str):
        if estimator not in plain_truth:
            loss = ours(actor, alpha=4.0, estimator=estimator)
            plain_truth[estimator] = loss_and_gradients(worker, loss, rollouts.data, **PLAIN, **ESTIMATORS[estimator])
        return plain_truth[estimator]

    return of


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(worker, actor, rollouts, plain, layout, estimator):
    asks = ESTIMATORS[estimator] | LAYOUTS[layout]
    found = loss_and_gradients(worker, ours(actor, alpha=4.0, estimator=estimator), rollouts.data, **asks)
    assert found[0] == pytest.approx(plain(estimator)[0], rel=1e-4)
    assert_same_gradients(found[1], plain(estimator)[1])


@pytest.mark.parametrize("temperature", [0.7, 1.0])
def test_temperature(worker, actor, rollouts, plain_model, temperature):
    """At 1 verl skips a copy of the logits: the student's must not be written over."""
    loss = ours(actor, estimator="full", alpha=4.0, beta=0.0, importance_clip=None)
    found, own = loss_and_gradients(worker, loss, rollouts.data, **asked(), temperature=temperature)
    plain_model.zero_grad()
    truth = exact_loss(rollouts, plain_model, "reverse_kl", temperature)
    truth.backward()
    assert found == pytest.approx(truth.item(), rel=1e-4)
    assert_same_gradients(own, {n: p.grad for n, p in plain_model.named_parameters() if p.grad is not None})


@pytest.fixture(scope="module")
def checkpointing(new_worker):
    return new_worker(VisualTrainingWorker, model={"enable_gradient_checkpointing": True})


@pytest.mark.parametrize("estimator", ["topk", "full"])
def test_gradient_checkpointing(checkpointing, actor, rollouts, plain, estimator):
    assert checkpointing.engine.module.is_gradient_checkpointing
    loss = ours(actor, alpha=4.0, estimator=estimator)
    for packed in (False, True):
        asks = ESTIMATORS[estimator] | {"use_remove_padding": packed}
        found = loss_and_gradients(checkpointing, loss, rollouts.data, **asks)
        assert found[0] == pytest.approx(plain(estimator)[0], rel=1e-4)
        assert_same_gradients(found[1], plain(estimator)[1])


def test_mini_batches_and_epochs(worker, actor, rollouts):
    """Two mini-batches and two epochs in one call are the four updates one after the other."""
    before = [parameter.detach().clone() for parameter in worker.engine.module.parameters()]
    data = rollouts.data

    extra = {"global_batch_size": 2, "temperature": TEMPERATURE, SCORE_TOP_K: True, "seed": 0}
    extra |= {"dataloader_kwargs": {"shuffle": False}, "mini_batch_size": 2}
    weights = []
    for batches, epochs in (([data], 2), ([*rows_apart(rollouts), *rows_apart(rollouts)], 1)):
        worker.set_loss_fn(ours(actor, alpha=4.0))
        for batch in batches:
            worker.train_mini_batch(with_extra(batch, **extra, epochs=epochs))
        weights.append([local(parameter) for parameter in worker.engine.module.parameters()])
        with torch.no_grad():
            for parameter, value in zip(worker.engine.module.parameters(), before):
                parameter.copy_(value)
        worker.engine.optimizer.state.clear()
    moved = max(float((a - local(b)).abs().max()) for a, b in zip(weights[0], before))
    apart = max(float((a - b).abs().max()) for a, b in zip(*weights))
    assert moved > 1e-3 and apart < 1e-3 * moved


def rows_apart(rollouts):
    from plugin_rows import as_queue_returns

    return [as_queue_returns(rollouts.rows[:2]), as_queue_returns(rollouts.rows[2:])]


def test_lora(new_worker, actor, rollouts, plain_model):
    """Adapters that are not zero against peft alone, by the exact loss; nothing else has a gradient."""
    from peft import LoraConfig, get_peft_model

    settings = {"lora_rank": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "down_proj"]}
    lora = new_worker(VisualTrainingWorker, model=settings)
    alone = get_peft_model(
        copy.deepcopy(plain_model), LoraConfig(r=4, lora_alpha=8, target_modules=settings["target_modules"])
    )
    torch.manual_seed(5)
    adapters = {n: 0.1 * torch.randn(p.shape) for n, p in alone.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for module in (alone, lora.engine.module):
            own = dict(module.named_parameters())
            for name, value in adapters.items():
                target = own[name]
                getattr(target, "_local_tensor", target).copy_(value)
    loss = ours(actor, estimator="full", alpha=4.0, beta=0.0, importance_clip=None)
    found = gradients(lora, loss, rollouts.data, **asked())
    exact_loss(rollouts, alone, "reverse_kl").backward()
    assert_same_gradients(found, {n: p.grad for n, p in alone.named_parameters() if p.grad is not None})
    assert set(found) == set(adapters) and sum(LENGTHS) == rollouts.data["responses"].values().numel()
