#!/usr/bin/env bash
# GRPO on slides, the baseline: the same trainer, data and reward without the distillation term. Any setting as an argument:
#   bash run_grpo_qwen3vl_8b.sh data.train_batch_size=32 trainer.logger=[console,wandb]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export TOKENIZERS_PARALLELISM=false
exec "${PYTHON:-python3}" -m verl_visual_sdpo.verl_plugin.main --config-dir "$here" --config-name qwen3vl_8b \
    "actor_rollout_ref.rollout.agent.agent_loop_config_path='$here/agent_loops.yaml'" \
    visual_sdpo.kl_coef=0 trainer.experiment_name=grpo_qwen3vl_8b "$@"
