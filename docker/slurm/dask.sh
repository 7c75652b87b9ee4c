#!/bin/bash
# thermosim on a Dask cluster of the nodes of this job: one worker for each task, on one thread.
#   salloc -N 2 -n 2 docker/slurm/dask.sh sweep CASE -o FOLDER …     (or in a file for sbatch)
set -euo pipefail
scheduler=$PWD/dask-$SLURM_JOB_ID.json
export OMP_NUM_THREADS=1
trap 'kill $(jobs -p); rm -f "$scheduler"' EXIT
dask scheduler --port 0 --no-dashboard --scheduler-file "$scheduler" &
# srun starts single processes here, no ranks of MPI
srun --mpi=none dask worker --nthreads 1 --no-nanny --no-dashboard --scheduler-file "$scheduler" &
until [ -s "$scheduler" ]; do sleep 0.2; done
thermosim "$@" --dask "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"])' "$scheduler")"
