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
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
MaxArraySize=${SLURM_TEST_ARRAY:-1001}
OverTimeLimit=0
GresTypes=gpu
JobSubmitPlugins=lua
CONF
  names=()
  for i in $(seq "$nodes"); do
    # Every node daemon claims all cores; the machine is shared, only correctness is tested.
    echo "NodeName=node$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 10 + i)) CPUs=$cpus RealMemory=$memory Gres=gpu:1"
    names+=("node$i")
  done
  all=$(IFS=,; echo "${names[*]}")
  echo "PartitionName=main Nodes=$all Default=YES MaxTime=INFINITE State=UP"
  echo "PartitionName=quota Nodes=$all MaxTime=INFINITE State=UP"
} > "$folder/slurm.conf"
# One pretended GPU a node: counted by Slurm, used by nobody.
for i in $(seq "$nodes"); do echo "NodeName=node$i Name=gpu File=/dev/null"; done > "$folder/gres.conf"
# A limit on submitted tasks, as a site sets by accounting: in the partition "quota" a user has at most six in the queue,
# and is refused with the code and so the words of Slurm's own limits.
cat > "$folder/job_submit.lua" <<'LUA'
local accounting_policy = 2050
local function tasks_of(array)
  if not array or array == "" then return 1 end
  local first, last = string.match(array, "^(%d+)%-(%d+)")
  return first and (last - first + 1) or 1
end
function slurm_job_submit(request, partitions, user)
  if request.partition ~= "quota" then return slurm.SUCCESS end
  local queued = 0
  for _, job in pairs(slurm.jobs) do
    if job.partition == "quota" and job.job_state < 3 then queued = queued + math.max(1, job.array_task_cnt or 1) end
  end
  if queued + tasks_of(request.array_inx) > 6 then return accounting_policy end
  return slurm.SUCCESS
end
function slurm_job_modify() return slurm.SUCCESS end
return slurm.SUCCESS
LUA
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
