# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are shared with docker/run
# Route 1: the python3 of the caller, where it has DOLFINx (conda, Debian 13, inside the image).

# Sets why_not_host; leaves the requirements that are still missing in missing_on_host.
host_probe() {
    local status=0
    missing_on_host=$(PYTHONPATH='' python3 "$CLONE/docker/requirements.py" --missing 2>/dev/null) || status=$?
    case $status in
        0) return 0 ;;
        4) why_not_host="the DOLFINx $missing_on_host of python3 is older than 0.9" ;;
        *) why_not_host="python3 has no DOLFINx" ;;
    esac
    return 1
}

run_on_host() {
    local why=$1 major
    shift
    [ -z "$missing_on_host" ] || complete_host
    say "using $(command -v python3): $why"
    set_environment host
    major=$(mpirun --version 2>/dev/null | sed -n 's/.*(Open MPI) \([0-9]*\).*/\1/p') || true
    [ -z "$major" ] || set_mpi_environment "$major"
    exec "$@"
}

# DOLFINx is there, some of the Python packages are not: a virtual environment on top of it.
complete_host() {
    local dir
    dir=$CACHE/python-host-$({ python3 -c 'import sys; print(sys.prefix, sys.version)'; list_of_python none; } | hash_of)
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        die "python3 cannot make virtual environments; on Debian: sudo apt-get install python3-venv"
    build_once "$dir" "a virtual environment with what python3 lacks ($(wc -w <<<"$missing_on_host") packages)" host_venv
    PATH=$dir.venv/bin:$PATH
}

# Made in its last place, since a virtual environment cannot be moved; DIR only marks it complete.
host_venv() {
    local dir=${1%.part}
    rm -rf "$dir.venv"
    python3 -m venv --system-site-packages "$dir.venv"
    "$dir.venv/bin/python3" "$CLONE/docker/requirements.py" >"$1/requirements.txt"
    "$dir.venv/bin/python3" -m pip install -r "$1/requirements.txt"
}
