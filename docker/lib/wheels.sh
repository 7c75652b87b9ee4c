# shellcheck shell=bash
# shellcheck disable=SC2034 # variables are shared with docker/run
# Route 2: a virtual environment in the cache with DOLFINx's wheel, made by a Python of this machine.

# Sets why_not_wheels, or wheel_python and WHEELS. Root gets missing Debian packages installed.
wheels_probe() {
    local candidate words
    why_not_wheels=
    for candidate in python3 python3.14 python3.13 python3.12; do
        command -v "$candidate" >/dev/null || continue
        if words=$(PYTHONPATH='' "$candidate" "$CLONE/thermosim/fem/pieces.py" 2>&1); then
            wheel_python=$candidate
            WHEELS=$CACHE/wheels-$(wheels_hash)
            wheels_have "$words" && return 0
            why_not_wheels="the wheels need:  $words"
            return 1
        fi
        why_not_wheels=${why_not_wheels:-$(tail -n 1 <<<"$words")}
    done
    why_not_wheels=${why_not_wheels:-no Python here serves the wheels}
    return 1
}

wheels_hash() {
    { "$wheel_python" -c 'import sys; print(sys.prefix, sys.version)'; list_of_python wheels; list_of_wheels; cat "$CLONE/uv.lock"; } | hash_of
}

# wheels_have COMMAND: whether nothing is missing, or COMMAND (which gets it) could be run.
wheels_have() {
    [ -n "$1" ] && [ ! -e "$WHEELS/.complete" ] || return 0
    case $1 in apt-get\ install\ *) ;; *) return 1 ;; esac
    progress "running: $1"
    # shellcheck disable=SC2086 # words of a command
    apt_install --no-install-recommends ${1#apt-get install }
}

run_with_wheels() {
    local why=$1
    shift
    [ -e "$WHEELS/.complete" ] || check_space 3
    build_once "$WHEELS" "an environment of wheels with DOLFINx" make_wheels
    say "using the wheels in $WHEELS.venv: $why"
    export PATH=$WHEELS.venv/bin:$PATH
    set_environment wheels
    default VTK_DEFAULT_OPENGL_WINDOW vtkEGLRenderWindow
    # MPICH's transports on one machine: looking for others ends the start where one is broken.
    [ "${SLURM_JOB_NUM_NODES:-1}" != 1 ] || default UCX_TLS self,sm,tcp
    exec "$@"
}

# Made in its last place, since a virtual environment cannot be moved; DIR only marks it complete.
make_wheels() {
    local venv=${1%.part}.venv
    rm -rf "$venv"
    "$wheel_python" -m venv "$venv"
    PYTHONPATH='' "$venv/bin/python3" "$CLONE/docker/requirements.py" --wheels >"$1/requirements.txt"
    PYTHONPATH='' "$venv/bin/python3" "$CLONE/docker/requirements.py" --lock >"$1/constraints.txt"
    PYTHONPATH='' install_wheels "$venv/bin/python3" "$1"
    PYTHONPATH='' "$venv/bin/python3" -c 'import dolfinx_solver, dolfinx, gmsh, pydantic, pyvista'
}

# install_wheels PYTHON DIR: what DIR/requirements.txt lists, in the versions of DIR/constraints.txt. uv needs a fifth
# of pip's processor time, but knows nothing of pip's settings: where it does not get through, pip does it.
install_wheels() {
    local lists=(--constraint "$2/constraints.txt" --requirement "$2/requirements.txt")
    # What is used compiles itself when it is; all of it would take as long as the rest.
    install_by_uv "$1" "$2" "${lists[@]}" || "$1" -m pip install --no-compile "${lists[@]}"
    rm -rf "$2/uv" "$2/uv-cache"
}

install_by_uv() {
    local python=$1 dir=$2 uv cert
    shift 2
    if "$python" -m pip config list | grep -q index; then
        echo "pip has an index of its own here"
        return 1
    fi
    uv=$(command -v uv) || {
        "$python" -m pip install --quiet --no-compile --target "$dir/uv" 'uv>=0.9' || return 1
        uv=$dir/uv/bin/uv
    }
    cert=${SSL_CERT_FILE:-$("$python" -m pip config get global.cert 2>/dev/null || true)}
    env ${cert:+"SSL_CERT_FILE=$cert"} UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 \
        "$uv" pip install --python "$python" --cache-dir "$dir/uv-cache" "$@"
}
