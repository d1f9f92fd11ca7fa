#!/usr/bin/env bash
# Stops what start-slurm.sh started in FOLDER.
set -u
export SLURM_CONF=$1/slurm.conf
scancel --quiet --user root 2>/dev/null
for file in "$1"/slurmd-*.pid "$1"/slurmctld.pid; do [ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null; done
exit 0
