#!/bin/bash
# A transient on two nodes that may take longer than a job lasts: submit it again until it is done.
#   sbatch docker/slurm/job.sh CASE FOLDER
#SBATCH --nodes=2
#SBATCH --ntasks=2
#SBATCH --time=1
# mpiexec starts the ranks on the nodes of the job through Slurm. At the time limit they are told to end
# (SIGTERM) and keep a checkpoint; a node that dies leaves the last one.
set -u
if [ -d "$2.running" ]; then
    set -- --resume "$2"
else
    set -- "$1" -o "$2"
fi
mpiexec thermosim run "$@"
