#!/usr/bin/env bash
# Visual-SDPO on slides. Any setting as an argument:
#   bash run_visual_sdpo_qwen3vl_8b.sh visual_sdpo.alpha=3.0 trainer.nnodes=2
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export TOKENIZERS_PARALLELISM=false
exec "${PYTHON:-python3}" -m verl_visual_sdpo.verl_plugin.main --config-dir "$here" --config-name qwen3vl_8b \
    "actor_rollout_ref.rollout.agent.agent_loop_config_path='$here/agent_loops.yaml'" "$@"
