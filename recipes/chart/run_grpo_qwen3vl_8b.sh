#!/usr/bin/env bash
# GRPO on charts. Any setting as an argument: bash run_grpo_qwen3vl_8b.sh data.train_batch_size=32 trainer.logger=[console,wandb]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export TOKENIZERS_PARALLELISM=false
exec "${PYTHON:-python3}" -m verl.trainer.main_ppo --config-dir "$here" --config-name grpo_qwen3vl_8b "$@"
