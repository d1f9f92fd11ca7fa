#!/usr/bin/env bash
# Stops what start-slurm.sh started in FOLDER, and waits for its end.
set -u
export SLURM_CONF=$1/slurm.conf
scancel --quiet --user root 2>/dev/null
pids=()
for file in "$1"/slurmd-*.pid "$1"/slurmctld.pid; do [ -s "$file" ] && pids+=("$(cat "$file")"); done
for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
for pid in "${pids[@]}"; do
  for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || continue 2; sleep 0.2; done
  kill -KILL "$pid" 2>/dev/null
done
exit 0
