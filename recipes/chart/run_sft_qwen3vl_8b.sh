#!/usr/bin/env bash
# SFT on charts, a baseline: the reference programs of the same data, by verl's own SFT trainer. Any setting as an argument:
#   bash run_sft_qwen3vl_8b.sh data.train_batch_size=32 optim.lr=5.0e-6
# GPUS (default 8) and the variables of torchrun (NNODES, NODE_RANK, MASTER_ADDR, MASTER_PORT) say where it runs.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export TOKENIZERS_PARALLELISM=false
exec "${PYTHON:-python3}" -m torch.distributed.run --nproc_per_node="${GPUS:-8}" --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${MASTER_PORT:-29511}" \
    -m verl.trainer.sft_trainer --config-dir "$here" --config-name sft_qwen3vl_8b "$@"
