#!/usr/bin/env bash
# Starts a Slurm of one's own on this machine: munge, controller and node daemons, all on loopback, everything in one
# folder. Usage: start-slurm.sh FOLDER [NODES]; then `export SLURM_CONF=FOLDER/slurm.conf`. Needs root, and Debian's
# slurm-wlm and munge. Stop it with stop-slurm.sh FOLDER.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
nodes=${2:-1}
cpus=$(nproc)
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.8)}' /proc/meminfo)
host=$(hostname -s)
port=${SLURM_TEST_PORT:-16817}

if ! munge -n >/dev/null 2>&1; then
  mkdir -p /run/munge /var/log/munge /var/lib/munge /etc/munge
  [ -s /etc/munge/munge.key ] || dd if=/dev/urandom of=/etc/munge/munge.key bs=1 count=1024 status=none
  chown -R munge: /run/munge /var/log/munge /var/lib/munge /etc/munge
  chmod 400 /etc/munge/munge.key
  chmod 755 /run/munge
  setpriv --reuid=munge --regid=munge --init-groups munged
  for _ in $(seq 50); do munge -n >/dev/null 2>&1 && break; sleep 0.1; done
fi

mkdir -p "$folder/state"
{
  cat <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmctldPort=$port
StateSaveLocation=$folder/state
SlurmctldPidFile=$folder/slurmctld.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdSpoolDir=$folder/spool-%n
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmdLogFile=$folder/slurmd-%n.log
MailProg=/bin/true
MpiDefault=none
KillWait=2
MinJobAge=300
SchedulerParameters=sched_interval=1,bf_interval=1
MaxArraySize=${SLURM_TEST_ARRAY:-1001}
OverTimeLimit=0
CONF
  names=()
  for i in $(seq "$nodes"); do
    # Every node daemon claims all cores; the machine is shared, only correctness is tested.
    echo "NodeName=node$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 10 + i)) CPUs=$cpus RealMemory=$memory"
    names+=("node$i")
  done
  echo "PartitionName=main Nodes=$(IFS=,; echo "${names[*]}") Default=YES MaxTime=INFINITE State=UP"
} > "$folder/slurm.conf"
: > "$folder/cgroup.conf"

export SLURM_CONF=$folder/slurm.conf
slurmctld
for i in $(seq "$nodes"); do mkdir -p "$folder/spool-node$i"; slurmd -N "node$i"; done
for _ in $(seq 100); do
  [ "$(sinfo -h -o %T 2>/dev/null | sort -u)" = idle ] && exit 0
  sleep 0.2
done
echo "Slurm did not come up; see $folder/*.log" >&2
sinfo >&2 || true
exit 1
