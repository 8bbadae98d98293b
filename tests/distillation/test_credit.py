"""Token spans and weights, over tokenizers built here: byte-level BPE, metaspace with byte fallback, WordPiece."""

from __future__ import annotations

import random

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from verl_visual_sdpo.distillation.credit import (
    guilty_mask,
    response_text,
    token_responsibilities,
    token_spans,
    token_weights,
    weights_of,
)
from verl_visual_sdpo.errors import InvalidInputError, TokenAlignmentError
from verl_visual_sdpo.types import Evidence

RESPONSE = """Here it is — “naïve”:

```python
import matplotlib.pyplot as plt
plt.title('Été 😀 à 30 €')
plt.bar([1, 2], [3, 4])   # ✓
```
done"""
SPECIALS = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]


def wrapped(core: Tokenizer, **options) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|im_end|>", **options)


def byte_level() -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    core.train_from_iterator(["plt.title('a')\nplt.bar([1, 2])\n" * 3], trainer)
    return wrapped(core)


def metaspace() -> PreTrainedTokenizerFast:
    """SentencePiece's manner: "▁" for spaces, the first one dropped on decoding, unknown characters as bytes."""
    pieces = SPECIALS + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁"] + [chr(c) for c in range(33, 127)]
    core = Tokenizer(models.BPE(vocab={p: i for i, p in enumerate(pieces)}, merges=[], byte_fallback=True))
    core.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    core.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    core.add_special_tokens(SPECIALS)
    return wrapped(core)


def word_piece() -> PreTrainedTokenizerFast:
    """Joins words with spaces and cleans up before punctuation: the text is not what was tokenised."""
    core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    core.decoder = decoders.WordPiece(cleanup=True)
    core.train_from_iterator(
        [RESPONSE] * 3, trainers.WordPieceTrainer(vocab_size=90, special_tokens=["[UNK]", *SPECIALS])
    )
    return wrapped(core, unk_token="[UNK]")


class Stripping:
    """A decoder that strips both ends of whatever it decodes."""

    def __init__(self, inner):
        self.inner = inner

    def decode(self, ids, *, skip_special_tokens):
        return self.inner.decode(ids, skip_special_tokens=skip_special_tokens).strip()


class Shouting(Stripping):
    """A decoder nobody can follow: the last token changes the whole text."""

    def decode(self, ids, *, skip_special_tokens):
        text = self.inner.decode(ids, skip_special_tokens=skip_special_tokens)
        return text.upper() if len(ids) > 40 else text


TOKENIZERS = {"byte-level": byte_level, "metaspace": metaspace, "word-piece": word_piece}


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request):
    return TOKENIZERS[request.param]()


def assert_tiles(spans, text):
    """Rising, gapless, from the first character to the last; equal spans may repeat."""
    at = 0
    for before, span in zip([None, *spans], spans):
        assert span == before or (span.start == at and span.end >= at)
        at = span.end
    assert at == len(text)


def test_spans_tile_the_text_that_the_reward_sees(tokenizer):
    ids = tokenizer(RESPONSE, add_special_tokens=False)["input_ids"]
    ids = [*ids, tokenizer.eos_token_id]
    spans = token_spans(ids, tokenizer)
    text = tokenizer.decode(ids, skip_special_tokens=True)
    assert len(spans) == len(ids)
    assert_tiles(spans, text)
    assert spans[-1].start == spans[-1].end == len(text), "the end token shows nothing"
    assert token_spans(torch.tensor(ids), tokenizer) == spans


@pytest.mark.parametrize("seed", range(5))
def test_random_ids_tile_too(tokenizer, seed):
    """What an untrained model samples: broken characters, specials in the middle, segmentations no text gives."""
    ids = random.Random(seed).choices(range(len(tokenizer)), k=200)
    assert_tiles(token_spans(ids, tokenizer), response_text(ids, tokenizer))


@pytest.mark.parametrize("make", [byte_level, metaspace])
def test_tokens_of_one_character_share_its_span(make):
    tokenizer = make()
    ids = tokenizer("a😀b", add_special_tokens=False)["input_ids"]
    spans = token_spans(ids, tokenizer)
    shared = [span for span in spans if (span.start, span.end) == (1, 2)]
    assert len(shared) == 4 and (spans[-1].start, spans[-1].end) == (2, 3)


def test_segmentation_is_the_sampled_one():
    """The same text by other ids than the tokenizer would choose: spans follow the ids."""
    tokenizer = byte_level()
    text = "plt.bar"
    whole = tokenizer(text)["input_ids"]
    letters = [tokenizer.convert_tokens_to_ids(letter) for letter in text]
    assert len(whole) < len(letters)
    assert [(s.start, s.end) for s in token_spans(letters, tokenizer)] == [(i, i + 1) for i in range(len(text))]


def test_a_decoder_that_strips_is_followed():
    tokenizer = Stripping(byte_level())
    ids = tokenizer.inner("\n  plt.bar(  1)  \n\n  x = 'é'  \n")["input_ids"]
    assert_tiles(token_spans(ids, tokenizer), "plt.bar(  1)  \n\n  x = 'é'")


def test_a_long_run_of_blanks_does_not_mislead_a_stripping_decoder():
    """A window that began inside the run would lose its blanks."""
    tokenizer = Stripping(byte_level())
    letter, blank = (tokenizer.inner.convert_tokens_to_ids(token) for token in ("x", "Ġ"))
    spans = token_spans([letter] * 20 + [blank] * 30 + [letter] * 2, tokenizer)
    assert_tiles(spans, "x" * 20 + " " * 30 + "xx")
    assert (spans[-1].start, spans[-1].end) == (51, 52)


def test_a_decoder_that_cannot_be_followed_is_a_typed_error():
    tokenizer = Shouting(byte_level())
    with pytest.raises(TokenAlignmentError, match="cannot be followed"):
        token_spans(tokenizer.inner(RESPONSE)["input_ids"], tokenizer)


def test_decoding_work_is_linear():
    """Counted in decoded ids, not seconds: twice the tokens, twice the work (multi-byte text throughout)."""

    class Counting(Stripping):
        work = 0

        def decode(self, ids, *, skip_special_tokens):
            self.work += len(ids)
            return self.inner.decode(ids, skip_special_tokens=skip_special_tokens)

    inner, work = byte_level(), []
    for repeats in (50, 100):
        counting = Counting(inner)
        token_spans(inner("x = 'é😀'\n" * repeats)["input_ids"], counting)
        work.append(counting.work)
    assert work[1] < 2.1 * work[0]


def test_an_empty_response_has_no_spans():
    assert token_spans([], byte_level()) == []
    assert token_weights([], Evidence(True, "no_program"), byte_level(), 2.0).shape == (0,)


# --------------------------------------------------------------------------- weights


def evidence_for(text: str, **guilt: float) -> Evidence:
    """Statements found by their text (underscores for what a keyword cannot hold)."""
    found = []
    for statement, responsibility in guilt.items():
        start = text.index(f"plt.{statement}")
        end = text.index("\n", start)
        found.append((start, end, responsibility))
    return Evidence(determined=True, status="ok", responsibilities=tuple(found))


def test_weights_follow_the_formula_on_the_statement_and_nowhere_else():
    tokenizer = byte_level()
    ids = [*tokenizer(RESPONSE)["input_ids"], tokenizer.eos_token_id]
    weights = token_weights(ids, evidence_for(RESPONSE, title=0.5, bar=0.0), tokenizer, alpha=3.0)
    assert weights.dtype == torch.float32 and weights.shape == (len(ids),)
    start = RESPONSE.index("plt.title")
    end = RESPONSE.index("\n", start)
    for span, weight in zip(token_spans(ids, tokenizer), weights.tolist()):
        assert weight == (2.0 if span.start < end and span.end > start else 1.0)
    inside = dict.fromkeys(s for s in token_spans(ids, tokenizer) if s.start >= start and s.end <= end)
    blamed = "".join(RESPONSE[s.start : s.end] for s in inside)
    assert blamed == "plt.title('Été 😀 à 30 €')"


def test_the_worst_statement_a_token_touches_counts():
    tokenizer = byte_level()
    ids = tokenizer("ab;cd")["input_ids"]
    evidence = Evidence(True, "ok", responsibilities=((2, 5, 1.0), (0, 3, 0.25), (1, 2, 0.5)))
    guilt = token_responsibilities(ids, evidence, tokenizer)
    assert guilt.tolist() == [0.25, 0.5, 1.0, 1.0, 1.0]
    assert guilty_mask(guilt).all() and not guilty_mask(torch.zeros(5)).any()


def test_alpha_one_is_uniform_and_below_one_refused():
    assert torch.equal(weights_of(torch.tensor([0.0, 0.3, 1.0]), 1.0), torch.ones(3))
    with pytest.raises(InvalidInputError, match="alpha is 0.9"):
        weights_of(torch.zeros(1), 0.9)


def test_evidence_of_another_response_is_refused():
    tokenizer = byte_level()
    with pytest.raises(TokenAlignmentError, match=r"characters 0\.\.99 of a response of 7"):
        token_weights(
            tokenizer("plt.bar")["input_ids"], Evidence(True, "ok", responsibilities=((0, 99, 1.0),)), tokenizer, 2.0
        )
