"""A tiny Qwen3-VL built from code: the real classes at two million parameters, small enough to train on two cores.

Nothing is downloaded. The configuration, the processor interface (image grid, vision tokens, chat template, M-RoPE,
deepstack) and the special tokens are those of Qwen3-VL; only the sizes and the vocabulary are small. The weights are
random: ``data.warm_start`` teaches them the toy task.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from verl_visual_sdpo.data.processor import register_video_processor
from verl_visual_sdpo.errors import InvalidInputError

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

# Pieces that byte-pair merges may not cross, first match wins. Quotes and commas stay with the word or number they
# enclose: a list reads as one token an item, alike in prompt and program, which makes copying easy to learn, and every
# value a model chooses is a token of its own.
PIECES = "|".join(
    (
        r" ?[A-Za-z]+(?:[._][A-Za-z]+)*[=(]+",  # `ax.set_title(`, ` fontsize=`
        r' ?"?[A-Za-z]+(?:[._][A-Za-z]+)*"?,?',  # ` "Oslo",`
        r" ?-?\d{1,2}(?:\.\d)?,?",  # ` 18,`
        r"[^\sA-Za-z\d]+\n?",
        r" ?[^\s\w]+",
        r"\s+",
    )
)

CHAT_TEMPLATE = """\
{%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\n' -}}
{%- if message.content is string -%}
{{- message.content -}}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' or 'image' in part -%}
{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}
{%- elif 'text' in part -%}
{{- part.text -}}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{- '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\n' -}}
{%- endif -%}
"""

PATCH, MERGE = 16, 2
MAX_PIXELS = 128 * 96  # a 4:3 picture becomes 4 x 3 vision tokens
MIN_VOCABULARY = 256 + len(SPECIAL_TOKENS)


def build_tokenizer(texts: Iterable[str], vocabulary: int = 2048):
    """Byte-level BPE over ``texts`` with Qwen's special tokens; any other text still encodes, byte by byte.

    Args:
        texts: prompts, programs and feedback as the model will read them.
        vocabulary: number of ids, special tokens included.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    if vocabulary < MIN_VOCABULARY:
        raise InvalidInputError(f"vocabulary={vocabulary}: a byte-level tokenizer needs at least {MIN_VOCABULARY} ids")
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(SPECIAL_TOKENS[1:]),
        clean_up_tokenization_spaces=False,
        model_max_length=4096,
    )


def build_processor(tokenizer):
    """``Qwen3VLProcessor`` around ``tokenizer`` with the PIL image processor; pictures shrink to ``MAX_PIXELS``."""
    from transformers import Qwen3VLProcessor
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
    from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor

    register_video_processor()
    images = Qwen2VLImageProcessorPil(
        patch_size=PATCH,
        merge_size=MERGE,
        temporal_patch_size=2,
        size={"shortest_edge": (PATCH * MERGE) ** 2, "longest_edge": MAX_PIXELS},
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
    videos = Qwen3VLVideoProcessor(patch_size=PATCH, merge_size=MERGE, temporal_patch_size=2)
    return Qwen3VLProcessor(images, tokenizer, videos, chat_template=CHAT_TEMPLATE)


def tiny_config(tokenizer):
    """``Qwen3VLConfig`` of about two million parameters for the ids of ``tokenizer``."""
    from transformers import Qwen3VLConfig

    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 192,
        "intermediate_size": 512,
        "num_hidden_layers": 4,
        "num_attention_heads": 6,
        "num_key_value_heads": 6,
        "head_dim": 32,
        "max_position_embeddings": 4096,
        "initializer_range": 0.04,  # at the usual 0.02 so narrow a model starts too quiet and learns to copy late
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "mrope_section": [6, 5, 5],  # of head_dim / 2 frequencies: time, height, width
            "mrope_interleaved": True,
        },
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "tie_word_embeddings": True,
    }
    vision = {
        "depth": 2,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_heads": 2,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": 2,
        "out_hidden_size": text["hidden_size"],
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    }
    ids = tokenizer.convert_tokens_to_ids
    return Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids("<|image_pad|>"),
        video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
        tie_word_embeddings=True,
    )


def build_tiny_model(out_dir: str | Path, seed: int = 0, texts: Iterable[str] | None = None) -> Path:
    """Build model, tokenizer and processor and save them so that the ``Auto*`` classes load the folder.

    Args:
        out_dir: folder to write (created).
        seed: of the random weights.
        texts: what the tokenizer learns its merges from; by default the toy task's prompts and programs.
    """
    import torch
    from transformers import GenerationConfig, Qwen3VLForConditionalGeneration

    if texts is None:
        from verl_visual_sdpo.data.toys import sample_texts, toy_of

        texts = sample_texts(toy_of("chart"), seed)
    out_dir = Path(out_dir)
    processor = build_processor(build_tokenizer(texts))
    tokenizer = processor.tokenizer
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen3VLForConditionalGeneration(tiny_config(tokenizer))
    model.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    model.save_pretrained(out_dir)
    processor.save_pretrained(out_dir)
    return out_dir
