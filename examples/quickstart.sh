#!/usr/bin/env bash
# GRPO against Visual-SDPO on a two-million-parameter Qwen3-VL, from nothing to a report, on two CPU cores.
#
#   bash examples/quickstart.sh [--seeds "0 1 2"] [--steps 20] [--out outputs/quickstart] ...
#
# Stages: environment, data, warm start + gate, training of both arms for each seed, report. Each is skipped when its
# result is there, and training resumes from its last checkpoint, so a stopped run is continued by the same command.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

DOMAIN=chart       # what is drawn: chart, web or slide
SEEDS="0"          # of data order and sampling, one pair of arms each
STEPS=20           # optimiser steps an arm
PROMPTS=8          # tasks a step
ROLLOUTS=8         # responses a task
LR=3e-4            # both arms
KL_COEF=0.1        # of the distillation term (0 in the GRPO arm)
KL_DECAY=6         # steps over which it falls to 0 (0: constant, which collapses)
ALPHA=2            # weight of a token that is fully to blame
TEST_EVERY=5       # steps between validations
WARM_STEPS=700     # supervised steps of the warm start
OUT=outputs/quickstart  # where everything goes
ARMS="grpo visual_sdpo"  # which arms to train

usage() {
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  echo "Options and their defaults:"
  sed -n 's/^\([A-Z_]*\)=\("[^"]*"\|[^ ]*\) *# \(.*\)/\L\1\E|\2|\3/p' "${BASH_SOURCE[0]}" |
    while IFS='|' read -r name value meaning; do printf '  --%-12s %-8s %s\n' "${name//_/-}" "$value" "$meaning"; done
}

while (( $# )); do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --domain | --seeds | --steps | --prompts | --rollouts | --lr | --kl-coef | --kl-decay | --alpha | --test-every | --warm-steps | --out | --arms)
      (( $# > 1 )) || { echo "quickstart: $1 needs a value" >&2; exit 2; }
      name=${1#--}; name=${name//-/_}; declare "${name^^}=$2"; shift 2 ;;
    *) echo "quickstart: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
done

[[ $DOMAIN == chart || $OUT != outputs/quickstart ]] || OUT=outputs/quickstart-$DOMAIN

say() { printf '\n=== %s  [%s]\n' "$*" "$(date +%H:%M:%S)"; }

export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1

say "1/5 environment"
bash examples/setup_env.sh "$DOMAIN"
PY=${VENV:-.venv}/bin/python

say "2/5 data: $OUT/data"
"$PY" -m verl_visual_sdpo.data.toy_dataset --domain "$DOMAIN" --out "$OUT/data" --train $((STEPS * PROMPTS))

say "3/5 warm start and gate: $OUT/start"
"$PY" -m verl_visual_sdpo.data.warm_start --domain "$DOMAIN" --tasks "$OUT/data/warm.parquet" --validation "$OUT/data/val.parquet" \
  --out "$OUT/start" --steps "$WARM_STEPS" --template examples/quickstart_feedback.txt

RESPONSE=$("$PY" -c "from verl_visual_sdpo.data.toys import toy_of; print(toy_of('$DOMAIN').LONGEST)")

train() { # ARM SEED
  local arm=$1 seed=$2 run=$OUT/runs/$1-seed$2 kl_coef=$KL_COEF
  [[ $arm == grpo ]] && kl_coef=0
  if [[ -e $run/done ]]; then echo "$run is complete"; return; fi
  mkdir -p "$run"
  local command=(
    "$PY" -m verl_visual_sdpo.verl_plugin.main hardware=cpu
    actor_rollout_ref.model.path="$OUT/start/model"
    data.train_files="$OUT/data/train.parquet" data.val_files="$OUT/data/val.parquet" data.seed="$seed"
    data.train_batch_size="$PROMPTS" data.max_prompt_length=128 data.max_response_length="$RESPONSE"
    actor_rollout_ref.rollout.n="$ROLLOUTS" actor_rollout_ref.actor.optim.lr="$LR"
    actor_rollout_ref.actor.ppo_mini_batch_size="$PROMPTS"
    actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=16
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=16
    actor_rollout_ref.rollout.val_kwargs.do_sample=True
    actor_rollout_ref.rollout.val_kwargs.temperature=1.0
    reward.custom_reward_function.path="pkg://reward_fns.$DOMAIN"
    +reward.custom_reward_function.reward_kwargs.workers=2
    +reward.custom_reward_function.reward_kwargs.rubric_chars=500
    visual_sdpo.kl_coef="$kl_coef" visual_sdpo.kl_decay_steps="$KL_DECAY" visual_sdpo.alpha="$ALPHA"
    visual_sdpo.rubric_chars=500 visual_sdpo.max_teacher_prompt_length=640 visual_sdpo.template=examples/quickstart_feedback.txt
    trainer.total_training_steps="$STEPS" trainer.test_freq="$TEST_EVERY" trainer.save_freq=10
    trainer.max_actor_ckpt_to_keep=1 trainer.logger='[console,file]'
    trainer.project_name=quickstart trainer.experiment_name="$arm-seed$seed"
    trainer.default_local_dir="$run/checkpoints" trainer.validation_data_dir="$run/validation"
    hydra.run.dir="$run/hydra"
  )
  printf '%q ' "${command[@]}" >"$run/command.txt"
  # verl's file logger starts its file anew, so every attempt has one of its own
  VERL_FILE_LOGGER_PATH=$run/metrics-$(date +%s).jsonl OMP_NUM_THREADS=1 "${command[@]}" 2>&1 |
    "$PY" -m verl_visual_sdpo.report.follow --log "$run/log.txt" --steps "$STEPS" || {
    local status=$?
    if (( status == 3 )); then  # the guard: a collapse is a result too
      grep -a '^health: stopped' "$run/log.txt" >&2
    else
      tail -n 40 "$run/log.txt"
      echo "quickstart: $arm failed; its whole log is $run/log.txt" >&2
      exit 1
    fi
  }
  touch "$run/done"
}

for seed in $SEEDS; do
  for arm in $ARMS; do
    say "4/5 training: $arm, seed $seed, $STEPS steps of $PROMPTS x $ROLLOUTS rollouts"
    train "$arm" "$seed"
  done
done

say "5/5 report"
"$PY" -m verl_visual_sdpo.cli report "$OUT" --html "$OUT/report.html" --png "$OUT/report.png"
