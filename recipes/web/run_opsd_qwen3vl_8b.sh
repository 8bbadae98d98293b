#!/usr/bin/env bash
# OPSD on web pages, a baseline: the teacher reads the reference page instead of picture and defects. Any setting as an argument:
#   bash run_opsd_qwen3vl_8b.sh visual_sdpo.kl_coef=0.5 trainer.nnodes=2
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export TOKENIZERS_PARALLELISM=false
exec "${PYTHON:-python3}" -m verl_visual_sdpo.verl_plugin.main --config-dir "$here" --config-name qwen3vl_8b \
    "actor_rollout_ref.rollout.agent.agent_loop_config_path='$here/agent_loops.yaml'" \
    +baseline=opsd trainer.experiment_name=opsd_qwen3vl_8b "$@"
