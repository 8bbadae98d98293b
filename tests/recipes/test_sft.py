"""The baseline SFT: verl's own trainer learns the references of the very rows that the rollouts answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from whole_runs import run_whole

from verl_visual_sdpo.errors import InvalidInputError

CHART = Path(__file__).resolve().parents[2] / "recipes" / "chart"
CODE = "import matplotlib.pyplot as plt\nplt.bar([1, 2], [3, 4])\nplt.savefig('<image>.png')"
ON_A_CPU = [
    *("trainer.device=cpu", "model.use_remove_padding=false", "model.enable_gradient_checkpointing=false"),
    *("model.override_config.attn_implementation=sdpa", "engine.use_torch_compile=false", "data.num_workers=0"),
    *("model.external_lib=verl_visual_sdpo.verl_plugin.processor", "trainer.logger=[file]", "trainer.save_freq=-1"),
    *("+engine.mixed_precision.param_dtype=fp32", "+engine.mixed_precision.reduce_dtype=fp32"),
]


@pytest.fixture(scope="module")
def model_path(tmp_path_factory) -> Path:
    from verl_visual_sdpo.data.tiny_model import build_tiny_model

    return build_tiny_model(tmp_path_factory.mktemp("model"), seed=0, texts=["Draw a bar chart.\n" + CODE] * 4)


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> Path:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (96, 64), "blue").save(buffer, "PNG")
    rows = [
        {
            "data_source": "toy",
            "prompt": [{"role": "user", "content": f"<image>Draw {'very ' * n}blue bars."}],
            "images": [{"bytes": buffer.getvalue()}],
            "reward_model": {"style": "rule", "ground_truth": CODE if n < 8 else ""},
            "extra_info": {"index": n},
        }
        for n in range(9)
    ]
    folder = tmp_path_factory.mktemp("rows")
    pd.DataFrame(rows[:8]).to_parquet(folder / "train.parquet")
    pd.DataFrame(rows).to_parquet(folder / "hole.parquet")
    return folder


@pytest.fixture(scope="module")
def dataset(model_path, rows):
    from omegaconf import OmegaConf
    from verl.utils import hf_processor

    import verl_visual_sdpo.verl_plugin.processor  # noqa: F401
    from verl_visual_sdpo.verl_plugin.supervised import SupervisedRows

    processor = hf_processor(str(model_path))
    config = OmegaConf.create({"pad_mode": "no_padding", "max_length": 512, "answer_language": "python"})
    return SupervisedRows(str(rows / "hole.parquet"), processor.tokenizer, config, processor)


def test_the_loss_is_on_the_reference_in_its_fence_and_nothing_else(dataset):
    row = dataset[0]
    tokenizer = dataset.tokenizer
    learned = tokenizer.decode(row["input_ids"][row["loss_mask"].bool()])
    assert learned.startswith(f"```python\n{CODE}\n```") and "Draw" not in learned
    shown = tokenizer.decode(row["input_ids"][~row["loss_mask"].bool()])
    assert "blue bars." in shown and "plt.bar" not in shown
    assert len(row["multi_modal_inputs"]["image_grid_thw"]) == 1, "the answer's own <image> is text"
    assert row["position_ids"].shape == (4, len(row["input_ids"]))


def test_positions_are_those_of_the_rollout(dataset):
    """verl's SFT data set computes them for Qwen2-VL; for a picture (not a video) Qwen3-VL's are the same."""
    row = dataset[1]
    ids = row["input_ids"]
    axes, _ = dataset.processor.get_rope_index(
        input_ids=ids[None],
        mm_token_type_ids=(ids == dataset.processor.image_token_id).int()[None],
        image_grid_thw=row["multi_modal_inputs"]["image_grid_thw"],
        attention_mask=torch.ones_like(ids)[None],
    )
    assert torch.equal(row["position_ids"][1:], axes[:, 0])


def test_a_row_without_a_reference_is_refused_by_number(dataset):
    with pytest.raises(InvalidInputError, match="'index': 8.* no answer to learn"):
        dataset[8]


@pytest.mark.slow
def test_the_recipe_trains_and_leaves_a_plain_model(model_path, rows, tmp_path):
    from transformers import AutoModelForImageTextToText

    log = tmp_path / "metrics.jsonl"
    overrides = [
        *(f"model.path={model_path}", f"data.train_files={rows / 'train.parquet'}", "data.val_files=null"),
        *("data.train_batch_size=4", "data.max_length=512", "data.use_dynamic_bsz=false", "optim.lr=1.0e-3"),
        *("data.micro_batch_size_per_gpu=2", "trainer.total_training_steps=4", "trainer.total_epochs=2"),
        *("optim.lr_warmup_steps=0", f"trainer.default_local_dir={tmp_path / 'out'}"),
    ]
    variables = {"GPUS": "1", "VERL_PLATFORM": "cpu", "OMP_NUM_THREADS": "1", "PYTHON": sys.executable}
    variables |= {"VERL_FILE_LOGGER_PATH": str(log), "HF_HUB_OFFLINE": "1", "MASTER_PORT": str(_free_port())}
    done = run_whole(
        ["bash", str(CHART / "run_sft_qwen3vl_8b.sh"), *ON_A_CPU, *overrides, f"hydra.run.dir={tmp_path / 'hydra'}"],
        env=variables,
        cwd=tmp_path,
        timeout=900,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    losses = [json.loads(line)["data"]["train/loss"] for line in log.read_text().splitlines()]
    assert len(losses) == 4 and losses[-1] < losses[0]
    (saved,) = (tmp_path / "out").rglob("huggingface")
    start, end = (AutoModelForImageTextToText.from_pretrained(path).state_dict() for path in (model_path, saved))
    assert set(start) == set(end) and any(not torch.equal(start[name], end[name]) for name in start)


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
