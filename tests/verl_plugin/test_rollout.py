"""The transformers rollout engine: what it samples, how sure it says it was, and that it answers together."""

from __future__ import annotations

import asyncio

import pytest
import torch
from PIL import Image

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.verl_plugin.rollout.generation import Generator, Request, Sampling
from verl_visual_sdpo.verl_plugin.rollout.server import TransformersServer

GREEDY = Sampling(temperature=0.0, max_tokens=8)
PICTURE = Image.new("RGB", (160, 120), "blue")


@pytest.fixture(autouse=True)
def as_in_the_servers_process(plain_forwards, monkeypatch):
    """The server never imports verl, so its model is as transformers made it, whatever ran in this process before."""
    for cls, forward in plain_forwards.items():
        monkeypatch.setattr(cls, "forward", forward)


@pytest.fixture(scope="module")
def generator(model_path) -> Generator:
    return Generator(str(model_path))


@pytest.fixture(scope="module")
def prompt(processor):
    """``prompt(text, sampling, picture)`` -> a request with its image tokens expanded."""

    def build(text: str, sampling: Sampling, picture: Image.Image | None = PICTURE) -> Request:
        content = [{"type": "image"}] * bool(picture) + [{"type": "text", "text": text}]
        chat = processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        images = [picture] if picture else []
        ids = processor(text=[chat], images=images or None)["input_ids"][0]
        return Request(list(ids), sampling, images)

    return build


@torch.no_grad()
def log_probs(generator: Generator, request: Request, ids: list[int], temperature: float) -> torch.Tensor:
    sequence = torch.tensor([list(request.prompt_ids) + ids])
    inputs = {"input_ids": sequence}
    if request.images:
        patches = generator.image_processor(images=list(request.images), return_tensors="pt")
        inputs |= {name: patches[name] for name in ("pixel_values", "image_grid_thw")}
        inputs["mm_token_type_ids"] = (sequence == generator.image_token_id).int()
    logits = generator.model(**inputs).logits[0, len(request.prompt_ids) - 1 : -1]
    return (logits / temperature).log_softmax(-1)


def test_log_probs_are_those_of_one_forward_whatever_shared_the_batch(generator, prompt):
    sampling = Sampling(temperature=0.7, max_tokens=10)
    requests = [
        prompt("Draw.", sampling),
        prompt("Draw a very long bar chart.", sampling),
        prompt("Hi", sampling, None),
    ]
    for request, answer in zip(requests, generator.generate(requests)):
        truth = log_probs(generator, request, answer.token_ids, 0.7)
        truth = truth.gather(-1, torch.tensor(answer.token_ids)[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(answer.log_probs), truth, atol=1e-5, rtol=0)


def test_greedy_takes_the_likeliest_token_that_is_not_a_vision_token(generator, prompt):
    request = prompt("Draw.", GREEDY)
    (answer,) = generator.generate([request])
    truth = log_probs(generator, request, answer.token_ids, 1.0)
    truth[:, generator._suppressed] = -torch.inf
    assert answer.token_ids == truth.argmax(-1).tolist()


def test_vision_tokens_are_never_sampled(generator, prompt):
    uniform = Sampling(temperature=1e4, max_tokens=50)
    answers = generator.generate([prompt("Draw.", uniform)] * 64)
    sampled = {token for answer in answers for token in answer.token_ids}
    assert len(sampled) > 200, "nearly every other token was"
    assert not sampled & set(generator._suppressed)


def test_a_response_ends_with_its_end_of_turn(generator, prompt):
    answers = generator.generate([prompt("Draw.", Sampling(temperature=1e4, max_tokens=60))] * 64)
    end = generator.tokenizer.eos_token_id
    assert {answer.finished for answer in answers} == {True, False}
    for answer in answers:
        assert (answer.token_ids[-1] == end) == answer.finished and end not in answer.token_ids[:-1]
        assert len(answer.log_probs) == len(answer.token_ids) <= 60


def test_requests_with_other_sampling_are_kept_apart_and_in_order(generator, prompt):
    requests = [prompt("Draw.", GREEDY), prompt("Draw.", Sampling(max_tokens=3)), prompt("Draw a bar.", GREEDY)]
    answers = generator.generate(requests)
    assert len(answers[1].token_ids) <= 3
    assert answers[0].token_ids == generator.generate(requests[:1])[0].token_ids
    assert answers[2].token_ids == generator.generate(requests[2:])[0].token_ids


def test_requests_with_seeds_repeat_and_leave_the_random_numbers_of_the_others_alone(generator, prompt):
    """So that measuring ``teacher/benefit`` between two steps does not change what the second one samples."""
    hot = Sampling(temperature=5.0, max_tokens=6)
    seeded = [prompt("Draw.", Sampling(temperature=5.0, max_tokens=6, seed=seed)) for seed in (1, 2)]
    torch.manual_seed(3)
    plain = generator.generate([prompt("Draw.", hot)])[0].token_ids
    first = [answer.token_ids for answer in generator.generate(seeded)]
    torch.manual_seed(3)
    again = [answer.token_ids for answer in generator.generate(seeded)]
    assert generator.generate([prompt("Draw.", hot)])[0].token_ids == plain
    assert first == again and first[0] != first[1]


def test_new_weights_are_taken_over_and_wrong_ones_refused(model_path, prompt):
    generator = Generator(str(model_path))
    request = prompt("Draw.", GREEDY)
    before = generator.generate([request])[0].token_ids
    state = {name: value.clone() for name, value in generator.model.state_dict().items()}
    torch.manual_seed(1)
    generator.load({name: torch.randn_like(value) * 0.05 for name, value in state.items()})
    assert generator.generate([request])[0].token_ids != before
    generator.load(state)
    assert generator.generate([request])[0].token_ids == before
    with pytest.raises(ValueError, match="unknown .*stranger"):
        generator.load({**state, "stranger": torch.zeros(1)})
    with pytest.raises(ValueError, match="missing .*"):
        generator.load(dict(list(state.items())[:-3]))


async def test_concurrent_requests_share_one_batch(model_path, prompt):
    server = TransformersServer(str(model_path), dtype="float32", max_tokens=4, max_batch=64, threads=1, seed=0)
    batches = []
    generate = server._generator.generate
    server._generator.generate = lambda requests: batches.append(len(requests)) or generate(requests)
    request = prompt("Draw.", GREEDY)
    await server.update_weights(server._generator.model.state_dict(), global_steps=7)
    outputs = await asyncio.gather(
        *(
            server.generate(
                str(number),
                prompt_ids=request.prompt_ids,
                sampling_params={"temperature": 1.0, "logprobs": True},
                image_data=[PICTURE],
            )
            for number in range(12)
        )
    )
    assert batches == [12]
    assert all(len(output.log_probs) == len(output.token_ids) <= 4 for output in outputs)
    assert {output.extra_fields["global_steps"] for output in outputs} == {7}


async def test_a_request_that_fails_does_not_stop_the_server(model_path, prompt):
    server = TransformersServer(str(model_path), dtype="float32", max_tokens=4, max_batch=8, threads=1, seed=0)
    request = prompt("Draw.", GREEDY)
    with pytest.raises(InvalidInputError, match="image tokens, their pictures give 0"):
        await server.generate("1", prompt_ids=request.prompt_ids, sampling_params={}, image_data=[])
    output = await server.generate("2", prompt_ids=request.prompt_ids, sampling_params={}, image_data=[PICTURE])
    assert 0 < len(output.token_ids) <= 4


async def test_an_interrupted_answer_is_finished_after_the_resumption(model_path, prompt):
    """What the trainer ``colocate_async`` needs: nothing of a response is lost or sampled twice."""
    server = TransformersServer(str(model_path), dtype="float32", max_tokens=6, max_batch=8, threads=1, seed=0)
    request = prompt("Draw.", GREEDY)
    (whole,) = server._generator.generate([request])
    assert len(whole.token_ids) == 8 and not whole.interrupted
    own, seen = server._generator._stop, []

    def stop(ids_BT, scores, **more):  # interrupt it from another thread after its third token
        seen.append(ids_BT.shape[1] - len(request.prompt_ids))
        if seen[-1] == 3:
            asyncio.run_coroutine_threadsafe(server.abort_all_requests(reject_request=False), loop)
            while not server._generator._interrupted.is_set():
                pass
        return own(ids_BT, scores, **more)

    loop = asyncio.get_running_loop()
    server._generator._stop = stop
    ask = {"sampling_params": {"temperature": 0.0, "max_tokens": 8, "logprobs": True}, "image_data": [PICTURE]}
    part = await server.generate("1", prompt_ids=list(request.prompt_ids), **ask)
    assert part.stop_reason == "aborted" and part.token_ids == whole.token_ids[:3] and len(part.log_probs) == 3
    held_back = asyncio.create_task(
        server.generate(
            "1",
            prompt_ids=[*request.prompt_ids, *part.token_ids],
            **ask | {"sampling_params": {"temperature": 0.0, "max_tokens": 5}},
        )
    )
    await asyncio.sleep(0.2)
    assert not held_back.done(), "until the weights are there"
    await server.resume_generation()
    rest = await held_back
    assert part.token_ids + rest.token_ids == whole.token_ids and rest.stop_reason in ("length", "completed")
